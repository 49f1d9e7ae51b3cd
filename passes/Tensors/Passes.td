//===- Passes.td - From tensor ops to linalg ---------------------*- tablegen -*-===//
#ifndef SLUICE_TENSORS_PASSES
#define SLUICE_TENSORS_PASSES

include "mlir/Pass/PassBase.td"

def SluiceToLinalg : Pass<"sluice-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "tensor ops become linalg, blocked ops get destinations";
  let description = [{
    - Needs: functions on tensors, whose arguments that are updated in place are marked `sluice.updates`.
    - Does: tensor ops become linalg. A result that is only added to an argument that is updated in place, a gradient
      accumulator, is computed into it.
    - Does: attention, cross-entropy, tables, Newton-Schulz and the standardization loss become kernel ops with
      destinations. `sluice-decompose-blocked` takes these apart after bufferization.
    - Refuses: an op of the dialect that has no lowering to linalg.

    ```mlir
    %y = sluice.linear %x, %w : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
    ```

    becomes

    ```mlir
    %0 = tensor.empty() : tensor<3x5xf32>
    %1 = linalg.fill ins(%zero : f32) outs(%0 : tensor<3x5xf32>) -> tensor<3x5xf32>
    %y = linalg.contract indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>,
                                          affine_map<(i, j, k) -> (i, j)>]
      ins(%x, %w : tensor<3x4xf32>, tensor<4x5xf32>) outs(%1 : tensor<3x5xf32>) -> tensor<3x5xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def FuseElementwise : Pass<"sluice-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "element-by-element work becomes one loop; contractions stay whole";
  let description = [{
    - Needs: linalg on tensors.
    - Does: what `linalg-fuse-elementwise-ops` does, and nothing to a contraction whose body is `sluice.rounded_sum`.
      Others are no generics, so that they stay whole anyway.
    - Does: of a producer with several uses, rounds to fewer bits in its loop what would be read again for that, as a
      further result.
    - Leaves: other producers with several uses.

    ```mlir
    %0 = linalg.generic ... ins(%x : tensor<4xf32>) ... { ... %1 = math.exp %in : f32 ... }
    %2 = linalg.generic ... ins(%0 : tensor<4xf32>) ... { ... %3 = math.sin %in : f32 ... }
    ```

    becomes

    ```mlir
    %2 = linalg.generic ... ins(%x : tensor<4xf32>) ... { ... %1 = math.exp %in : f32 %3 = math.sin %1 : f32 ... }
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // SLUICE_TENSORS_PASSES

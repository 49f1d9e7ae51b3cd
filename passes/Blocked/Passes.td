//===- Passes.td - Ops that are computed block by block ----------*- tablegen -*-===//
#ifndef SLUICE_BLOCKED_PASSES
#define SLUICE_BLOCKED_PASSES

include "mlir/Pass/PassBase.td"

def DecomposeBlocked : Pass<"sluice-decompose-blocked", "::mlir::func::FuncOp"> {
  let summary = "kernel ops become loops over blocks of linalg";
  let description = [{
    - Needs: kernel ops on buffers, each with the `block` that a target's strategy set.
    - Does: asks each for its decomposition (`KernelOpInterface`). Scores of attention and logits of the output head
      exist for one block at a time.
    - Leaves: `scf.forall` where threads share blocks, `scf.for` elsewhere, and linalg on subviews in them, so that
      contractions and element-by-element work take the path of all others. Temporaries are allocated at the start of
      the parallel body, or of the function.
    - Refuses: a kernel op on tensors, and one without a `block`.

    ```mlir
    sluice.gather_rows ins(%i, %table : memref<64xi32>, memref<256x384xf32>) outs(%rows : memref<64x384xf32>)
      {block = array<i64: 1>}
    ```

    becomes

    ```mlir
    scf.forall (%n) in (64) {
      %0 = memref.load %i[%n] : memref<64xi32>
      %1 = arith.index_cast %0 : i32 to index
      %from = memref.subview %table[%1, 0] [1, 384] [1, 1]
        : memref<256x384xf32> to memref<384xf32, strided<[1], offset: ?>>
      %to = memref.subview %rows[%n, 0] [1, 384] [1, 1]
        : memref<64x384xf32> to memref<384xf32, strided<[1], offset: ?>>
      linalg.copy ins(%from : memref<384xf32, strided<[1], offset: ?>>)
        outs(%to : memref<384xf32, strided<[1], offset: ?>>)
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // SLUICE_BLOCKED_PASSES

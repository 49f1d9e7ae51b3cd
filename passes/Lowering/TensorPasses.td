//===- TensorPasses.td - From tensors to memrefs -------------------*- tablegen -*-===//
#ifndef SLUICE_LOWERING_TENSOR_PASSES
#define SLUICE_LOWERING_TENSOR_PASSES

include "mlir/Pass/PassBase.td"

def SluiceToLinalg : Pass<"sluice-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "tensor ops become linalg, blocked ops get destinations";
  let description = [{
    A result that is only added to an argument that is updated in place (a gradient accumulator) is computed into it. Attention, cross-entropy and tables become
    destination-style ops, which `sluice-decompose-blocked` takes apart after bufferization.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def PlanSlots : Pass<"sluice-plan-slots", "::mlir::ModuleOp"> {
  let summary = "gives every parameter and slot its place";
  let description = "Offsets are attributes; the sizes of the blocks go into the module's `sluice.binary`, and as a remark to the reader.";
}

def DestinationPassing : Pass<"sluice-destination-passing", "::mlir::ModuleOp"> {
  let summary = "functions take the step state and memrefs and write their results where the caller says";
  let description = [{
    A layer function becomes (step, operands, destinations) -> (), without a destination for a result that updates an argument. An action becomes (step,
    parameter block, slot block) -> (), its reads and slots views of the blocks. Offsets are planned before.
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect", "::mlir::arith::ArithDialect"];
}

def ForwardCopies : Pass<"sluice-forward-copies", "::mlir::func::FuncOp"> {
  let summary = "computes into a destination instead of copying there";
  let description = [{
    Where a temporary of the entry block is copied to an argument that nothing else touches before, the argument takes the temporary's place, and so does a part of another
    temporary, where the copy is the last use: results of one op that are joined are computed where they are joined.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def DecomposeBlocked : Pass<"sluice-decompose-blocked", "::mlir::func::FuncOp"> {
  let summary = "kernel ops become loops over blocks of linalg";
  let description = [{
    - Needs kernel ops on buffers, each with the `block` that a target's strategy set.
    - Asks each for its decomposition (`KernelOpInterface`). Scores of attention and logits of the output head exist for
      one block at a time.
    - Leaves `scf.forall` where threads share blocks, `scf.for` elsewhere, and linalg on subviews in them, so that
      contractions and element-by-element work take the path of all others. Temporaries are allocated at the start of
      the parallel body, or of the function.
    - Refuses a kernel op on tensors, and one without a `block`.

    ```mlir
    sluice.gather_rows ins(%i, %table : memref<64xi32>, memref<256x384xf32>) outs(%rows : memref<64x384xf32>)
      {block = array<i64: 1>}
    ```
    becomes
    ```mlir
    scf.forall (%n) in (64) {
      %0 = memref.load %i[%n] : memref<64xi32>
      %1 = arith.index_cast %0 : i32 to index
      %from = memref.subview %table[%1, 0] [1, 384] [1, 1] : ...
      %to = memref.subview %rows[%n, 0] [1, 384] [1, 1] : ...
      linalg.generic ... ins(%from : ...) outs(%to : ...)
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // SLUICE_LOWERING_TENSOR_PASSES

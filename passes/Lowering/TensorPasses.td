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
  let summary = "destination-style ops become loops over blocks of linalg";
  let description = [{
    Scores of attention and logits of the output head exist for one block at a time. Shared by all targets; blocks are linalg on subviews, so that the contractions
    and the element-by-element work in them take the path of all others.
  }];
  let options = [Option<"mostLogits", "most-logits", "int64_t", "1 << 26",
                        "logits that exist at a time where the loss and its gradient are computed in one, half as many where operands are rounded: whole rows of them, at least one">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // SLUICE_LOWERING_TENSOR_PASSES

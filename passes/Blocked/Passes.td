//===- Passes.td - Ops that are computed block by block ----------*- tablegen -*-===//
#ifndef SLUICE_BLOCKED_PASSES
#define SLUICE_BLOCKED_PASSES

include "mlir/Pass/PassBase.td"

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

#endif // SLUICE_BLOCKED_PASSES

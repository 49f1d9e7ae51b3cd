//===- Passes.td - From tensor ops to linalg ---------------------*- tablegen -*-===//
#ifndef SLUICE_TENSORS_PASSES
#define SLUICE_TENSORS_PASSES

include "mlir/Pass/PassBase.td"

def SluiceToLinalg : Pass<"sluice-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "tensor ops become linalg, blocked ops get destinations";
  let description = [{
    A result that is only added to an argument that is updated in place (a gradient accumulator) is computed into it. Attention, cross-entropy and tables become
    destination-style ops, which `sluice-decompose-blocked` takes apart after bufferization.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // SLUICE_TENSORS_PASSES

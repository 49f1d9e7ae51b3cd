//===- Passes.td - What the runtime sees of a program ------------*- tablegen -*-===//
#ifndef SLUICE_TABLE_PASSES
#define SLUICE_TABLE_PASSES

include "mlir/Pass/PassBase.td"

def ExportTable : Pass<"sluice-export-table", "::mlir::ModuleOp"> {
  let summary = "the table through which the runtime sees the model";
  let description = [{
    Defines the constant `sluice_program` of the ABI from parameters, slots, actions and the module attributes `sluice.binary`, `sluice.scalars` and
    `sluice.target`, and erases what it was made from. Without a target it names no processor. Parameters and slots have offsets, and every action is an LLVM function that was planned.
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // SLUICE_TABLE_PASSES

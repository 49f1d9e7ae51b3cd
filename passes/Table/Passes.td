//===- Passes.td - What the runtime sees of a program ------------*- tablegen -*-===//
#ifndef SLUICE_TABLE_PASSES
#define SLUICE_TABLE_PASSES

include "mlir/Pass/PassBase.td"

def ExportTable : Pass<"sluice-export-table", "::mlir::ModuleOp"> {
  let summary = "the table through which the runtime sees the model";
  let description = [{
    - Needs: parameters and slots with offsets. Every action is an LLVM function whose scratch was planned.
    - Does: defines the constant `sluice_program` of the ABI. It is made of parameters, slots, actions and the module
      attributes `sluice.binary`, `sluice.scalars` and `sluice.target`.
    - Leaves: nothing of what it was made from. Without a target the program names no processor.
    - Refuses: a model that the ABI cannot describe.

    ```mlir
    sluice.parameter @w : tensor<2x3xf32> {init = #sluice.normal<0.5>, decays, offset = 64}
    ```

    becomes an element of the table's array of parameters, and its name

    ```mlir
    llvm.mlir.global internal constant @sluice_string_0("w\00") {addr_space = 0 : i32}
    ```
  }];
  let dependentDialects = ["::sluice::SluiceDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // SLUICE_TABLE_PASSES

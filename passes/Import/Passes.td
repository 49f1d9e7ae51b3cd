//===- Passes.td - Passes of the import phase ----------------------*- tablegen -*-===//
#ifndef SLUICE_PASSES_IMPORT_PASSES
#define SLUICE_PASSES_IMPORT_PASSES

include "mlir/Pass/PassBase.td"

def VerifyImport : Pass<"sluice-verify-import", "::mlir::ModuleOp"> {
  let summary = "Checks what the import phase leaves";
  let description = [{
    After import there are only ops of the `sluice` dialect that describe a model, and the constants of `arith`: no slots, inputs or stores,
    which the gradient phase adds. The module has the attributes `sluice.binary` and `sluice.scalars`, and the graphs that the first one
    names.
  }];
}

#endif // SLUICE_PASSES_IMPORT_PASSES

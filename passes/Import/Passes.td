//===- Passes.td - Passes of the import phase ----------------------*- tablegen -*-===//
#ifndef SLUICE_PASSES_IMPORT_PASSES
#define SLUICE_PASSES_IMPORT_PASSES

include "mlir/Pass/PassBase.td"

def VerifyImport : Pass<"sluice-verify-import", "::mlir::ModuleOp"> {
  let summary = "checks what the import phase leaves";
  let description = [{
    - Needs: a module with the attributes `sluice.binary` and `sluice.scalars`, and the graphs that the first one names.
    - Leaves: the module as it is.
    - Refuses: ops other than those of the `sluice` dialect that describe a model, and constants of `arith`. Slots,
      inputs and stores do not describe a model: the gradient phase adds them.

    ```mlir
    module attributes {sluice.binary = #sluice.binary<graphs = [#sluice.graph<"eval">]>, sluice.scalars = []} {
      sluice.graph @eval(%tokens: tensor<1x2xi32>) -> tensor<1x2xi32> {
        sluice.return %tokens : tensor<1x2xi32>
      }
    }
    ```

    stays as it is. With a `sluice.slot` beside the graph it is refused:

        expected only ops that describe a model after import, found 'sluice.slot'
  }];
}

#endif // SLUICE_PASSES_IMPORT_PASSES

//===- Passes.td - The numerics phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_NUMERICS_PASSES
#define SLUICE_NUMERICS_PASSES

include "mlir/Pass/PassBase.td"

def SetComputeType : Pass<"sluice-set-compute-type", "::mlir::ModuleOp"> {
  let summary = "sets what the operands of contractions are rounded to";
  let description = [{
    Gives every op with `ComputeTypeOpInterface` the `compute_type`, in all functions and graphs, so that evaluation computes what training does: with `bf16` operands of contractions
    are rounded to it, with `f32` they are taken as they are. The module's `sluice.binary` says so as `compute`. Parameters, gradients, the state of the optimizer and activations are
    f32 all the same, and so is what the optimizer computes, Muon's products too. An op of another element type cannot compute in `bf16`.
  }];
  let options = [Option<"type", "type", "std::string", "\"f32\"", "f32 or bf16">];
}

#endif // SLUICE_NUMERICS_PASSES

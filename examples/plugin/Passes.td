//===- Passes.td - A technique as a plugin --------------------------*- tablegen -*-===//
include "mlir/Pass/PassBase.td"

def ScaleBranches : Pass<"scale-branches", "::mlir::ModuleOp"> {
  let summary = "residual branches scaled by a power of their number";
  let description = [{
    Marion, Fermanian, Biau and Vert, "Scaling ResNets in the Large-depth Regime" (arXiv 2206.06929): with L branches
    and weights that are drawn independently, only branches scaled by 1/sqrt(L) neither explode nor vanish in depth.

    - needs: layers that add branches to their input
    - does: multiplies each branch of each graph by L^-power, with L the branches of that graph
    - refuses: a graph without branches, and a power below 0

    Before and after, with four branches:

    ```mlir
    %r = sluice.add %x, %a residual : tensor<2x4xf32>, tensor<2x4xf32>

    %s = sluice.scale %a by 5.000000e-01 : tensor<2x4xf32>
    %r = sluice.add %x, %s residual : tensor<2x4xf32>, tensor<2x4xf32>
    ```
  }];
  let options = [Option<"power", "power", "double", "0.5", "negative exponent of the number of branches, at least 0">];
}

//===- Passes.td - The graph phase ----------------------------------*- tablegen -*-===//
#ifndef SLUICE_GRAPH_PASSES
#define SLUICE_GRAPH_PASSES

include "mlir/Pass/PassBase.td"

def InsertLayerDrop : Pass<"sluice-insert-layer-drop", "::mlir::ModuleOp"> {
  let summary = "progressive layer drop: gates in front of the layers of `train`";
  let description = [{
    Zhang and He, "Accelerating Training of Transformer-Based Language Models with Progressive Layer Dropping" (arXiv
    2010.13369).

    - Needs: layers of `train` that add branches to their input, at least two.
    - Does: gives each a gate, and scales its branches by 1/p, its probability. theta and gamma become run-time scalars.
    - Leaves: `eval` and `logits`, which keep every layer and scale nothing. A gated layer's `sluice.drop_probability`
      is what 1 - p tends to.
    - Refuses: a layer that normalizes the sum, unless `force`: dropping such layers makes training diverge.

    ```mlir
    %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<2x4xf32>) -> tensor<2x4xf32> {
      %b = sluice.relu %a : tensor<2x4xf32>
      %c = sluice.add %a, %b residual : tensor<2x4xf32>, tensor<2x4xf32>
      sluice.yield %c : tensor<2x4xf32>
    }
    ```

    becomes

    ```mlir
    %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<2xf64>
    %y = sluice.layer "h.0" depth 1 of 2 gate %keep[0] : tensor<2xf64> (%a = %x : tensor<2x4xf32>)
        scalars(%scales = %s : tensor<2xf32>, %index = %i : tensor<1xi32>) -> tensor<2x4xf32>
        attributes {sluice.drop_probability = 2.500000e-01 : f64} {
      %scale = sluice.element %scales[%index] : tensor<2xf32>, tensor<1xi32> to tensor<f32>
      %b = sluice.relu %a : tensor<2x4xf32>
      %scaled = sluice.mul %b, %scale : tensor<2x4xf32>, tensor<f32>
      %c = sluice.add %a, %scaled residual : tensor<2x4xf32>, tensor<2x4xf32>
      sluice.yield %c : tensor<2x4xf32>
    }
    ```

    #### Probabilities
    - Layer l of L is kept at step t with p = max(1 - l/L (1 - theta(t)), min-layers/L). Steps count optimizer steps
      done, from 0.
    - theta(t) = (1 - theta) exp(-gamma t) + theta, or theta from the start with `schedule=constant`.
    - Draws are keyed by (seed of gates, step, global micro-batch, gate).
  }];
  let options = [
    Option<"theta", "theta", "double", "0.5", "limit of theta(t), in (0, 1]">,
    Option<"gamma", "gamma", "std::string", "\"auto\"",
           "rate at which theta(t) falls a step, at least 0; auto: 100 / steps">,
    Option<"schedule", "schedule", "std::string", "\"progressive\"", "progressive, constant, or none: no gates">,
    Option<"granularity", "granularity", "std::string", "\"block\"",
           "block, or sublayer: each branch has a draw of its own">,
    Option<"minLayers", "min-layers", "int64_t", "0", "layers that are kept in the mean, at least">,
    Option<"gate", "gate", "std::string", "\"microbatch\"", "microbatch, or step: one draw for all micro-batches">,
    Option<"force", "force", "bool", "false", "whether to drop layers that normalize the sum, too">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
                           "::mlir::tensor::TensorDialect"];
}

def StandardizationLoss : Pass<"sluice-standardization-loss", "::mlir::ModuleOp"> {
  let summary = "a loss that standardizes units, in place of normalization layers";
  let description = [{
    - Needs: a graph `train` with a cross-entropy, whose targets say which positions count.
    - Does: removes layer and RMS norms from all graphs. A norm leaves its input, or with `keep-scale-shift` its input
      times its weight plus its bias. `keep-final` keeps norms behind the last layer.
    - Does: adds to the loss of `train` the run-time scalar `lambda` times the sum of `sluice.standardization_loss` over
      the sites.
    - Leaves: no parameter that nothing reads any more.
    - Refuses: a model without a site or that has the loss already, and a norm whose statistics something else uses.

    ```mlir
    %n, %rstd = sluice.rms_norm %x, %g epsilon 1.0e-05 : tensor<2x4xf32>, tensor<4xf32> to tensor<2xf32>
    %y = sluice.linear %n, %w : tensor<2x4xf32>, tensor<4x8xf32> to tensor<2x8xf32>
    ```

    becomes

    ```mlir
    %y = sluice.linear %x, %w : tensor<2x4xf32>, tensor<4x8xf32> to tensor<2x8xf32>
    %loss, %mean, %variance, %range = sluice.standardization_loss %y, %targets epsilon 1.0e-06
        : tensor<2x8xf32>, tensor<2xi32> to tensor<f32>, tensor<8xf32>, tensor<4xf32>
    ```

    #### Sites
    - `linear-output`: what a linear makes of the residual stream or of its norm, before anything else is done to it.
      These are the joined query, key and value, and the first matrix of an MLP. Norms are not needed.
    - `input-of-norm`: the stream where each removed norm stood.

    A layer yields its own terms, so that a gate in front of it drops them too.

    #### Metrics
    - `standardization_loss`: the sum of the terms, without `lambda`.
    - The range of each site in a layer, as a detail of its layer, named after the parameter there.

    #### Clipping
    - `clip-scope=total`: the loss of the task is the metric `loss`, and the sum of both is differentiated.
    - `clip-scope=task`: the term is a loss of its own, whose gradient is added after clipping.
  }];
  let options = [
    Option<"lambda", "lambda", "double", "1e-4",
           "weight of the loss, at least 0: the default of the run-time scalar `lambda`">,
    Option<"site", "site", "std::string", "\"linear-output\"",
           "what is standardized: linear-output or input-of-norm">,
    Option<"units", "units", "std::string", "\"sum\"",
           "sum, or mean: over the units of a term, so that lambda does not depend on the width">,
    Option<"clipScope", "clip-scope", "std::string", "\"total\"", "total, or task: the gradient that clipping scales">,
    Option<"keepFinal", "keep-final", "bool", "false", "whether norms behind the last layer stay">,
    Option<"keepScaleShift", "keep-scale-shift", "bool", "false", "whether weights and biases of removed norms stay">
  ];
}

def RecordTechnique : Pass<"sluice-record-technique", "::mlir::ModuleOp"> {
  let summary = "says in the module which technique rewrote it";
  let description = [{
    - Needs: the passes of the technique before it.
    - Does: adds the technique, as text, to `techniques` of the module's `sluice.binary`; the program's `info` lists
      them.
    - Leaves: the graphs as they are, and a module without `sluice.binary`, of which no program is made.

    ```mlir
    module attributes {sluice.binary = #sluice.binary<>} {}
    ```

    becomes, with `technique=my-pass{option=1}`,

    ```mlir
    module attributes {sluice.binary = #sluice.binary<techniques = ["my-pass{option=1}"]>} {}
    ```
  }];
  let options = [Option<"technique", "technique", "std::string", "\"\"", "a pipeline of passes: my-pass{option=1}">];
}

#endif // SLUICE_GRAPH_PASSES

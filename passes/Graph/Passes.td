//===- Passes.td - The graph phase ----------------------------------*- tablegen -*-===//
#ifndef SLUICE_GRAPH_PASSES
#define SLUICE_GRAPH_PASSES

include "mlir/Pass/PassBase.td"

def InsertLayerDrop : Pass<"sluice-insert-layer-drop", "::mlir::ModuleOp"> {
  let summary = "progressive layer drop: gates in front of the layers of `train`";
  let description = [{
    Zhang and He, "Accelerating Training of Transformer-Based Language Models with Progressive Layer Dropping" (arXiv 2010.13369). Layer l of L is kept at step t (optimizer
    steps done, from 0) with probability p = max(1 - l/L (1 - theta(t)), min-layers/L), where theta(t) = (1 - theta) exp(-gamma t) + theta, or theta from the start with
    `schedule=constant`. A layer's branches are scaled by 1/p of that layer. Draws are keyed by (seed of gates, step, global micro-batch, gate). `eval` and `logits`
    keep every layer and scale nothing.

    Every layer has to add branches to its input. A layer that normalizes the sum is refused unless forced: dropping such layers makes training diverge. theta and gamma
    become run-time scalars.
  }];
  let options = [Option<"theta", "theta", "double", "0.5", "limit of theta(t), in (0, 1]">,
                 Option<"gamma", "gamma", "std::string", "\"auto\"", "rate at which theta(t) falls a step, at least 0; auto: 100 / steps">,
                 Option<"schedule", "schedule", "std::string", "\"progressive\"", "progressive, constant, or none: no gates">,
                 Option<"granularity", "granularity", "std::string", "\"block\"", "block, or sublayer: each branch has a draw of its own">,
                 Option<"minLayers", "min-layers", "int64_t", "0", "layers that are kept in the mean, at least">,
                 Option<"gate", "gate", "std::string", "\"microbatch\"", "microbatch, or step: one draw for all micro-batches">,
                 Option<"force", "force", "bool", "false", "whether to drop layers that normalize the sum, too">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def StandardizationLoss : Pass<"sluice-standardization-loss", "::mlir::ModuleOp"> {
  let summary = "a loss that standardizes units, in place of normalization layers";
  let description = [{
    Removes layer and RMS norms from all graphs, and adds to the loss of `train` the run-time scalar `lambda` times the sum of `sluice.standardization_loss` over the sites:

    - `linear-output`: what a linear makes of the residual stream or of its norm (the joined query, key and value; the first matrix of an MLP), before anything else
      is done to it. Norms are not needed.
    - `input-of-norm`: the stream where each removed norm stood.

    The positions that count are those of the cross-entropy. A layer yields its own terms, so that a gate in front of it drops them too. Further results of `train` are
    the metrics `standardization_loss`, without `lambda`, and, as a detail of its layer, the range of each site in a layer, named after the parameter there. With `clip-scope=total` the
    loss of the task is the metric `loss` and the sum of both is differentiated; with `clip-scope=task` the term is a loss of its own, whose gradient is added after clipping.

    A norm leaves its input, or with `keep-scale-shift` its input times its weight plus its bias; parameters that are not read any more are erased. `keep-final` keeps
    norms behind the last layer.
  }];
  let options = [Option<"lambda", "lambda", "double", "1e-4", "weight of the loss, at least 0: the default of the run-time scalar `lambda`">,
                 Option<"site", "site", "std::string", "\"linear-output\"", "what is standardized: linear-output or input-of-norm">,
                 Option<"units", "units", "std::string", "\"sum\"", "sum, or mean: over the units of a term, so that lambda does not depend on the width">,
                 Option<"clipScope", "clip-scope", "std::string", "\"total\"", "total, or task: the gradient that clipping scales">,
                 Option<"keepFinal", "keep-final", "bool", "false", "whether norms behind the last layer stay">,
                 Option<"keepScaleShift", "keep-scale-shift", "bool", "false", "whether weights and biases of removed norms stay">];
}

def RecordTechnique : Pass<"sluice-record-technique", "::mlir::ModuleOp"> {
  let summary = "says in the module which technique rewrote it";
  let description = [{
    - needs: the passes of the technique before it
    - does: adds the technique, as text, to `techniques` of the module's `sluice.binary`; the program's `info` lists them
    - leaves: the graphs as they are, and a module without `sluice.binary`, of which no program is made

    Before and after, with `technique=my-pass{option=1}`:

    ```mlir
    module attributes {sluice.binary = #sluice.binary<>}

    module attributes {sluice.binary = #sluice.binary<techniques = ["my-pass{option=1}"]>}
    ```
  }];
  let options = [Option<"technique", "technique", "std::string", "\"\"", "a pipeline of passes: my-pass{option=1}">];
}

#endif // SLUICE_GRAPH_PASSES

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

#endif // SLUICE_GRAPH_PASSES

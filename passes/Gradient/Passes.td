//===- Passes.td - The gradient phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_GRADIENT_PASSES
#define SLUICE_GRADIENT_PASSES

include "mlir/Pass/PassBase.td"

def GroupLayers : Pass<"sluice-group-layers", "::sluice::GraphOp"> {
  let summary = "wraps the ops between layers in layers";
  let description = [{
    Afterwards a graph holds only reads, inputs, keys, scalars, constants, layers and its return, so that every differentiated function is a layer. The
    new layers have no depth.
  }];
}

def Differentiate : Pass<"sluice-differentiate", "::mlir::ModuleOp"> {
  let summary = "reverse mode: a forward and a backward function a layer";
  let description = [{
    Replaces the graph `train` by the actions `train.forward` and `train.backward`, which call two private functions a layer, and every other graph by one action
    that evaluates it. What backward needs of forward is stored in slots of kind `kept`; ops with the trait
    `RepeatedInBackward` (norms, activations, what only rearranges) are repeated in backward instead. A last layer
    with an output head is called in backward alone, where its function yields the loss as well. Every use of
    a parameter has a gradient slot of its own, and `train.tied` adds those of a parameter with several uses. With one micro-batch a table that is read by rows has none beside
    other uses: what its rows get is added to the gradient of these.

    A layer with a gate is called where its gate is open; the gradients of its parameters name the gate, and a slot of kind `gate` counts the micro-batches that came
    through. Results of `train` with `sluice.unclipped` are differentiated by themselves, into gradients of their own (slots with `sluice.unclipped`).
  }];
  let options = [Option<"microBatches", "microbatches", "int64_t", "1",
                        "micro-batches of a step; above 1 gradients are added to what the slots hold">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect", "::mlir::ub::UBDialect"];
}

def JoinForwardBackward : Pass<"sluice-join-forward-backward", "::mlir::func::FuncOp"> {
  let summary = "an op and its gradient in one, where both are in one function";
  let description = [{
    - Needs an op that joins with its backward: `sluice.linear_cross_entropy`, whose logits are then computed once, or
      an activation.
    - Leaves one op in place of both, where everything that it needs is known.
    - Leaves alone an op whose gradient depends on its own result, and a loss whose log-sum-exp something else uses.

    ```mlir
    %y = sluice.gelu erf %x : tensor<2x4xf32>
    %dx = sluice.gelu_backward erf %dy, %x : tensor<2x4xf32>
    ```
    becomes
    ```mlir
    %y, %dx = sluice.gelu_with_gradient erf %dy, %x : tensor<2x4xf32>
    ```
  }];
}

def InsertOptimizer : Pass<"sluice-insert-optimizer", "::mlir::ModuleOp"> {
  let summary = "the norm and update actions";
  let description = [{
    `train.norm` stores one sum of squares a gradient; `train.update` applies the optimizer to every parameter that has a gradient, with the run-time
    scalars of the step. Optimizer state lives in slots of kind `state`. A gradient whose gates were all closed in a step counts nothing in the norm, and its parameter is
    updated as `dropped-state` says. A gradient that is not clipped has a norm of its own and is added to the clipped one.

    With `muon`, parameters with `hidden_parts` are updated by it, those of one shape several at a time, and the others by AdamW with a learning rate of its own; there
    has to be one with `hidden_parts`.
  }];
  let options = [Option<"optimizer", "optimizer", "std::string", "\"adamw\"", "adamw, sgd or muon">,
                 Option<"droppedState", "dropped-state", "std::string", "\"move\"",
                        "what happens to a parameter and its state in a step without a gradient: move (the moments decay and move it on) or skip">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def ShareLayers : Pass<"sluice-share-layers", "::mlir::ModuleOp"> {
  let summary = "merges equal functions, so that lowering is paid once per kind of layer";
  let description = "Runs upstream's `duplicate-function-elimination` and reports how many functions were merged as a remark.";
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

#endif // SLUICE_GRADIENT_PASSES

//===- Passes.td - The gradient phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_GRADIENT_PASSES
#define SLUICE_GRADIENT_PASSES

include "mlir/Pass/PassBase.td"

def GroupLayers : Pass<"sluice-group-layers", "::sluice::GraphOp"> {
  let summary = "wraps the ops between layers in layers";
  let description = [{
    - Does: wraps the ops in front of, between and behind layers. The new layers have no depth.
    - The first of them, `step`, has what depends on keys, scalars and constants alone, such as gates. Every stage can
      compute it, so that it needs no messages.
    - Leaves: a graph of reads, inputs, keys, scalars, constants, layers and its return only, so that every
      differentiated function is a layer.

    ```mlir
    %x = sluice.embedding %tokens, %w : tensor<2xi32>, tensor<8x4xf32> to tensor<2x4xf32>
    ```

    becomes

    ```mlir
    %x = sluice.layer "embeddings" () parameters(%p = %w : tensor<8x4xf32>)
        broadcast(%t = %tokens : tensor<2xi32>) -> tensor<2x4xf32> {
      %0 = sluice.embedding %t, %p : tensor<2xi32>, tensor<8x4xf32> to tensor<2x4xf32>
      sluice.yield %0 : tensor<2x4xf32>
    }
    ```
  }];
}

def Differentiate : Pass<"sluice-differentiate", "::mlir::ModuleOp"> {
  let summary = "reverse mode: a forward and a backward function a layer";
  let description = [{
    - Needs: graphs of layers, as `sluice-group-layers` leaves them.
    - Does: replaces the graph `train` by the actions `train.forward` and `train.backward`, which call two private
      functions a layer. Every other graph becomes one action that evaluates it.
    - Leaves: slots of kind `kept` for what backward needs of forward, and a gradient slot for every use of a parameter.
    - Refuses: an op without a gradient between a parameter and the loss, and fewer than one micro-batch.

    ```mlir
    %y = sluice.layer "h.0" (%a = %x : tensor<2x4xf32>) -> tensor<2x4xf32> {
      %b = sluice.relu %a : tensor<2x4xf32>
      sluice.yield %b : tensor<2x4xf32>
    }
    ```

    becomes, in `train.forward` and in `train.backward`,

    ```mlir
    %y = call @train.h.0.forward(%x) : (tensor<2x4xf32>) -> tensor<2x4xf32>

    %dx = call @train.h.0.backward(%kept, %dy) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```

    #### What is computed where
    - Ops with the trait `RepeatedInBackward` (norms, activations, what only rearranges) are repeated in backward
      instead of keeping their results.

    #### What is computed again
    - A layer with `recompute` keeps nothing but its inputs. Where backward needs more of it, it calls forward again,
      with `sluice.repeats`. A last layer with an output head, whose forward is a part of backward, stays as it is.
    - A layer with `recompute_stage` keeps not even these, but what comes into its stage. Backward of the stage begins
      with the forwards of these layers, in order; those that nothing else waits for run there alone.

    #### Heads and tied parameters
    - A last layer with an output head is called in backward alone, where its function yields the loss as well.
    - Uses of a tied parameter accumulate apart, with one micro-batch, too. `train.tied` adds them once. With
      `tied-gradients=mean` it divides the sum by their number, which is a choice where they are of two ages (Yang et
      al., NeurIPS 2019). A model without a tied parameter is refused then.

    #### Gates and losses of their own
    - A layer with a gate is called where its gate is open, and the gradients of its parameters name the gate.
    - A slot of kind `gate` counts the micro-batches that came through.
    - Results of `train` with `sluice.unclipped` are differentiated by themselves, into slots with `sluice.unclipped`.
  }];
  let options = [
    Option<"microBatches", "microbatches", "int64_t", "1",
           "micro-batches of a step; above 1 gradients are added to what the slots hold">,
    Option<"tiedGradients", "tied-gradients", "std::string", "\"sum\"",
           "what the gradients of the uses of a tied parameter are joined to: sum or mean">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::ub::UBDialect"];
}

def JoinForwardBackward : Pass<"sluice-join-forward-backward", "::mlir::func::FuncOp"> {
  let summary = "an op and its gradient in one, where both are in one function";
  let description = [{
    - Needs: an op that joins with its backward: `sluice.linear_cross_entropy`, whose logits are then computed once, or
      an activation.
    - Does: puts one op in place of both, where everything that it needs is known.
    - Leaves as they are: an op whose gradient depends on its own result, and a loss whose log-sum-exp something else
      uses.

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
    - Needs: gradient slots, as `sluice-differentiate` leaves them.
    - Leaves: `train.norm`, which stores one sum of squares a gradient, and `train.update`, which updates every
      parameter that has a gradient. Optimizer state lives in slots of kind `state`.
    - Declares the run-time scalars of the optimizer that the module lacks.
    - Refuses: an unknown choice, and `muon` without a parameter with `hidden_parts`.

    ```mlir
    %w = sluice.read @w : tensor<4x3xf32>
    %g = sluice.fetch @gradient.w : tensor<4x3xf32>
    %m = sluice.fetch @momentum_buffer.w : tensor<4x3xf32>
    %rate = sluice.scalar "learning_rate" : tensor<f32>
    %momentum = sluice.scalar "momentum" : tensor<f32>
    %decay = sluice.scalar "weight_decay" : tensor<f32>
    %clip = sluice.scalar "clip_scale" : tensor<f32>
    %new:2 = call @update.w(%w, %g, %m, %rate, %momentum, %decay, %clip)
      : (tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x3xf32>, tensor<4x3xf32>)
    sluice.write %new#0, @w : tensor<4x3xf32>
    sluice.store %new#1, @momentum_buffer.w : tensor<4x3xf32>
    ```

    is in `train.update` for a parameter, with `optimizer=sgd`.

    #### Gradients
    - One whose gates were all closed in a step counts nothing in the norm, and its parameter is updated as
      `dropped-state` says. Where it is skipped, AdamW's bias corrections count the updates of the parameter itself:
      they are state of it, two values in f64.
    - One that is not clipped has a norm of its own and is added to the clipped one.

    #### Muon
    Parameters with `hidden_parts` are updated by it, those of one shape several at a time. AdamW updates the others,
    with a learning rate of its own.
  }];
  let options = [
    Option<"optimizer", "optimizer", "std::string", "\"adamw\"", "adamw, sgd or muon">,
    Option<"droppedState", "dropped-state", "std::string", "\"move\"",
           "what happens to a parameter and its state in a step without a gradient: "
           "move (the moments decay and move it on) or skip">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

def SetLossScale : Pass<"sluice-set-loss-scale", "::mlir::ModuleOp"> {
  let summary = "sets what the loss is multiplied by before backward";
  let description = [{
    - Needs: the scalar `loss_gradient`, as `sluice-differentiate` leaves it: the seed of backward, which the runtime
      sets to `loss_scale / micro-batches`. So everything that backward computes carries the scale.
    - Does: sets the default of the scalar `loss_scale`. No op changes: the norm and the update take the scale out of
      the sums over micro-batches, in the factor that clipping has. By a power of two this is exact.
    - With `scale=dynamic` the default is 65536, and there is a scalar `loss_scale_interval`, 2000. It makes the runtime
      skip steps whose gradient is not finite and change the scale (abi.h, sluice_scalar).
    - Refuses: a scale that is not above 0, and a module without `loss_gradient`.

    ```mlir
    module attributes {sluice.scalars = [
      {name = "loss_gradient", value = 1.0, help = ""},
      {name = "loss_scale", value = 1.0, help = "...", above = 0.0} ]}
    ```

    becomes, with `scale=1024`,

    ```mlir
    module attributes {sluice.scalars = [
      {name = "loss_gradient", value = 1.0, help = ""},
      {name = "loss_scale", value = 1024.0, help = "...", above = 0.0} ]}
    ```
  }];
  let options = [Option<"scale", "scale", "std::string", "\"1024\"", "a number above 0, or dynamic">];
}

def CutStages : Pass<"sluice-cut-stages", "::mlir::ModuleOp"> {
  let summary = "one action a stage, and the messages between them";
  let description = [{
    - Needs: actions whose calls and branches say their stage, as `sluice-differentiate` and `sluice-insert-optimizer`
      leave them behind `sluice-place-parameters`. Where all is one stage it does nothing.
    - Does: each action becomes one for every stage that has something to do in it. Layer functions stay as they are.
    - Leaves: `stage` on every slot that is stored to, and one `sluice.message` for each pair of stages, direction and
      graph.
    - Refuses: a slot that two stages store to, a parameter of another stage that does not let it read, and what cannot
      be sent where it is needed. Forward sends to later stages, backward to earlier ones, and `tied` exchanges
      gradients.

    ```mlir
    func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
      %x = call @first() {sluice.stage = 0 : i64} : () -> tensor<4xf32>
      %y = call @second(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
    ```

    becomes, with the boundary's slots @b and @b.stage.1,

    ```mlir
    func.func @train.forward.0() attributes {..., sluice.stage = 0 : i64} {
      %x = call @first() : () -> tensor<4xf32>
      sluice.store %x, @b : tensor<4xf32>

    func.func @train.forward.1() attributes {..., sluice.stage = 1 : i64} {
      %x = sluice.fetch @b.stage.1 : tensor<4xf32>
      %y = call @second(%x) : (tensor<4xf32>) -> tensor<4xf32>

    sluice.message @train.forward.0.1 behind <forward> of "train" from 0 to 1 sends [@b] receives [@b.stage.1]
    ```

    #### What crosses
    - A value that another stage uses gets a slot of kind `boundary` there and on every stage in between.
    - The gradient of a use of a parameter that lies on another stage gets one of kind `exchange`. That of one of the
      parameter's `readers` is on the same device, and `tied` finds it where it is.
  }];
  let dependentDialects = ["::sluice::SluiceDialect"];
}

def SplitBackward : Pass<"sluice-split-backward", "::mlir::ModuleOp"> {
  let summary = "what reaches input gradients, and the rest of backward";
  let description = [{
    - Needs: backward actions, as `sluice-differentiate` or `sluice-cut-stages` leave them. Draws of sums are keyed, as
      keys know a contraction by its place in the whole function.
    - Does: where a `pipe.program` runs `backward_input` or `backward_weight`, cuts each layer's backward function into
      one that computes gradients of activations and one that computes gradients of parameters (Qi et al., "Zero Bubble
      Pipeline Parallelism", arXiv 2401.10241). Each backward action becomes one of kind `backward_input` and one of
      kind `backward_weight`. Elsewhere it does nothing.
    - Leaves: slots of kind `kept` for what the second has of the first.
    - A remark of the category `gradient` says what that costs: how many functions were cut, the bytes kept of a
      micro-batch, and the floating-point operations repeated for one.

    ```mlir
    %dx, %dw = call @train.h.0.backward(%x, %w, %dy) : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>)
      -> (tensor<2x4xf32>, tensor<4x4xf32>)
    sluice.store %dw, @gradient.w : tensor<4x4xf32>
    ```

    in an action becomes, in two,

    ```mlir
    %dx, %kept = call @train.h.0.backward_input(%w, %dy) : (tensor<4x4xf32>, tensor<2x4xf32>)
      -> (tensor<2x4xf32>, tensor<2x4xf32>)
    sluice.store %kept, @train.h.0.backward_input.kept.1 : tensor<2x4xf32>

    %kept = sluice.fetch @train.h.0.backward_input.kept.1 : tensor<2x4xf32>
    %dw = call @train.h.0.backward_weight(%x, %kept) : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<4x4xf32>
    sluice.store %dw, @gradient.w : tensor<4x4xf32>
    ```

    #### What is computed where
    - What an input gradient needs is in the first half, with all gradients of parameters that it computes along the
      way, such as those of norms. So an output head that is joined with its loss stays whole.
    - The second half has the gradients that contractions compute by themselves, and those that need nothing kept beyond
      what these need, such as those of biases. A function of parameters' gradients alone is called there, whole.
    - Ops with the trait `RepeatedInBackward` are repeated where forward kept what they need. All else is kept: most of
      it are gradients of the results of contractions.
    - Both halves give the bits of the whole.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::scf::SCFDialect", "::mlir::ub::UBDialect",
                           "::sluice::SluiceDialect"];
}

def TrimRepeated : Pass<"sluice-trim-repeated", "::mlir::ModuleOp"> {
  let summary = "functions that backward repeats are cut to what each caller uses";
  let description = [{
    - Needs: calls with `sluice.repeats`, as `sluice-differentiate` leaves them.
    - Does: each call of such a function becomes one of a copy that returns the used results alone. Ops that only the
      others need are erased: forward returns nothing that is kept, and backward skips the layer's last products.
    - Does: erases calls without effects whose results nobody uses.
    - Needs as well: contractions that have their keys and ordinals, if they draw. What is left draws as before.
    - Leaves: no call of the whole function, and not the function itself. Copies for backward have calls with
      `sluice.repeats` alone.

    ```mlir
    %y:2 = call @train.h.0.forward(%x) {sluice.repeats} : (tensor<4xf32>) -> (tensor<4xf32>, tensor<8xf32>)
    %dx = call @train.h.0.backward(%y#1, %dy) : (tensor<8xf32>, tensor<4xf32>) -> tensor<4xf32>
    ```

    becomes

    ```mlir
    %kept = call @train.h.0.forward.repeated(%x) {sluice.repeats} : (tensor<4xf32>) -> tensor<8xf32>
    %dx = call @train.h.0.backward(%kept, %dy) : (tensor<8xf32>, tensor<4xf32>) -> tensor<4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def ShareLayers : Pass<"sluice-share-layers", "::mlir::ModuleOp"> {
  let summary = "merges equal functions, so that lowering is paid once per kind of layer";
  let description = [{
    - Does: runs upstream's `duplicate-function-elimination`.
    - Leaves: one function of several equal ones, which all call. A call of another one before says which, as
      `sluice.place`, for messages. A remark of the category `gradient` says how many were
      merged.

    ```mlir
    %1 = call @train.h.0.forward(%0, %w0) : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    %2 = call @train.h.1.forward(%1, %w1) : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    ```

    becomes

    ```mlir
    %1 = call @train.h.1.forward(%0, %w0) {sluice.place = "train.h.0.forward"}
        : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    %2 = call @train.h.1.forward(%1, %w1) : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

#endif // SLUICE_GRADIENT_PASSES

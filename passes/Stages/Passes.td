//===- Passes.td - The stages phase --------------------------------*- tablegen -*-===//
#ifndef SLUICE_STAGES_PASSES
#define SLUICE_STAGES_PASSES

include "mlir/Pass/PassBase.td"

def AssignStages : Pass<"sluice-assign-stages", "::mlir::ModuleOp"> {
  let summary = "every layer gets the stage that owns it";
  let description = [{
    - Needs: graphs of layers, as `sluice-group-layers` leaves them, in the order of their depths.
    - Does: divides the layers of `train` over the stages, or those of the first graph. The other graphs follow by
      depth.
    - Leaves: a `stage` on every layer of every graph.
    - A remark of the category `stages` says what each stage costs.
    - Refuses: a partition that does not fit the stages or the layers, a stage without a layer, a memory limit that no
      partition keeps, and a profile of another model.

    ```mlir
    %x = sluice.layer "embeddings" () -> tensor<4xf32> { ... }
    %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<4xf32>) -> tensor<4xf32> { ... }
    ```

    becomes, with `partition=0,1`,

    ```mlir
    %x = sluice.layer "embeddings" stage 0 () -> tensor<4xf32> { ... }
    %y = sluice.layer "h.0" depth 1 of 1 stage 1 (%a = %x : tensor<4xf32>) -> tensor<4xf32> { ... }
    ```

    #### What stays together
    - Layers of one depth, which are the parts of one layer, and what stands behind them in front of the next depth.
    - The embeddings: what stands in front of all depths. With a partition they are on the first stage.
    - The head: what stands behind all depths. It is on the last stage.

    #### What every stage has
    A layer without a depth that takes only keys, scalars and constants is copied to every stage that uses it. Its
    results need no messages. Where there are several copies, each is called after its stage.

    #### Without a partition
    Dynamic programming makes the slowest stage as fast as it can be (`Partition.h`).

    - Costs are those of `CostOpInterface` on a machine of the proportions in `StageCosts.h`. Backward counts as two
      forwards.
    - With a profile, what a program measured takes their place. What a stage of that program took is divided over its
      layers as they are estimated, so that a program with a stage a layer measures every layer.
    - A layer that is dropped with probability d costs 1 - d, in the run's default for layer drop.
    - The memory limit counts parameters, gradients and optimizer state, and what the schedule keeps of micro-batches.
      Of layers that are recomputed it counts their results, and the largest of them whole, once.
    - With `may-recompute`, where no partition keeps the limit, it is one of a stack whose layers are all recomputed.

    #### Where gradients are stale
    A search makes the step as fast as it can be, and then its layers as fresh (`StalePartition.h`). A remark says how
    many ticks a step takes. The memory limit counts K - s versions of the weights of stage s of K.
  }];
  let options = [
    Option<"stages", "stages", "int64_t", "0", "stages; 0: as many as partition has, or 1">,
    Option<"partition", "partition", "std::string", "\"\"",
           "layers of the repeated stack a stage, such as 3,6,3; 0 leaves the embeddings or the head alone">,
    Option<"memoryLimit", "memory-limit", "int64_t", "0", "bytes of a device; 0: no limit">,
    Option<"schedule", "schedule", "std::string", "\"1f1b\"",
           "the schedule, by which a stage keeps more or fewer micro-batches at once">,
    Option<"devices", "devices", "int", "0", "devices of a replica, 0: one a stage">,
    Option<"microBatches", "microbatches", "int64_t", "1", "micro-batches of a step">,
    Option<"optimizer", "optimizer", "std::string", "\"adamw\"", "adamw, sgd or muon: how much state a parameter has">,
    Option<"profileFile", "profile", "std::string", "\"\"",
           "what a program's --bench --profile=FILE wrote, for the costs; empty: estimates">,
    Option<"currentWeights", "current-weights", "bool", "false",
           "whether late backwards read the newest weights, so that there are no other versions">,
    Option<"mayRecompute", "may-recompute", "bool", "false",
           "whether layers are recomputed later where memory does not suffice">
  ];
}

def CostStages : Pass<"sluice-cost-stages", "::mlir::ModuleOp"> {
  let summary = "what the stages of the trained graph cost";
  let description = [{
    - Needs: layers of a graph `train` in the order of their depths. Those without a stage are of stage 0.
    - Leaves: the module's `sluice.stage_costs`, which the proof of the schedule and `--explain` read.
    - Costs are those by which `sluice-assign-stages` divides layers: estimates, in ticks, or with a profile seconds.
      Those of a step, such as the update, are in a profile alone.
    - What backward repeats takes as long as in forward, unless the profile is of a program that repeats as well.
    - Stages of one device exchange nothing for a parameter that no other device has. The devices of programs
      `train.pipeline` that the module has come before the option.
    - Without a graph `train` it does nothing.
    - Refuses: a profile of another model.

    ```mlir
    module {
      sluice.graph @train() -> tensor<4xf32> {
        %x = sluice.layer "embeddings" () -> tensor<4xf32> { ... }
        sluice.return %x : tensor<4xf32>
      }
    }
    ```

    becomes

    ```mlir
    module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
      #sluice.stage_cost<layers = 0, embeddings = 1, head = 0, forward = 64.0 : f64, ...>]>} { ... }
    ```
  }];
  let options = [
    Option<"microBatches", "microbatches", "int64_t", "1", "micro-batches of a step">,
    Option<"optimizer", "optimizer", "std::string", "\"adamw\"", "adamw, sgd or muon: how much state a parameter has">,
    Option<"profileFile", "profile", "std::string", "\"\"",
           "what a program's --bench --profile=FILE wrote; empty: estimates">,
    Option<"devices", "devices", "int", "0", "devices of a replica, 0: one a stage">
  ];
}

def RecomputeLayers : Pass<"sluice-recompute-layers", "::mlir::ModuleOp"> {
  let summary = "which layers backward computes again instead of keeping what they computed";
  let description = [{
    - Needs: layers of a graph `train` in the order of their depths. With `choice=auto` they have their stages, if there
      are several.
    - Leaves: `recompute` on layers of the stack, those with a depth. `sluice-differentiate` makes backward repeat their
      forward (Chen et al., arXiv 1604.06174), and what stages cost counts it.
    - Parts of one layer, each with a gate of its own, are chosen together. Each keeps its own inputs.
    - A remark of the category `stages` says how many there are, and why.
    - Refuses: a memory limit that a stage exceeds with all of its layers recomputed.

    ```mlir
    %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<4xf32>) -> tensor<4xf32> { ... }
    ```

    becomes

    ```mlir
    %y = sluice.layer "h.0" depth 1 of 1 recompute (%a = %x : tensor<4xf32>) -> tensor<4xf32> { ... }
    ```

    #### Choices
    - `choice=layer`: all layers.
    - `choice=stage`: `recompute_stage` on all layers, embeddings and head included. A stage keeps what comes into it
      alone, and takes the memory of its whole forward while it is repeated. Where gradients are stale, embeddings are
      not repeated unless with `current-weights`: there are no older versions of their tables.
    - `choice=auto`: on each stage as few layers as its memory asks for, by the costs that `sluice-assign-stages`
      counts. First come those that save the most, and of equals those that take the least time, such as layers that are
      often dropped. Without a memory limit none, which a remark says.
  }];
  let options = [
    Option<"choice", "choice", "std::string", "\"layer\"", "layer, stage or auto">,
    Option<"memoryLimit", "memory-limit", "int64_t", "0", "bytes of a device; 0: no limit">,
    Option<"schedule", "schedule", "std::string", "\"1f1b\"",
           "the schedule, by which a stage keeps more or fewer micro-batches at once">,
    Option<"devices", "devices", "int", "0", "devices of a replica, 0: one a stage">,
    Option<"microBatches", "microbatches", "int64_t", "1", "micro-batches of a step">,
    Option<"optimizer", "optimizer", "std::string", "\"adamw\"", "adamw, sgd or muon: how much state a parameter has">,
    Option<"currentWeights", "current-weights", "bool", "false", "whether late backwards read the newest weights">
  ];
}

def PlaceParameters : Pass<"sluice-place-parameters", "::mlir::ModuleOp"> {
  let summary = "every parameter lies on the stage that uses it";
  let description = [{
    - Needs: graphs of layers with stages, as `sluice-assign-stages` leaves them. Without stages it does nothing.
    - Leaves: `stage` on every parameter.
    - Does, where stages of several devices use a parameter: the first owns it. Each further stage gets a copy, behind
      all other parameters, and its layers read that.
    - Does, where several stages of one device use it: it is there once. The last owns it, since its gradient is done
      last; the others are its `readers`.
    - Programs `train.pipeline` that the module has say where stages are, without regard to the option.

    ```mlir
    sluice.parameter @wte : tensor<8x4xf32> {init = #sluice.normal<0.02>}
    ```

    that layers of stages 0 and 2 read becomes

    ```mlir
    sluice.parameter @wte : tensor<8x4xf32> {init = #sluice.normal<0.02>, stage = 0}
    sluice.parameter @wte.stage.2 : tensor<8x4xf32> {init = #sluice.normal<0.02>, stage = 2, copy_of = @wte}
    ```

    and with `devices=2`

    ```mlir
    sluice.parameter @wte : tensor<8x4xf32> {init = #sluice.normal<0.02>, stage = 2, readers = array<i64: 0>}
    ```
  }];
  let options = [Option<"devices", "devices", "int", "0",
                        "devices of a replica, 0: one a stage; stage s is on device s modulo their number">];
}

#endif // SLUICE_STAGES_PASSES

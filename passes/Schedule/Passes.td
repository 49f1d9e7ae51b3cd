//===- Passes.td - The schedule phase -------------------------------*- tablegen -*-===//
#ifndef SLUICE_SCHEDULE_PASSES
#define SLUICE_SCHEDULE_PASSES

include "mlir/Pass/PassBase.td"

def Schedule : Pass<"sluice-schedule", "::mlir::ModuleOp"> {
  let summary = "programs of devices from a schedule";
  let description = [{
    - Does: adds a `pipe.pipeline` with a channel a boundary and direction, and a program a device.
    - Needs: no other symbol of the name.
    - Refuses: an unknown schedule, replicas or reduction groups that do not divide the micro-batches, and groups that
      are no power of two. The error says what would fit.

    `sluice-schedule="schedule=sequential"` adds

    ```mlir
    pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
      pipe.program @device.0 device 0 body {
        pipe.load stage 0 micro_batch 0
        pipe.run forward stage 0 micro_batch 0
        pipe.run backward stage 0 micro_batch 0
        pipe.reduce
        pipe.update stage 0
      }
    }
    ```

    #### Schedules
    - `sequential`: one micro-batch after the other through all stages.
    - `gpipe`: all forwards, then all backwards (Huang et al. 2019).
    - `1f1b`: stage s of K runs K - 1 - s forwards ahead, then one forward and one backward in turn (PipeDream-Flush,
      Narayanan et al. 2021).
    - `interleaved`: device d of D holds stages d, d + D, ... and runs them as 1f1b does, D micro-batches of each at a
      time (Narayanan et al. 2021). D divides stages and micro-batches.
    - `zero-bubble`: as `1f1b`, with backward in halves. What other stages do not wait for comes s micro-batches late in
      stage s (ZB-H1, Qi et al. 2023).
    - `ouroboros`: stage s of K applies the gradient of K - 1 - s steps before, by the error gradient that the stage
      above computed in the step before (Yang et al. 2019; Huo et al. 2018). No stage waits for another's backward.

    #### Sums
    Gradients are summed in ascending order within each group, groups and replicas by a balanced binary tree. So equal
    groups give equal bits with any number of stages, devices and replicas, and any of these schedules but `ouroboros`.
  }];
  let options = [
    Option<"scheduleName", "schedule", "std::string", "\"sequential\"", "one of the schedules above">,
    Option<"stages", "stages", "int", "1", "stages of the model">,
    Option<"devices", "devices", "int", "0", "devices of a replica, 0: one a stage">,
    Option<"microBatches", "microbatches", "int", "1", "micro-batches of a step, over all replicas">,
    Option<"replicas", "replicas", "int", "1", "copies of the pipeline, which divide the micro-batches">,
    Option<"groups", "reduction-groups", "int", "0",
           "groups of micro-batches that are summed by themselves, a power of two; 0: as many as replicas">,
    Option<"capacity", "capacity", "int", "1", "messages that a channel holds before a send waits, at least 0">,
    ListOption<"tied", "tied", "int", "pairs of stages that use one parameter">,
    Option<"forwardOnly", "forward-only", "bool", "false", "whether nothing is trained">,
    Option<"symbol", "name", "std::string", "\"train.pipeline\"", "symbol of the pipeline">
  ];
  let dependentDialects = ["::sluice::pipe::PipeDialect"];
}

def ScheduleStages : Pass<"sluice-schedule-stages", "::mlir::ModuleOp"> {
  let summary = "programs of devices for the actions of a module";
  let description = [{
    - Needs: actions and messages as `sluice-cut-stages` leaves them. Actions without a stage are of stage 0.
    - Does: adds a `pipe.pipeline` for each graph that has actions: `train.pipeline` by the schedule, the others forward
      alone. One of that name that is there, with programs written by hand, stays.
    - Does: with `ouroboros` adds `train.warmup.pipeline`, by `gpipe`. A run may begin with synchronous steps.
    - Leaves: channels that carry the slots of the messages.
    - Stages are tied where they exchange gradients, or where one is among the `readers` of a parameter of the other.

    The actions of a graph `train` of one stage, with one micro-batch, get

    ```mlir
    pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
      pipe.program @device.0 device 0 body {
        pipe.load stage 0 micro_batch 0
        pipe.run forward stage 0 micro_batch 0
        pipe.run backward stage 0 micro_batch 0
        pipe.reduce
        pipe.update stage 0
      }
    }
    ```

    #### What is refused
    - What `sluice-schedule` refuses, and a pipeline of another number of stages or micro-batches.
    - A pipeline without a channel for a message, without a pair of tied stages, or with readers of a parameter on
      another device.
    - Where gradients are stale: stages on several devices that share a parameter, and a dynamic loss scale.
    - Where they are not: `current-weights`, `predicted-weights` and `tied-delay`, which needs stages that share a
      parameter as well.
  }];
  let options = [
    Option<"scheduleName", "schedule", "std::string", "\"sequential\"", "a schedule of sluice-schedule">,
    Option<"devices", "devices", "int", "0", "devices of a replica, 0: one a stage">,
    Option<"microBatches", "microbatches", "int", "1", "micro-batches of a step, over all replicas">,
    Option<"replicas", "replicas", "int", "1", "copies of the pipeline, which divide the micro-batches">,
    Option<"groups", "reduction-groups", "int", "0",
           "groups of micro-batches that are summed by themselves, a power of two; 0: as many as replicas">,
    Option<"currentWeights", "current-weights", "bool", "false",
           "whether late backwards read the newest weights, instead of those of their forward">,
    Option<"predictedWeights", "predicted-weights", "bool", "false",
           "whether late stages read weights that are predicted for the update of their gradient">,
    Option<"tiedDelay", "tied-delay", "int", "0",
           "1: gradients of a tied parameter by its own stage go into the update of the next step">
  ];
  let dependentDialects = ["::sluice::pipe::PipeDialect", "::sluice::SluiceDialect"];
}

def VerifySchedule : Pass<"sluice-verify-schedule", "::mlir::ModuleOp"> {
  let summary = "proves that programs of devices do what they should, and how fast";
  let description = [{
    - Does: plays all programs of each `pipe.pipeline` over their channels, and sets its `frames` where it has none.
    - Costs are those of the options, or for `train.pipeline` without them the module's `sluice.stage_costs`, if it has
      some. By these it sets `busy`, the share of a step that each device computes.
    - Says: period, bubble and frames, in a remark of the category `schedule`. Times are in the unit of the costs.
    - Refuses: what it cannot prove, at the action, with a note at the one on the other side.

    ```mlir
    pipe.pipeline @train.pipeline stages 2 micro_batches 4 replicas 1 groups 1 ages [0, 0] {}
    ```

    with its programs becomes

    ```mlir
    pipe.pipeline @train.pipeline stages 2 micro_batches 4 replicas 1 groups 1 ages [0, 0] frames [2, 1] {}
    ```

    #### What is proved, for every iteration
    - Nothing hangs. Every receive meets its send in order.
    - Each stage runs one forward and one backward a micro-batch, between their messages. All programs run backward as a
      whole, or all as `backward_input` and, later, `backward_weight`.
    - No frame is written while something still reads it: micro-batch modulo frames chooses it.
    - Gradients ascend within their group; groups and replicas are combined by the balanced binary tree. Tied sums,
      reduction and update come after all of it.
    - Gradients are as old as `ages`, `activation_ages` and `error_ages` say.

    #### Limits
    Prologue and epilogue are empty. Iterations are 0, or at most 0 where gradients are stale: what is of a step before
    the first is left out.
  }];
  let options = [
    ListOption<"forward", "forward", "double", "time of a forward, one for all stages or one a stage; default 1">,
    ListOption<"backward", "backward", "double",
               "time of a backward, whose halves are equal, one for all stages or one a stage; default 2">,
    Option<"timeline", "timeline", "int", "0", "columns of a drawn timeline in a remark, 0 for none">
  ];
}

def VersionWeights : Pass<"sluice-version-weights", "::mlir::ModuleOp"> {
  let summary = "parameters without versions are updated in place";
  let description = [{
    - Needs: actions cut by stage, and `train.pipeline` with its ages. Where gradients are not stale it does nothing.
    - Does: in a stage whose gradients are late, a parameter that its backward does not read becomes `in_place`.
      Embedding tables are such, and biases. Others keep a version for each update that backward is behind forward.
    - Does: where backward reads current weights all parameters of late stages become `in_place`.
    - Does: a parameter that another stage reads becomes `in_place`, where one of the two is late.
    - Refuses: backward of a late stage that reads a parameter of another.

    Where backward of stage 0, one step late, reads `@w` alone,

    ```mlir
    sluice.parameter @table : tensor<8x4xf32> {init = #sluice.normal<0.02>, stage = 0}
    sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<0.02>, stage = 0}
    ```

    becomes

    ```mlir
    sluice.parameter @table : tensor<8x4xf32> {in_place, init = #sluice.normal<0.02>, stage = 0}
    sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<0.02>, stage = 0}
    ```
  }];
}

#endif // SLUICE_SCHEDULE_PASSES

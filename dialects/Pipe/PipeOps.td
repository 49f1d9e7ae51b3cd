//===- PipeOps.td - Pipelines, channels, programs, actions ----------*- tablegen -*-===//
#ifndef SLUICE_PIPE_OPS
#define SLUICE_PIPE_OPS

include "PipeDialect.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"

class Pipe_Op<string mnemonic, list<Trait> traits = []> : Op<Pipe_Dialect, mnemonic, traits>;

def Pipe_Number : ConfinedAttr<I32Attr, [IntNonNegative]>;
def Pipe_Count : ConfinedAttr<I32Attr, [IntPositive]>;

def Pipe_PipelineOp : Pipe_Op<"pipeline", [Symbol, SymbolTable, SingleBlock, NoTerminator]> {
  let summary = "all programs of a job, and what they are meant to be";
  let description = [{
    - It holds channels and programs alone. A device has one program, and holds one stage or several.
    - `micro_batches` counts the whole step, over all replicas, which have equal parts in order.
    - `groups`: the gradients of so many contiguous groups of micro-batches are summed by themselves.
    - `devices`, one a stage: its device in replica 0. Those of replica r follow the devices of r replicas. Absent,
      stage s is on device s.
    - `tied`: pairs of stages, ascending and below `stages`, that use one parameter; a stage twice where both uses are
      in it. Of two on one device the second owns it.
    - `frames`, one a stage, each positive: how many micro-batches it holds at once.
    - `busy`, one a device, each from 0 to 1: the share of a step that it computes, as simulated. Like frames, set
      by `sluice-verify-schedule`.
    - `forward_only`: nothing is trained.

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

    #### Ages

    - `ages`, one a stage, none negative: how many updates old its gradients are when they are applied.
    - `activation_ages` and `error_ages`, one a stage, are there where gradients are stale.
    - The first are updates by which the weights of a forward are newer than those that made its input, the second steps
      between backward of the stage above and its own.
    - `predicted_weights`, only where some of `ages` is above 0 and not beside `current_weights`: forward and backward
      of late stages read the weights that are expected when the gradient is applied.
    - `current_weights`, only where some of `ages` is above 0: backward computes its forward again, with the newest
      weights.
    - `tied_delay`, only where the first of two tied stages of one device has an age above 0: what the second adds for
      its own uses of their parameter goes into the update of the next step.
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name, Pipe_Count:$stages, Pipe_Count:$micro_batches, Pipe_Count:$replicas, Pipe_Count:$groups,
    DenseI32ArrayAttr:$ages, OptionalAttr<DenseI32ArrayAttr>:$activation_ages,
    OptionalAttr<DenseI32ArrayAttr>:$error_ages, OptionalAttr<DenseI32ArrayAttr>:$devices,
    OptionalAttr<DenseI32ArrayAttr>:$tied, OptionalAttr<DenseI32ArrayAttr>:$frames,
    OptionalAttr<DenseF64ArrayAttr>:$busy, UnitAttr:$current_weights, UnitAttr:$predicted_weights,
    UnitAttr:$tied_delay, UnitAttr:$forward_only);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `stages` $stages `micro_batches` $micro_batches `replicas` $replicas `groups` $groups `ages` $ages
    (`activation_ages` $activation_ages^)? (`error_ages` $error_ages^)? (`devices` $devices^)? (`tied` $tied^)?
    (`frames` $frames^)? (`busy` $busy^)? (`current_weights` $current_weights^)?
    (`predicted_weights` $predicted_weights^)? (`tied_delay` $tied_delay^)?
    (`forward_only` $forward_only^)? attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Of one replica: those up to the last that a stage is on.
    int64_t devicesOfReplica();
    int64_t countDevices() { return devicesOfReplica() * int64_t(getReplicas()); }
    /// Whether gradients of some stage are late.
    bool isStale() { return getActivationAges() || getErrorAges(); }
  }];
}

def Pipe_ChannelOp : Pipe_Op<"channel", [Symbol, HasParent<"PipelineOp">]> {
  let summary = "a private first-in-first-out queue from a stage on one device to a stage on another";
  let description = [{
    - Its ends are devices of the pipeline. They differ, unless `stages` says what it joins on one device.
    - `stages`, two below the pipeline's: the stage that it starts at, and the one that it ends at. Absent, its devices
      hold one stage each.
    - `capacity`: how many messages lie in it before a send waits; with 0 a send waits until its message is taken.
    - A message is a bundle of tensors, of the types in parentheses.
    - `sends` and `receives`: slots of the module that a message is read from and written to, of these types, in order.
      Either may be absent.

    ```mlir
    pipe.channel @activations.0.1 activations from 0 to 1 capacity 1 (tensor<2x4xf32>) sends [@boundary]
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name, Pipe_Role:$role, Pipe_Number:$source, Pipe_Number:$target,
    OptionalAttr<DenseI32ArrayAttr>:$stages, Pipe_Number:$capacity, TypeArrayAttr:$types,
    OptionalAttr<FlatSymbolRefArrayAttr>:$sends, OptionalAttr<FlatSymbolRefArrayAttr>:$receives);
  let assemblyFormat = [{
    $sym_name $role `from` $source `to` $target (`stages` $stages^)? `capacity` $capacity custom<Bundle>($types)
    (`sends` $sends^)? (`receives` $receives^)? attr-dict
  }];
  let hasVerifier = 1;
}

def Pipe_ProgramOp : Pipe_Op<"program", [Symbol, SingleBlock, NoTerminator, HasParent<"PipelineOp">]> {
  let summary = "what a device does";
  let description = [{
    - The device is one of the pipeline.
    - Regions hold actions alone.
    - `prologue`, once; `body`, once a training step; `epilogue`, once.

    ```mlir
    pipe.program @device.0 device 0 body {
      pipe.load stage 0 micro_batch 0
      pipe.run forward stage 0 micro_batch 0
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Pipe_Number:$device);
  let regions = (region AnyRegion:$prologue, SizedRegion<1>:$body, AnyRegion:$epilogue);
  let assemblyFormat = [{
    $sym_name `device` $device (`prologue` $prologue^)? `body` $body (`epilogue` $epilogue^)?
    attr-dict-with-keyword
  }];
  let hasVerifier = 1;
}

/// An action of a program. `iteration` says how many steps ahead of the body's own its micro-batch is.
class Pipe_Action<string mnemonic, list<Trait> traits = []>
    : Pipe_Op<mnemonic, !listconcat([HasParent<"ProgramOp">], traits)>;

def Pipe_LoadOp : Pipe_Action<"load"> {
  let summary = "loads the tokens of a micro-batch into its frame";
  let description = [{
    ```mlir
    pipe.load stage 0 micro_batch 3
    ```
  }];
  let arguments = (ins Pipe_Number:$stage, Pipe_Number:$micro_batch, DefaultValuedAttr<I32Attr, "0">:$iteration);
  let assemblyFormat = "`stage` $stage `micro_batch` $micro_batch (`iteration` $iteration^)? attr-dict";
}

def Pipe_RunOp : Pipe_Action<"run"> {
  let summary = "runs a function of a stage";
  let description = [{
    - Every kind but `tied` has a micro-batch, and `tied` has none.
    - `tied` adds the gradients of a parameter that two stages use: in both, or in the second where both are on one
      device.

    ```mlir
    pipe.run forward stage 0 micro_batch 3
    pipe.run tied stage 0
    ```
  }];
  let arguments = (ins Pipe_RunKind:$kind, Pipe_Number:$stage, OptionalAttr<Pipe_Number>:$micro_batch,
                       DefaultValuedAttr<I32Attr, "0">:$iteration);
  let assemblyFormat = "$kind `stage` $stage (`micro_batch` $micro_batch^)? (`iteration` $iteration^)? attr-dict";
  let hasVerifier = 1;
}

class Pipe_MessageOp<string mnemonic>
    : Pipe_Action<mnemonic, [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let arguments = (ins FlatSymbolRefAttr:$channel, Pipe_Number:$stage, OptionalAttr<Pipe_Number>:$micro_batch,
                       OptionalAttr<Pipe_Number>:$buffer, DefaultValuedAttr<I32Attr, "0">:$iteration);
  let assemblyFormat = [{
    $channel `stage` $stage (`micro_batch` $micro_batch^)? (`buffer` $buffer^)? (`iteration` $iteration^)? attr-dict
  }];
}

def Pipe_SendOp : Pipe_MessageOp<"send"> {
  let summary = "puts a message into a channel";
  let description = [{
    - The symbol names a channel of the pipeline that starts at the program's device.
    - Activations and gradients have a micro-batch, whose frame they are read from. Other roles have none.
    - The sum of a `replica` has a gradient buffer that it is read from. Other roles have none.

    ```mlir
    pipe.send @activations.0.1 stage 0 micro_batch 3
    pipe.send @replica.0.2 stage 0 buffer 0
    ```
  }];
}

def Pipe_RecvOp : Pipe_MessageOp<"recv"> {
  let summary = "takes a message out of a channel";
  let description = [{
    - The symbol names a channel of the pipeline that ends at the program's device.
    - Activations and gradients have a micro-batch, whose frame they are written to. Other roles have none.
    - The sum of a `replica` has a gradient buffer that it is written to. Other roles have none.

    ```mlir
    pipe.recv @activations.0.1 stage 1 micro_batch 3
    pipe.recv @replica.2.0 stage 0 buffer 1
    ```
  }];
}

def Pipe_CombineOp : Pipe_Action<"combine"> {
  let summary = "adds a gradient buffer to another, and frees it";
  let description = [{
    The two buffers differ.

    ```mlir
    pipe.combine 1 into 0 stage 0
    ```
  }];
  let arguments = (ins Pipe_Number:$from, Pipe_Number:$into, Pipe_Number:$stage);
  let assemblyFormat = "$from `into` $into `stage` $stage attr-dict";
  let hasVerifier = 1;
}

def Pipe_ReduceOp : Pipe_Action<"reduce"> {
  let summary = "puts together what all devices know of the step";
  let description = [{
    - A barrier of all devices: norms, losses, whether all is finite, and the request to stop.
    - With a stage it puts together what this stage knows alone, and waits for none.

    ```mlir
    pipe.reduce
    pipe.reduce stage 1
    ```
  }];
  let arguments = (ins OptionalAttr<Pipe_Number>:$stage);
  let assemblyFormat = "(`stage` $stage^)? attr-dict";
}

def Pipe_UpdateOp : Pipe_Action<"update"> {
  let summary = "updates the parameters of a stage";
  let description = [{
    ```mlir
    pipe.update stage 0
    ```
  }];
  let arguments = (ins Pipe_Number:$stage, DefaultValuedAttr<I32Attr, "0">:$iteration);
  let assemblyFormat = "`stage` $stage (`iteration` $iteration^)? attr-dict";
}

#endif // SLUICE_PIPE_OPS

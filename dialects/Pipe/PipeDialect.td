//===- PipeDialect.td - What every device of a pipeline does -------*- tablegen -*-===//
#ifndef SLUICE_PIPE_DIALECT
#define SLUICE_PIPE_DIALECT

include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Pipe_Dialect : Dialect {
  let name = "pipe";
  let cppNamespace = "::sluice::pipe";
  let summary = "programs of devices that train a model together";
  let description = [{
    A model is cut into stages, and a training step into micro-batches. Each device has a program, a list of actions;
    private first-in-first-out channels join them.

    - Numbers of stages, devices, micro-batches and buffers count from 0.
    - Ops check what they are by themselves. `sluice-verify-schedule` proves what they do together.
  }];
}

def Pipe_Role : I32EnumAttr<"Role", "what a channel carries", [
    I32EnumAttrCase<"Activations", 0, "activations">, // to the next stage
    I32EnumAttrCase<"Gradients", 1, "gradients">,     // to the stage before
    I32EnumAttrCase<"Tied", 2, "tied">,               // the sum of a use of a parameter, to the stage of its other use
    I32EnumAttrCase<"Replica", 3, "replica">]> {      // the sum of a stage, to the same stage of another replica
  let cppNamespace = "::sluice::pipe";
}

def Pipe_RunKind : I32EnumAttr<"RunKind", "what of a stage runs", [
    I32EnumAttrCase<"Forward", 0, "forward">,
    I32EnumAttrCase<"Backward", 1, "backward">,
    I32EnumAttrCase<"Tied", 2, "tied">,
    I32EnumAttrCase<"Recompute", 3, "recompute">,
    I32EnumAttrCase<"BackwardInput", 4, "backward_input">,
    I32EnumAttrCase<"BackwardWeight", 5, "backward_weight">]> {
  let cppNamespace = "::sluice::pipe";
}

#endif // SLUICE_PIPE_DIALECT

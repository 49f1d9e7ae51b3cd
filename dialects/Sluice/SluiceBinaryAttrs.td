//===- SluiceBinaryAttrs.td - What the exported table says of a model --*- tablegen -*-===//
#ifndef SLUICE_BINARY_ATTRS
#define SLUICE_BINARY_ATTRS

include "SluiceDialect.td"

def Sluice_Optimizer : I32EnumAttr<"Optimizer", "what updates parameters", [
    I32EnumAttrCase<"AdamW", 0, "adamw">,
    I32EnumAttrCase<"Sgd", 1, "sgd">,
    I32EnumAttrCase<"Muon", 2, "muon">]> {
  let cppNamespace = "::sluice";
  let genSpecializedAttr = 0;
}

def Sluice_ModelAttr : Sluice_Attr<"Model", "model"> {
  let summary = "a model and how it is trained";
  let description = [{
    What an import knows of the model as a whole:

    - `name` and `description`, the JSON text that it was made from;
    - `batch` sequences of `sequence` tokens make a micro-batch, `micro_batches` (at least 1) make a step;
    - `vocabulary`: how many tokens there are;
    - `optimizer`: `adamw`, `sgd` or `muon`;
    - `grad_clip`: the norm that gradients are clipped to, 0 for none, an f64;
    - `flops_per_token`: floating-point operations of forward and backward, an f64.

    No number is negative.

    Example:

    ```mlir
    #sluice.model<name = "tiny", description = "{}", batch = 2, sequence = 16, vocabulary = 256, micro_batches = 1,
                  optimizer = adamw, grad_clip = 1.0 : f64, flops_per_token = 7680.0 : f64>
    ```
  }];
  let parameters = (ins
    "::mlir::StringAttr":$name, "::mlir::StringAttr":$description, "int64_t":$batch, "int64_t":$sequence,
    "int64_t":$vocabulary, "int64_t":$micro_batches, EnumParameter<Sluice_Optimizer>:$optimizer,
    "::mlir::FloatAttr":$grad_clip, "::mlir::FloatAttr":$flops_per_token);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The same but for the floating-point operations.
    ModelAttr withFlopsPerToken(double flops) const;
  }];
}

def Sluice_InputAttr : Sluice_Attr<"Input", "input"> {
  let summary = "a tensor that the runtime loads for a graph";
  let description = [{
    Example:

    ```mlir
    #sluice.input<"input.0", tensor<2x16xi32>>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "::mlir::Type":$type);
  let assemblyFormat = "`<` $name `,` $type `>`";
}

def Sluice_ImageAttr : Sluice_Attr<"Image", "image"> {
  let summary = "kernels as a driver takes them";
  let description = [{
    An entry of the module's `sluice.images`, a row of the table (`sluice_image` of abi.h):

    - `kind`: `ptx`, text that drivers compile, or `cubin`, a binary for one architecture;
    - `architecture`, and its compute `capability`, ten times, which is positive;
    - `bytes`: the image itself.

    Example:

    ```mlir
    #sluice.image<kind = "ptx", architecture = "sm_80", capability = 80, bytes = ".version 7.8">
    ```
  }];
  let parameters = (ins
    "::mlir::StringAttr":$kind, "::mlir::StringAttr":$architecture, "int64_t":$capability,
    "::mlir::StringAttr":$bytes);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Sluice_GraphAttr : Sluice_Attr<"Graph", "graph"> {
  let summary = "a graph of a model";
  let description = [{
    `inputs`, an array of `#sluice.input`, is there from differentiation on.

    Example:

    ```mlir
    #sluice.graph<"train", inputs = [#sluice.input<"input.0", tensor<2x16xi32>>]>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$name, OptionalParameter<"::mlir::ArrayAttr">:$inputs);
  let assemblyFormat = "`<` $name (`,` `inputs` `=` $inputs^)? `>`";
  let genVerifyDecl = 1;
}

def Sluice_LayerGateAttr : Sluice_Attr<"LayerGate", "layer_gate"> {
  let summary = "the gate of a layer, or of a part of one";
  let description = [{
    `layer` is the layer's position in the stack, `flops` (an f64) what forward and backward of a micro-batch take.
    Neither is negative.

    Example:

    ```mlir
    #sluice.layer_gate<layer = 0, gate = <@train.gates.0[0]>, flops = 576.0 : f64>
    ```
  }];
  let parameters = (ins "int64_t":$layer, "::sluice::GateAttr":$gate, "::mlir::FloatAttr":$flops);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Sluice_MemoryAttr : Sluice_Attr<"Memory", "memory"> {
  let summary = "sizes of the blocks of memory, and what lies where in them";
  let description = [{
    In bytes. Gradients and norms lie within the persistent slots; without unclipped norms their offset is -1.

    Example:

    ```mlir
    #sluice.memory<parameter_bytes = 128, persistent_bytes = 320, frame_bytes = 64, gradient_offset = 0,
                   gradient_bytes = 64, norms_offset = 128>
    ```
  }];
  let parameters = (ins
    "int64_t":$parameter_bytes, "int64_t":$persistent_bytes, "int64_t":$frame_bytes, "int64_t":$gradient_offset,
    "int64_t":$gradient_bytes, "int64_t":$norms_offset,
    DefaultValuedParameter<"int64_t", "-1">:$unclipped_norms_offset);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Sluice_BinaryAttr : Sluice_Attr<"Binary", "binary"> {
  let summary = "what the exported table says of the whole model";
  let description = [{
    The module's `sluice.binary`. A part is there once the phase that knows it ran:

    - `model`: from import on;
    - `compute`: the policy of `sluice-set-precision`, and `accumulation`: how its products are summed, what
      `#sluice.accumulation` has in its brackets or how it was selected; absent both are f32;
    - `techniques`: what rewrote the graphs, pipelines of passes in the order in which they ran, an array of strings;
    - `graphs`: an array of `#sluice.graph`;
    - `layers`: names of the layers of the stack, and `gates`, an array of `#sluice.layer_gate` that count them;
    - `memory`: once slots are planned.

    Example:

    ```mlir
    module attributes {sluice.binary = #sluice.binary<compute = "bf16", techniques = ["cse"],
                                                      graphs = [#sluice.graph<"train">]>} {}
    ```
  }];
  let parameters = (ins
    OptionalParameter<"::sluice::ModelAttr">:$model, OptionalParameter<"::mlir::StringAttr">:$compute,
    OptionalParameter<"::mlir::StringAttr">:$accumulation,
    OptionalParameter<"::mlir::ArrayAttr">:$techniques, OptionalParameter<"::mlir::ArrayAttr">:$graphs,
    OptionalParameter<"::mlir::ArrayAttr">:$layers, OptionalParameter<"::mlir::ArrayAttr">:$gates,
    OptionalParameter<"::sluice::MemoryAttr">:$memory);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Sluice_StageCostAttr : Sluice_Attr<"StageCost", "stage_cost"> {
  let summary = "the layers of a stage, and what they cost";
  let description = [{
    - `layers` of the stack, `embeddings` and `head` (0 or 1 each) are what the stage has of the trained graph.
    - `forward` and `backward` are of a micro-batch; `tied`, `norm` and `update` of a step.
    - `backward_weight` is the part of `backward` that computes gradients of parameters alone, at most all of it;
      absent it is 0.
    - `recomputed` is 1 where backward computes forward of some of them again, absent it is 0.
    - `activations`, `gradients` and `exchange` are of a message that the stage sends: to the next stage, to the one
      before, and of tied parameters.

    Costs are f64. No number is negative.

    Example:

    ```mlir
    #sluice.stage_cost<layers = 6, embeddings = 1, head = 0, forward = 2.0 : f64, backward = 4.0 : f64,
                       tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.5 : f64,
                       gradients = 0.0 : f64, exchange = 0.0 : f64>
    ```
  }];
  let parameters = (ins
    "int64_t":$layers, "int64_t":$embeddings, "int64_t":$head, "::mlir::FloatAttr":$forward,
    "::mlir::FloatAttr":$backward, "::mlir::FloatAttr":$tied, "::mlir::FloatAttr":$norm, "::mlir::FloatAttr":$update,
    "::mlir::FloatAttr":$activations, "::mlir::FloatAttr":$gradients, "::mlir::FloatAttr":$exchange,
    OptionalParameter<"::mlir::FloatAttr">:$backward_weight, DefaultValuedParameter<"int64_t", "0">:$recomputed);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Sluice_StageCostsAttr : Sluice_Attr<"StageCosts", "stage_costs"> {
  let summary = "what the stages of the trained graph cost";
  let description = [{
    The module's `sluice.stage_costs`, which `sluice-cost-stages` sets and the proof of the schedule reads. `stages` is
    an array of `#sluice.stage_cost`, one a stage. `unit` is what their costs are in: `ticks`, estimated, or `seconds`,
    measured.

    Example:

    ```mlir
    module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = []>} {}
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$unit, "::mlir::ArrayAttr":$stages);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    bool isMeasured() const { return getUnit() == "seconds"; }
  }];
}

#endif // SLUICE_BINARY_ATTRS

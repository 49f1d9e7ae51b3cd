//===- SluiceGraphOps.td - Parameters, graphs, layers, slots -------*- tablegen -*-===//
#ifndef SLUICE_GRAPH_OPS
#define SLUICE_GRAPH_OPS

def ParameterOp : Sluice_Op<"parameter", [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a tensor that training changes";
  let description = [{
    The one place that names a parameter; only `sluice.read`, `sluice.write` and slots refer to it.

    - `init`: a `#sluice.normal` or a `#sluice.constant`.
    - `decays`: weight decay applies to it.
    - `hidden_parts`: it is a weight inside of layers, for optimizers of matrices. Its type has rank 2, and so many
      equal column blocks are matrices of their own: 3 where query, key and value are one weight.

    #### Where it lies
    - `stage`: the part of the pipeline that owns it. Without it that is the only one.
    - `copy_of`: it is the copy of a parameter that another stage owns and has the same values. That one exists, has the
      same type and another stage, and is no copy.
    - `readers`: the other stages of its device that read it, at least one, ascending and before its own. It is no copy
      and has none.
    - `in_place`: it has one version, also where its stage keeps several. Set by `sluice-version-weights`.
    - `offset`: its first byte in the parameter block, set by `sluice-plan-slots`.

    #### Its narrow copy
    - `narrow_type`: it is f32, and a copy of it has its elements rounded to this type, bf16 or f16. Contractions may
      read the copy in its place. Set by `sluice-narrow-weights`.
    - It has one version then. Who gives it a new value gives the copy one.
    - `narrow_offset`: the copy's first byte in the parameter block, set by `sluice-plan-slots`.

    ```mlir
    sluice.parameter @wte.weight : tensor<256x384xf32> {init = #sluice.normal<0.02>, decays}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Sluice_FloatTensor>:$type, AnyAttr:$init, UnitAttr:$decays,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$hidden_parts,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$stage,
                       OptionalAttr<FlatSymbolRefAttr>:$copy_of, OptionalAttr<DenseI64ArrayAttr>:$readers,
                       UnitAttr:$in_place, OptionalAttr<I64Attr>:$offset,
                       OptionalAttr<TypeAttrOf<AnyTypeOf<[BF16, F16]>>>:$narrow_type,
                       OptionalAttr<I64Attr>:$narrow_offset);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The type of the narrow copy; null where there is none.
    ::mlir::RankedTensorType getNarrowCopyType() {
      auto type = ::llvm::cast<::mlir::RankedTensorType>(getType());
      return getNarrowType() ? ::mlir::RankedTensorType(type.clone(*getNarrowType())) : nullptr;
    }
    /// Whether a stage finds it where it lies: its own, and those that read it.
    bool isReadBy(int64_t stage) {
      return int64_t(getStage().value_or(0)) == stage ||
             ::llvm::is_contained(getReaders().value_or(::llvm::ArrayRef<int64_t>()), stage);
    }
  }];
}

def SlotOp : Sluice_Op<"slot", [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a tensor that outlives the action that writes it";
  let description = [{
    - `kind`: kept activations, gradients, optimizer state, norms, results of graphs, gates, what crosses a boundary
      between stages, or gradients that stages exchange.
    - `parameter`: a slot of kind `gradient` or `state` has one, which exists and has the slot's type. A
      state may also be one f64.
    - `role`: a slot of kind `state` has one ("exp_avg"). The role of a `norm` is the parameter whose gradient it sums
      the squares of.
    - A slot of kind `gate` counts, gate by gate, the micro-batches of the step in which the gate was open.
    - `gates`: the gates that a gradient or a result comes through, `#sluice.gate`s that exist. It is there if one of
      them was open; without a list it always is. Other kinds have no such list.

    #### Where it lies
    - `stage`: the part of the pipeline that owns it, set by `sluice-cut-stages`. Without it that is the only one.
    - What is kept, results and what crosses boundaries lie in a frame, which a micro-batch has for itself in each
      stage. The others persist from step to step.
    - `offset`: its first byte among the persistent slots, or in a frame, set by `sluice-plan-slots`.

    ```mlir
    sluice.slot gradient @gradient.w : tensor<8x4xf32> of @w {gates = [#sluice.gate<@gates[0]>]}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Sluice_Tensor>:$type, Sluice_SlotKind:$kind,
                       OptionalAttr<FlatSymbolRefAttr>:$parameter, OptionalAttr<StrAttr>:$role,
                       OptionalAttr<Sluice_GateArray>:$gates,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$stage, OptionalAttr<I64Attr>:$offset);
  let assemblyFormat = "$kind $sym_name `:` $type (`of` $parameter^)? attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Whether the slot lies in a frame, not among the persistent ones.
    bool isInFrame() {
      return getKind() == SlotKind::Kept || getKind() == SlotKind::Result || getKind() == SlotKind::Boundary;
    }
  }];
}

def MessageOp : Sluice_Op<"message", [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "what one stage sends another, in one bundle";
  let description = [{
    - `action` and `graph`: it is sent behind the actions of that kind of the graph, one a micro-batch; behind `tied`
      once a step. Other kinds than `forward`, `evaluate`, `backward`, `backward_input` and `tied` send nothing.
    - The stages differ. They are neighbours unless gradients of a parameter are exchanged (`tied`): to the next stage
      behind `forward` and `evaluate`, to the stage before behind `backward` and `backward_input`.
    - `sends` and `receives` are as many slots of the two stages, at least one, pair by pair of one type.

    ```mlir
    sluice.message @train.forward.0.1 behind <forward> of "train" from 0 to 1 sends [@x] receives [@x.stage.1]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Sluice_ActionKindAttr:$action, StrAttr:$graph,
                       ConfinedAttr<I64Attr, [IntNonNegative]>:$source, ConfinedAttr<I64Attr, [IntNonNegative]>:$target,
                       FlatSymbolRefArrayAttr:$sends, FlatSymbolRefArrayAttr:$receives);
  let assemblyFormat = [{
    $sym_name `behind` $action `of` $graph `from` $source `to` $target `sends` $sends `receives` $receives attr-dict
  }];
  let hasVerifier = 1;
}

class Sluice_SymbolRead<string mnemonic> : Sluice_Op<mnemonic, [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs Sluice_Tensor:$result);
  let assemblyFormat = "$symbol attr-dict `:` type($result)";
}
class Sluice_SymbolWrite<string mnemonic> : Sluice_Op<mnemonic, [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let arguments = (ins Sluice_Tensor:$value, FlatSymbolRefAttr:$symbol);
  let assemblyFormat = "$value `,` $symbol attr-dict `:` type($value)";
}

def ReadOp : Sluice_SymbolRead<"read"> {
  let summary = "the value of a parameter";
  let description = [{
    The symbol names a `sluice.parameter` of the result's type, or one whose narrow copy has it: then the value is that
    of the copy.

    ```mlir
    %w = sluice.read @w : tensor<8x4xf32>
    ```
  }];
}
def WriteOp : Sluice_SymbolWrite<"write"> {
  let summary = "gives a parameter a new value";
  let description = [{
    The symbol names a `sluice.parameter` of the operand's type, or one whose narrow copy has it and gets the value.

    ```mlir
    sluice.write %new, @w : tensor<8x4xf32>
    ```
  }];
}
def FetchOp : Sluice_SymbolRead<"fetch"> {
  let summary = "the value of a slot";
  let description = [{
    The symbol names a `sluice.slot` of the result's type.

    ```mlir
    %x = sluice.fetch @kept.x : tensor<2x4x8xf32>
    ```
  }];
}
def StoreOp : Sluice_SymbolWrite<"store"> {
  let summary = "gives a slot a new value";
  let description = [{
    The symbol names a `sluice.slot` of the operand's type.

    ```mlir
    sluice.store %x, @kept.x : tensor<2x4x8xf32>
    ```
  }];
}

def InputOp : Sluice_Op<"input", []> {
  let summary = "a tensor that the runtime loads for a micro-batch";
  let description = [{
    - The index is the position of the graph's argument, from 0, less than 4.
    - The result is a tensor of i32, or the memref that it lies in once values have places
      (`sluice-destination-passing`).

    ```mlir
    %tokens = sluice.input 0 : tensor<8x256xi32>
    ```
  }];
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative, IntMaxValue<3>]>:$index);
  let results = (outs AnyTypeOf<[Sluice_IntegerTensor, StaticShapeMemRefOf<[I32]>]>:$result);
  let assemblyFormat = "$index attr-dict `:` type($result)";
}

def ScalarOp : Sluice_Op<"scalar", [Pure]> {
  let summary = "a run-time scalar of the step state";
  let description = [{
    - The name is one of the module's `sluice.scalars`, an array of dictionaries {name, value, help}.
      `sluice-destination-passing` refuses another one.
    - A dictionary may have bounds of what `--set` takes: `least` or `above`, `most` or `below`. `above` and `below` are
      not allowed themselves.
    - A value of NaN is computed by the program unless it is set.
    - The result is f32 or f64 of rank 0.

    ```mlir
    %rate = sluice.scalar "dropout" : tensor<f64>
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs 0DTensorOf<[F32, F64]>:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def KeyOp : Sluice_Op<"key", [Pure]> {
  let summary = "the counter words of the step: seed (low, high), step, global micro-batch";
  let description = [{
    All randomness is keyed by these words and by what the model sees, never by where it runs.

    - The result is four i32.
    - `gates` asks for the words with the seed of gates, which may differ from the one of dropout.

    ```mlir
    %key = sluice.key : tensor<4xi32>
    ```
  }];
  let arguments = (ins UnitAttr:$gates);
  let results = (outs Sluice_KeyTensor:$result);
  let assemblyFormat = "(`gates` $gates^)? attr-dict `:` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Type":$result), [{ build($_builder, $_state, result, false); }]>];
  let hasVerifier = 1;
}

def GraphOp : Sluice_Op<"graph", [IsolatedFromAbove, FunctionOpInterface, Symbol]> {
  let summary = "what a model computes";
  let description = [{
    - Arguments are what the runtime loads for a micro-batch: i32 tensors of static shape, at most four.
    - The body ends in `sluice.return`, and nothing is captured from above.
    - The graph `train` returns first the loss of the micro-batch that is differentiated, one float of rank 0.

    #### Further results of `train`

    Each has one attribute that says what it is for:

    - `sluice.metric = "name"`: a float of rank 0 or 1 that is logged by this name. A metric of rank 0 called "loss" is
      logged in place of the first result.
    - `sluice.metric = "name"` and `sluice.layer = "h.0"`: the same, as a detail of that layer.
    - `sluice.unclipped`: a loss of rank 0 whose gradient is added after clipping.

    #### Example

    ```mlir
    sluice.graph @train(%tokens: tensor<2x4xi32>, %targets: tensor<2x4xi32>) -> tensor<f32> {
      %w = sluice.read @wte : tensor<16x8xf32>
      %x = sluice.embedding %tokens, %w : tensor<2x4xi32>, tensor<16x8xf32> to tensor<2x4x8xf32>
      %loss, %logsumexp = sluice.linear_cross_entropy %x, %w, %targets
          : tensor<2x4x8xf32>, tensor<16x8xf32>, tensor<2x4xi32> to tensor<f32>, tensor<2x4xf32>
      sluice.return %loss : tensor<f32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
}

def ReturnOp : Sluice_Op<"return", [Pure, HasParent<"GraphOp">, ReturnLike, Terminator]> {
  let summary = "the results of a graph";
  let description = [{
    The operands' types are the graph's result types.

    ```mlir
    sluice.return %loss : tensor<f32>
    ```
  }];
  let arguments = (ins Variadic<Sluice_Tensor>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
  let hasVerifier = 1;
}

def LayerOp : Sluice_Op<"layer", [IsolatedFromAbove, AttrSizedOperandSegments,
                                  SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "the unit of layer drop, of stage assignment, of recomputation and of sharing";
  let description = [{
    - Operand groups: activations, parameters, broadcast inputs (tokens, keys) and scalars (what differs between equal
      layers).
    - The block has one argument for each operand, in this order and of the same type. Nothing is captured from above.
    - `depth` counts from 1 and is at most `of`; layers outside the repeated stack have neither.
    - `stage` counts from 0 and is the part of the pipeline that owns the layer. All layers of a graph have one, or none
      has. A layer's stage is at least that of the layer in front of it.
    - The yielded types are the result types.

    #### Recomputation

    - `recompute` says that backward repeats the layer's forward, which then keeps nothing but its inputs. Only layers
      with a depth have it, and only those of the graph `train`.
    - `recompute_stage` says that backward repeats the layer's forward behind those of its stage in front of it that say
      so too: what comes into the stage is kept. Only layers of `train` have it, and none that has `recompute`.

    #### Gates

    - The gate is a float tensor of rank 1 that has the element `gate_index`. It is no argument of the block.
    - The layer runs only where that element is above 0. Only the graph `train` has gates.
    - The first result of a layer with a gate has the type of its first activation, and its other results are floats.
    - A dropped layer's first result is its first activation. Its other results are zeros, and its parameters get no
      gradient.

    #### Example

    ```mlir
    %y = sluice.layer "h.0" depth 1 of 6 stage 0 gate %keep[0] : tensor<6xf32>
        (%x = %x0 : tensor<2x4xf32>) parameters(%w = %p : tensor<4xf32>) -> tensor<2x4xf32> {
      sluice.yield %x : tensor<2x4xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Sluice_Tensor>:$activations, Variadic<Sluice_Tensor>:$parameters,
                       Variadic<Sluice_Tensor>:$broadcasts, Variadic<Sluice_Tensor>:$scalars,
                       Optional<Sluice_FloatTensor>:$gate, StrAttr:$name,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$depth,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$of,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$gate_index,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$stage, UnitAttr:$recompute,
                       UnitAttr:$recompute_stage);
  let results = (outs Variadic<Sluice_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The operands that the block has arguments for: all but the gate.
    ::mlir::OperandRange getInputs() { return (*this)->getOperands().drop_back(getGate() ? 1 : 0); }
  }];
  let builders = [OpBuilder<(ins
      "::mlir::TypeRange":$results, "::mlir::ValueRange":$activations, "::mlir::ValueRange":$parameters,
      "::mlir::ValueRange":$broadcasts, "::mlir::ValueRange":$scalars, "::llvm::StringRef":$name,
      "::mlir::IntegerAttr":$depth, "::mlir::IntegerAttr":$of), [{
    build($_builder, $_state, results, activations, parameters, broadcasts, scalars, ::mlir::Value(),
          $_builder.getStringAttr(name), depth, of, ::mlir::IntegerAttr(), ::mlir::IntegerAttr(), ::mlir::UnitAttr());
  }]>];
}

def YieldOp : Sluice_Op<"yield", [Pure, ReturnLike, Terminator, ParentOneOf<["LayerOp"]>]> {
  let summary = "the results of a layer";
  let description = [{
    The operands' types are the layer's result types.

    ```mlir
    sluice.yield %y : tensor<2x4x8xf32>
    ```
  }];
  let arguments = (ins Variadic<Sluice_Tensor>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}

#endif // SLUICE_GRAPH_OPS

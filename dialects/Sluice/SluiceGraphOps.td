//===- SluiceGraphOps.td - Parameters, graphs, layers, slots -------*- tablegen -*-===//
#ifndef SLUICE_GRAPH_OPS
#define SLUICE_GRAPH_OPS

def ParameterOp : Sluice_Op<"parameter", [Symbol]> {
  let summary = "a tensor that training changes";
  let description = [{
    The one place that names a parameter; only `sluice.read` and `sluice.write` refer to it. `init` is a `#sluice.normal` or a
    `#sluice.constant`. `decays` says that weight decay applies. `hidden_parts` marks a weight inside of layers, of rank 2, and says how many equal column
    blocks of it are matrices of their own (3 where query, key and value are one weight): optimizers of matrices are for these. `offset` is the byte in the
    parameter block, set by `sluice-plan-slots`.

    ```mlir
    sluice.parameter @wte.weight : tensor<256x384xf32> {init = #sluice.normal<0.02>, decays}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Sluice_FloatTensor>:$type, AnyAttr:$init, UnitAttr:$decays,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$hidden_parts, OptionalAttr<I64Attr>:$offset);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
}

def SlotOp : Sluice_Op<"slot", [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a tensor that outlives the action that writes it";
  let description = [{
    Kept activations, gradients, optimizer state, norms and results of graphs. A slot of kind `gradient` or `state` names its
    `parameter`, which exists and has the slot's shape. A `state` has a `role` ("exp_avg"); the role
    of a `norm` is the parameter of whose gradient it is the sum of squares. A slot of kind `gate` counts, gate by gate, the micro-batches of the step in which
    the gate was open. `gates` lists the gates that a gradient or a result comes through, `#sluice.gate`s that exist: it is there if one of them was open; without a list it
    always is. `offset` is the byte in the slot block, set by `sluice-plan-slots`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Sluice_Tensor>:$type, Sluice_SlotKind:$kind,
                       OptionalAttr<FlatSymbolRefAttr>:$parameter, OptionalAttr<StrAttr>:$role, OptionalAttr<Sluice_GateArray>:$gates, OptionalAttr<I64Attr>:$offset);
  let assemblyFormat = "$kind $sym_name `:` $type (`of` $parameter^)? attr-dict";
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
  let description = "The symbol names a `sluice.parameter` of the result's type.";
}
def WriteOp : Sluice_SymbolWrite<"write"> {
  let summary = "gives a parameter a new value";
  let description = "The symbol names a `sluice.parameter` of the operand's type.";
}
def FetchOp : Sluice_SymbolRead<"fetch"> {
  let summary = "the value of a slot";
  let description = "The symbol names a `sluice.slot` of the result's type.";
}
def StoreOp : Sluice_SymbolWrite<"store"> {
  let summary = "gives a slot a new value";
  let description = "The symbol names a `sluice.slot` of the operand's type.";
}

def InputOp : Sluice_Op<"input", []> {
  let summary = "a tensor that the runtime loads for a micro-batch";
  let description = [{
    The index is the position of the graph's argument, from 0, less than 4. The result is a tensor of integers, or the
    memref that it lies in once values have places (`sluice-destination-passing`).

    Example:

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
    The name is one of the module's `sluice.scalars`, an array of dictionaries {name, value, help} with bounds of what `--set` takes: `least` or, where the
    bound itself is not allowed, `above`; `most` or `below`. A value of NaN is computed by the program unless it is set. The result has rank 0.
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs 0DTensorOf<[F32, F64]>:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def KeyOp : Sluice_Op<"key", [Pure]> {
  let summary = "the counter words of the step: seed (low, high), step, global micro-batch";
  let description = [{
    All randomness is keyed by these words and by what the model sees, never by where it runs. `gates` asks for the words with the
    seed of gates, which may differ from the one of dropout.
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
    Arguments are what the runtime loads for a micro-batch: integer tensors, at most four. The graph `train` returns the loss of the micro-batch that
    is differentiated, one float of rank 0. Each further result of `train` has an attribute that says what it is for: `sluice.metric = "name"`, a float of rank 0 or 1
    that is logged by this name (with `sluice.layer = "h.0"` as a detail of that layer; a metric of rank 0 called "loss" is logged in place of the first result), or
    `sluice.unclipped`, a loss of rank 0 whose gradient is added after clipping. The body ends in `sluice.return`.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region *getCallableRegion() { return &getBody(); }
  }];
}

def ReturnOp : Sluice_Op<"return", [Pure, HasParent<"GraphOp">, ReturnLike, Terminator]> {
  let summary = "the results of a graph";
  let description = "The operands' types are the graph's result types.";
  let arguments = (ins Variadic<Sluice_Tensor>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
  let hasVerifier = 1;
}

def LayerOp : Sluice_Op<"layer", [IsolatedFromAbove, AttrSizedOperandSegments,
                                  SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "the unit of layer drop, of stage assignment, of recomputation and of sharing";
  let description = [{
    Operand groups: activations, parameters, broadcast inputs (tokens, keys) and scalars (what differs between equal layers). The
    block has one argument for each operand, in this order and of the same type, and nothing is captured from above. `depth`
    counts from 1 and is at most `of`; layers outside the repeated stack have neither. The yielded types are the result types.

    A layer with a `gate` runs only where this element of the gate tensor, a float of rank 1, is above 0; the element exists. A layer that does not run is dropped: its first result
    is its first activation, of the same type, its other results, all floats, are zeros, and its parameters get no gradient. Only the graph `train` has gates. The gate is no
    argument of the block.

    ```mlir
    %y = sluice.layer "h.0" depth 1 of 6 gate %keep[0] : tensor<6xf32> (%x = %x0 : tensor<2x4xf32>) parameters(%w = %p : tensor<4xf32>) -> tensor<2x4xf32> {
      sluice.yield %x : tensor<2x4xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Sluice_Tensor>:$activations, Variadic<Sluice_Tensor>:$parameters,
                       Variadic<Sluice_Tensor>:$broadcasts, Variadic<Sluice_Tensor>:$scalars, Optional<Sluice_FloatTensor>:$gate, StrAttr:$name,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$depth, OptionalAttr<ConfinedAttr<I64Attr, [IntPositive]>>:$of,
                       OptionalAttr<ConfinedAttr<I64Attr, [IntNonNegative]>>:$gate_index);
  let results = (outs Variadic<Sluice_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The operands that the block has arguments for: all but the gate.
    ::mlir::OperandRange getInputs() { return (*this)->getOperands().drop_back(getGate() ? 1 : 0); }
  }];
  let builders = [OpBuilder<(ins "::mlir::TypeRange":$results, "::mlir::ValueRange":$activations, "::mlir::ValueRange":$parameters, "::mlir::ValueRange":$broadcasts,
                                 "::mlir::ValueRange":$scalars, "::llvm::StringRef":$name, "::mlir::IntegerAttr":$depth, "::mlir::IntegerAttr":$of), [{
    build($_builder, $_state, results, activations, parameters, broadcasts, scalars, ::mlir::Value(), $_builder.getStringAttr(name), depth, of, ::mlir::IntegerAttr());
  }]>];
}

def YieldOp : Sluice_Op<"yield", [Pure, ReturnLike, Terminator, ParentOneOf<["LayerOp"]>]> {
  let summary = "the results of a region";
  let arguments = (ins Variadic<Sluice_Tensor>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
}

#endif // SLUICE_GRAPH_OPS

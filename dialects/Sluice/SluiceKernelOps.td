//===- SluiceKernelOps.td - Destination-style ops of the lowering --*- tablegen -*-===//
#ifndef SLUICE_KERNEL_OPS
#define SLUICE_KERNEL_OPS

defvar anyShaped = AnyTypeOf<[AnyRankedTensor, AnyMemRef]>;

/// Ops with destinations, on tensors until bufferization and on memrefs after it; `sluice-decompose-blocked` turns them into loops
/// over blocks of linalg ops.
class Sluice_KernelOp<string mnemonic, list<Trait> traits = []>
    : Sluice_Op<mnemonic, !listconcat([AttrSizedOperandSegments, DestinationStyleOpInterface, MemoryEffectsOpInterface], traits)> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = "`ins` `(` $inputs `:` type($inputs) `)` `outs` `(` $outputs `:` type($outputs) `)` attr-dict (`->` type($results)^)?";
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
    void getEffects(::llvm::SmallVectorImpl<::mlir::SideEffects::EffectInstance<::mlir::MemoryEffects::Effect>> &effects) {
      ::sluice::destinationEffects(*this, effects);
    }
  }];
  dag operands = (ins Variadic<anyShaped>:$inputs, Variadic<anyShaped>:$outputs);
  let arguments = operands;
}

def GatherRowsOp : Sluice_KernelOp<"gather_rows"> {
  let summary = "ins(indices [...], table [V, C]) outs(rows [..., C]): rows by index";
}
def ScatterRowsOp : Sluice_KernelOp<"scatter_rows"> {
  let summary = "ins(rows [..., C], indices [...]) outs(table [V, C]): adds to each row of the table, once, the sum of the rows that name it, in ascending order of the flattened indices";
}
class Sluice_BlockedAttentionOp<string mnemonic> : Sluice_KernelOp<mnemonic, [ComputeTypeOpInterface]> {
  let description = "Query, key and value have one element type: that of the destinations or, where this is f32, bf16.";
  let arguments = !con(operands, (ins I64Attr:$heads, UnitAttr:$causal, I64Attr:$ordinal, Sluice_ComputeType:$compute_type));
  let hasVerifier = 1;
}
def BlockedAttentionOp : Sluice_BlockedAttentionOp<"blocked_attention"> {
  let summary = "ins(query, key, value[, random key, layer, rate]) outs(result, logsumexp): `sluice.attention`";
}
def BlockedAttentionBackwardOp : Sluice_BlockedAttentionOp<"blocked_attention_backward"> {
  let summary = "ins(gradient, query, key, value, result, logsumexp[, random key, layer, rate]) outs(dquery, dkey, dvalue)";
}
defvar inputOfCrossEntropy = "The input has the weight's element type or, where this is f32 and rounded to bf16, that one.";
class Sluice_BlockedCrossEntropyOp<string mnemonic, dag more = (ins)> : Sluice_KernelOp<mnemonic, [ComputeTypeOpInterface]> {
  let description = inputOfCrossEntropy;
  let arguments = !con(operands, more, (ins Sluice_ComputeType:$compute_type));
  let hasVerifier = 1;
}
class Sluice_BlockedCrossEntropyGradientOp<string mnemonic> : Sluice_BlockedCrossEntropyOp<mnemonic, (ins UnitAttr:$accumulate)> {
  let description = inputOfCrossEntropy # " `accumulate` adds to the contents of `dweight`, otherwise they are overwritten.";
}
def BlockedCrossEntropyOp : Sluice_BlockedCrossEntropyOp<"blocked_cross_entropy"> {
  let summary = "ins(input [..., C], weight [V, C], targets [...]) outs(loss [], logsumexp [...])";
}
def BlockedCrossEntropyBackwardOp : Sluice_BlockedCrossEntropyGradientOp<"blocked_cross_entropy_backward"> {
  let summary = "ins(gradient [], input, weight, targets, logsumexp) outs(dinput, dweight)";
}
def BlockedCrossEntropyWithGradientOp : Sluice_BlockedCrossEntropyGradientOp<"blocked_cross_entropy_with_gradient"> {
  let summary = "ins(gradient [], input, weight, targets) outs(loss [], dinput, dweight)";
}
def BlockedNewtonSchulzOp : Sluice_KernelOp<"blocked_newton_schulz"> {
  let summary = "ins(matrices [N, R, parts x C]) outs(result [N, R, parts x C]): matrices with all singular values about 1";
  let description = [{
    Each of the N x parts matrices u, [R, C], becomes x = u / (||u||_F + 1e-7) and then, five times, p(x x') x, or x p(x' x) where it has more rows than columns,
    with p(a) = 3.4445 + a (-4.7750 + 2.0315 a).
  }];
  let arguments = !con(operands, (ins ConfinedAttr<I64Attr, [IntPositive]>:$parts));
}

def BlockedStandardizationLossOp : Sluice_KernelOp<"blocked_standardization_loss"> {
  let summary = "ins(input [..., C], targets [...]) outs(loss [], mean [C], variance [C], range [4]): `sluice.standardization_loss`";
  let arguments = !con(operands, (ins UnitAttr:$averaged, F64Attr:$epsilon));
}

#endif // SLUICE_KERNEL_OPS

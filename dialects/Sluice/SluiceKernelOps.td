//===- SluiceKernelOps.td - Destination-style ops of the lowering --*- tablegen -*-===//
#ifndef SLUICE_KERNEL_OPS
#define SLUICE_KERNEL_OPS

defvar anyShaped = AnyTypeOf<[AnyRankedTensor, AnyMemRef]>;

/// The sizes of the blocks that a kernel op becomes loops over: the target's choice, so that the op keeps its meaning
/// until a target has chosen. `sizes` says what each of the `count` numbers counts.
class Sluice_Block<int count, string sizes>
    : ConfinedAttr<DenseI64ArrayAttr, [DenseArrayCount<count>, DenseArrayStrictlyPositive<DenseI64ArrayAttr>]> {
  let summary = "positive sizes of a block, as many as [" # sizes # "]";
}

/// Ops with destinations, on tensors until bufferization and on memrefs after it. A target's strategy sets `block`, and
/// `sluice-decompose-blocked` turns the op into loops over blocks of linalg ops. Attributes of the op go between its
/// operands and its block.
class Sluice_KernelOp<string mnemonic, Attr block, dag attributes = (ins), list<Trait> traits = []>
    : Sluice_Op<mnemonic, !listconcat([AttrSizedOperandSegments, DestinationStyleOpInterface,
                                       MemoryEffectsOpInterface], traits)> {
  let arguments = !con((ins Variadic<anyShaped>:$inputs, Variadic<anyShaped>:$outputs), attributes,
                       (ins OptionalAttr<block>:$block));
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $inputs `:` type($inputs) `)` `outs` `(` $outputs `:` type($outputs) `)` attr-dict
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getOutputsMutable(); }
    void getEffects(
        ::llvm::SmallVectorImpl<::mlir::SideEffects::EffectInstance<::mlir::MemoryEffects::Effect>> &effects) {
      ::sluice::destinationEffects(*this, effects);
    }
  }];
}

//===-- Rows of a table -----------------------------------------------------------===//

def GatherRowsOp : Sluice_KernelOp<"gather_rows", Sluice_Block<1, "rows of a task">> {
  let summary = "copies the rows of a table that indices name";
  let description = [{
    - Inputs: indices [...], i32, each in [0, V); a table [V, C].
    - Output: rows [..., C].
    - `block`: how many rows one task copies.

    ```mlir
    sluice.gather_rows ins(%indices, %table : memref<8x256xi32>, memref<256x384xf32>)
      outs(%rows : memref<8x256x384xf32>) {block = array<i64: 1>}
    ```
  }];
}

def ScatterRowsOp : Sluice_KernelOp<"scatter_rows", Sluice_Block<1, "columns of a task">> {
  let summary = "adds rows to the rows of a table that indices name";
  let description = [{
    - Inputs: rows [..., C]; indices [...], i32, each in [0, V).
    - Output: a table [V, C], which is added to. Each of its rows gets one term: the sum of the rows that name it, in
      ascending order of the flattened indices.
    - `block`: how many columns are one task. Tasks share columns, never rows, so that no sum depends on threads.

    ```mlir
    sluice.scatter_rows ins(%rows, %indices : memref<8x256x384xf32>, memref<8x256xi32>)
      outs(%table : memref<256x384xf32>) {block = array<i64: 64>}
    ```
  }];
}

//===-- Attention -----------------------------------------------------------------===//

class Sluice_BlockedAttentionOp<string mnemonic>
    : Sluice_KernelOp<mnemonic, Sluice_Block<1, "rows of queries and of keys">,
                      (ins I64Attr:$heads, UnitAttr:$causal, I64Attr:$ordinal, Sluice_NarrowType:$compute_type),
                      [ComputeTypeOpInterface]> {
  let hasVerifier = 1;
}

def BlockedAttentionOp : Sluice_BlockedAttentionOp<"blocked_attention"> {
  let summary = "`sluice.attention`, of which scores exist for one block at a time";
  let description = [{
    - Inputs: query, key and value [B, T, C]; with dropout also the random key, layer and rate.
    - Outputs: the result [B, T, C]; the log-sum-exp of each row of scores [B, heads, T].
    - Query, key and value have one element type: that of the outputs or, where they are rounded, the
      compute type.
    - `block`: how many queries, and how many keys, meet in a block of scores.

    ```mlir
    sluice.blocked_attention ins(%q, %k, %v : memref<8x256x384xf32>, memref<8x256x384xf32>, memref<8x256x384xf32>)
      outs(%result, %logsumexp : memref<8x256x384xf32>, memref<8x6x256xf32>)
      {causal, heads = 6, ordinal = 0, block = array<i64: 64>}
    ```
  }];
}

def BlockedAttentionBackwardOp : Sluice_BlockedAttentionOp<"blocked_attention_backward"> {
  let summary = "the gradients of `sluice.attention`, from scores that are computed again";
  let description = [{
    - Inputs: the gradient of the result, query, key, value and result [B, T, C]; the log-sum-exp [B, heads, T]; with
      dropout also the random key, layer and rate.
    - Outputs: the gradients of query, key and value [B, T, C].
    - Query, key and value have one element type: that of the outputs or, where they are rounded, the
      compute type.
    - `block`: how many queries, and how many keys, meet in a block of scores.

    ```mlir
    sluice.blocked_attention_backward ins(%g, %q, %k, %v, %result, %logsumexp : memref<2x64x16xf32>,
        memref<2x64x16xf32>, memref<2x64x16xf32>, memref<2x64x16xf32>, memref<2x64x16xf32>, memref<2x2x64xf32>)
      outs(%dq, %dk, %dv : memref<2x64x16xf32>, memref<2x64x16xf32>, memref<2x64x16xf32>)
      {causal, heads = 2, ordinal = 0, block = array<i64: 64>}
    ```
  }];
}

//===-- The output head -----------------------------------------------------------===//

class Sluice_BlockedCrossEntropyOp<string mnemonic, Attr block, dag attributes = (ins)>
    : Sluice_KernelOp<mnemonic, block, !con(attributes, (ins Sluice_ComputeType:$compute_type)),
                      [ComputeTypeOpInterface]> {
  let hasVerifier = 1;
}

defvar columnsOfLogits = Sluice_Block<1, "columns of logits">;

def BlockedCrossEntropyOp : Sluice_BlockedCrossEntropyOp<"blocked_cross_entropy", columnsOfLogits> {
  let summary = "`sluice.linear_cross_entropy`, of which logits exist for some columns at a time";
  let description = [{
    - Inputs: the input [..., C]; the weight [V, C]; targets [...], i32, of which -1 does not count.
    - Outputs: the loss []; the log-sum-exp of each row of logits [...].
    - Input and weight have the outputs' element type each or, where they are rounded, the compute type.
    - `block`: how many columns of logits, rows of the weight, are in memory at a time.

    ```mlir
    sluice.blocked_cross_entropy ins(%x, %w, %targets : memref<4x64x768xf32>, memref<50257x768xf32>, memref<4x64xi32>)
      outs(%loss, %logsumexp : memref<f32>, memref<4x64xf32>) {block = array<i64: 2048>}
    ```
  }];
}

def BlockedCrossEntropyBackwardOp
    : Sluice_BlockedCrossEntropyOp<"blocked_cross_entropy_backward", columnsOfLogits, (ins UnitAttr:$accumulate)> {
  let summary = "the gradients of `sluice.linear_cross_entropy`, from logits that are computed again";
  let description = [{
    - Inputs: the gradient of the loss []; the input [..., C]; the weight [V, C]; targets [...]; the log-sum-exp [...].
    - Outputs: the gradients of the input [..., C] and of the weight [V, C].
    - `accumulate`: the gradient of the weight is added to what is there; without it that is overwritten.
    - Input and weight have the outputs' element type each or, where they are rounded, the compute type.
    - `block`: how many columns of logits, rows of the weight, are in memory at a time.

    ```mlir
    sluice.blocked_cross_entropy_backward ins(%g, %x, %w, %targets, %logsumexp : memref<f32>, memref<256x8xf32>,
        memref<200x8xf32>, memref<256xi32>, memref<256xf32>)
      outs(%dx, %dw : memref<256x8xf32>, memref<200x8xf32>) {accumulate, block = array<i64: 200>}
    ```
  }];
}

def BlockedCrossEntropyWithGradientOp
    : Sluice_BlockedCrossEntropyOp<"blocked_cross_entropy_with_gradient",
                                   Sluice_Block<2, "rows of logits, columns of logits">, (ins UnitAttr:$accumulate)> {
  let summary = "`sluice.linear_cross_entropy` and its gradients, from logits that are computed once";
  let description = [{
    - Inputs: the gradient of the loss []; the input [..., C]; the weight [V, C]; targets [...], i32.
    - Outputs: the loss []; the gradients of the input [..., C] and of the weight [V, C].
    - `accumulate`: the gradient of the weight is added to what is there; without it that is overwritten.
    - Input and weight have the outputs' element type each or, where they are rounded, the compute type.
    - `block`: how many rows of logits are in memory at a time, with all their columns, and how many of these columns
      are computed at a time.

    ```mlir
    sluice.blocked_cross_entropy_with_gradient ins(%g, %x, %w, %targets : memref<f32>, memref<256x8xf32>,
        memref<200x8xf32>, memref<256xi32>)
      outs(%loss, %dx, %dw : memref<f32>, memref<256x8xf32>, memref<200x8xf32>) {block = array<i64: 128, 64>}
    ```
  }];
}

//===-- Muon and the standardization loss -----------------------------------------===//

def BlockedNewtonSchulzOp
    : Sluice_KernelOp<"blocked_newton_schulz", Sluice_Block<1, "matrices of a task">,
                      (ins ConfinedAttr<I64Attr, [IntPositive]>:$parts)> {
  let summary = "matrices with all singular values about 1";
  let description = [{
    Each of the N x parts matrices u, [R, C], is scaled to x = u / (||u||_F + 1e-7). Then it becomes, five times,
    p(x x') x, or x p(x' x) where it has more rows than columns. Here p(a) = 3.4445 + a (-4.7750 + 2.0315 a).

    - Input: matrices [N, R, parts x C]. Output: the same shape.
    - `block`: how many matrices one thread computes. Where these are all, they are computed one after the other, and
      threads share the products of each.

    ```mlir
    sluice.blocked_newton_schulz ins(%u : memref<6x384x1152xf32>) outs(%x : memref<6x384x1152xf32>)
      {parts = 3, block = array<i64: 18>}
    ```
  }];
}

def BlockedStandardizationLossOp
    : Sluice_KernelOp<"blocked_standardization_loss", Sluice_Block<2, "rows, columns of a task">,
                      (ins UnitAttr:$averaged, F64Attr:$epsilon)> {
  let summary = "`sluice.standardization_loss`, in one pass over its input";
  let description = [{
    - Inputs: the input [..., C]; targets [...], i32: rows whose target is -1 do not count.
    - Outputs: the loss []; mean and variance of each column [C]; the range [4]: least and greatest mean, least and
      greatest variance.
    - `block`: how many rows are read twice while they are in cache, and how many columns are one task.

    ```mlir
    sluice.blocked_standardization_loss ins(%x, %targets : memref<2x64x128xf32>, memref<2x64xi32>)
      outs(%loss, %mean, %variance, %range : memref<f32>, memref<128xf32>, memref<128xf32>, memref<4xf32>)
      {epsilon = 1.0e-06, block = array<i64: 32, 64>}
    ```
  }];
}

#endif // SLUICE_KERNEL_OPS

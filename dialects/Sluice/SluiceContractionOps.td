//===- SluiceContractionOps.td - Sums of products ------------------*- tablegen -*-===//
#ifndef SLUICE_CONTRACTION_OPS
#define SLUICE_CONTRACTION_OPS

def QuantizeOp : Sluice_Op<"quantize", [Pure, AllTypesMatch<["input", "result"]>]> {
  let summary = "rounds each element to a format";
  let description = [{
    - Operand and result: f32 of one shape. The result holds values of the format, multiplied by their scale.
    - Each element becomes the nearest value, of two that are as near the even one. What exceeds the largest finite
      value becomes that value. A NaN stays one.
    - `scaled`: rows and columns of a group, 0 for all. Rows are those of all leading dimensions. The elements of a
      group are divided by one scale before they are rounded, and multiplied after.
    - A scale is the least power of two by which the group's largest element does not exceed the format. Products and
      sums are exact in it, so that a tensor core gives the same where it multiplies the sum.

    ```mlir
    %q = sluice.quantize %x to <f8E4M3FN> scaled [1, 128] : tensor<2x4x256xf32>
    ```

    #### Invariants

    - Elements are f32.
    - The format has at most 22 mantissa bits, or is f32.
    - `scaled` has two numbers of at least 0.
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_FormatAttr:$format,
                       OptionalAttr<DenseI64ArrayAttr>:$scaled);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = "$input `to` $format (`scaled` $scaled^)? attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def LinearOp : Sluice_TensorOp<"linear", [AttrSizedOperandSegments, cost, contraction, computeType, accumulation]> {
  let summary = "product with a matrix, and a bias";
  let description = [{
    - Operands: input [..., I]; weight [I, O], or [O, I] where `transposed`; bias [O] if there is one.
    - Result: [..., O]. All have one element type.
    - `compute_type`: what input and weight are rounded to (`ComputeTypeOpInterface`).
    - `accumulation`: how products are summed, in f32 without it. The bias is added to the sum in f32.
    - `key`, `id` and `ordinal`: what sums that round stochastically draw by, all or none, and for fewer than 2^32
      elements. `key` [4] are the words of `sluice.key`, `id` [2] tells the calls of functions apart, and
      `ordinal` in [0, 2^31) the contractions of a function.
    - The contraction's key is the first two words of Philox4x32-10 with the seed as key and the counter (id[0],
      micro-batch, step, id[1]). `sluice.rounded_sum` says what is drawn by it.
    - `errors`: the input is a gradient of the loss, so that the result is one too.
    - `head`: the result is scores of the vocabulary.

    ```mlir
    %y = sluice.linear %x, %w bias %b : tensor<2x4x8xf32>, tensor<8x24xf32>, tensor<24xf32> to tensor<2x4x24xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight, Optional<Sluice_FloatTensor>:$bias,
                       Optional<Sluice_KeyTensor>:$key, Optional<Sluice_IntegerTensor>:$id, UnitAttr:$transposed,
                       UnitAttr:$errors, UnitAttr:$head, Sluice_ComputeType:$compute_type, Sluice_Sums:$accumulation,
                       OptionalAttr<I64Attr>:$ordinal);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`transposed` $transposed^)? (`errors` $errors^)? (`head` $head^)?
    (`key` $key^ `:` type($key) `id` $id `:` type($id) `ordinal` $ordinal)? attr-dict
    `:` type($input) `,` type($weight) (`,` type($bias)^)? `to` type($result)
  }];
  let builders = [OpBuilder<(ins
      "::mlir::Type":$result, "::mlir::Value":$input, "::mlir::Value":$weight, "::mlir::Value":$bias,
      "bool":$transposed, "bool":$errors, "bool":$head, "::mlir::TypeAttr":$computeType,
      "::sluice::AccumulationAttr":$accumulation), [{
    build($_builder, $_state, result, input, weight, bias, ::mlir::Value(), ::mlir::Value(), transposed, errors, head,
          computeType, accumulation, ::mlir::IntegerAttr());
  }]>];
  let hasVerifier = 1;
  let extraClassDeclaration = OnlyRounded<["Input", "Weight"]>.declaration # "bool isOfLayer() { return !getHead(); }";
}
def MatmulOp : Sluice_TensorOp<"matmul", [AttrSizedOperandSegments, cost, contraction, computeType, accumulation]> {
  let summary = "matrix product";
  let description = [{
    - Operands: A [..., M, K], or [..., K, M] where `transpose_lhs`; B [K, N] or [..., K, N] with A's leading
      dimensions. The last two of B are [N, K] where `transpose_rhs`.
    - Result: [..., M, N]. All have one element type.
    - `reduce_leading`: A and B have one rank, leading dimensions are summed over too, and the result is [M, N].
    - `compute_type`: what both operands are rounded to (`ComputeTypeOpInterface`).
    - `accumulation`: how products are summed, in f32 without it.
    - `key`, `id` and `ordinal`: as those of `sluice.linear`.
    - `errors_lhs`, `errors_rhs`: the operand is a gradient of the loss.

    ```mlir
    %dw = sluice.matmul %x, %dy transpose_lhs reduce_leading : tensor<2x4x8xf32>, tensor<2x4x24xf32> to tensor<8x24xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$lhs, Sluice_FloatTensor:$rhs, Optional<Sluice_KeyTensor>:$key,
                       Optional<Sluice_IntegerTensor>:$id, UnitAttr:$transpose_lhs, UnitAttr:$transpose_rhs,
                       UnitAttr:$reduce_leading, UnitAttr:$errors_lhs, UnitAttr:$errors_rhs,
                       Sluice_ComputeType:$compute_type, Sluice_Sums:$accumulation, OptionalAttr<I64Attr>:$ordinal);
  let results = (outs Sluice_FloatTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`transpose_lhs` $transpose_lhs^)? (`transpose_rhs` $transpose_rhs^)?
    (`reduce_leading` $reduce_leading^)? (`errors_lhs` $errors_lhs^)? (`errors_rhs` $errors_rhs^)?
    (`key` $key^ `:` type($key) `id` $id `:` type($id) `ordinal` $ordinal)? attr-dict
    `:` type($lhs) `,` type($rhs) `to` type($result)
  }];
  let builders = [OpBuilder<(ins
      "::mlir::Type":$result, "::mlir::Value":$lhs, "::mlir::Value":$rhs, "bool":$transposeLhs, "bool":$transposeRhs,
      "bool":$reduceLeading, "bool":$errorsLhs, "bool":$errorsRhs, "::mlir::TypeAttr":$computeType,
      "::sluice::AccumulationAttr":$accumulation), [{
    build($_builder, $_state, result, lhs, rhs, ::mlir::Value(), ::mlir::Value(), transposeLhs, transposeRhs,
          reduceLeading, errorsLhs, errorsRhs, computeType, accumulation, ::mlir::IntegerAttr());
  }]>];
  let hasVerifier = 1;
  let extraClassDeclaration = OnlyRounded<["Lhs", "Rhs"]>.declaration;
}

def AttentionOp : Sluice_TensorOp<"attention", [AttrSizedOperandSegments, AllTypesMatch<["query", "result"]>,
                                                AllTypesMatch<["key", "value"]>, cost, contraction, computeType]> {
  let summary = "scaled dot-product attention";
  let description = [{
    Computed over blocks with a running maximum and sum, so that the scores never exist in full (Dao et al., arXiv
    2205.14135).

    - Operands: query, key and value [B, T, heads x D], of one type.
    - Results: one of that type; the log-sum-exp of each row of scores [B, heads, T], for backward.
    - `heads` divides the width. Scores are scaled by 1/sqrt(D).
    - `causal`: position t attends to positions up to t.
    - `random`: probabilities are dropped out as by `sluice.dropout`. Their index is (head x T + row) x T + column.
      `random_key`, `layer` and `rate` are all there or none.
    - `compute_type`: what query, key, value and probabilities are rounded to (`ComputeTypeOpInterface`).

    ```mlir
    %y, %logsumexp = sluice.attention %q, %k, %v heads 2 causal
        : tensor<2x4x8xf32>, tensor<2x4x8xf32> to tensor<2x2x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$query, Sluice_FloatTensor:$key, Sluice_FloatTensor:$value,
                       Optional<Sluice_KeyTensor>:$random_key, Optional<Sluice_IntegerTensor>:$layer,
                       Optional<Sluice_RateTensor>:$rate, ConfinedAttr<I64Attr, [IntPositive]>:$heads,
                       UnitAttr:$causal, DefaultValuedAttr<I64Attr, "0">:$ordinal, Sluice_NarrowType:$compute_type);
  let results = (outs Sluice_FloatTensor:$result, Sluice_FloatTensor:$logsumexp);
  let assemblyFormat = [{
    $query `,` $key `,` $value `heads` $heads (`causal` $causal^)?
    (`random` $random_key^ `:` type($random_key) `,` $layer `:` type($layer) `rate` $rate `:` type($rate))? attr-dict
    `:` type($query) `,` type($key) `to` type($logsumexp)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = OnlyRounded<["Query", "Key", "Value"]>.declaration;
}
def AttentionBackwardOp : Sluice_Op<"attention_backward", [
    Pure, AttrSizedOperandSegments, computeType,
    AllTypesMatch<["query", "key", "value", "gradient", "result", "dquery", "dkey", "dvalue"]>]> {
  let summary = "the gradients of `sluice.attention`";
  let description = [{
    The probabilities are computed again, block by block.

    - Operands: the gradient of the result, then the forward's operands, result and log-sum-exp [B, heads, T].
    - Results: the gradients of query, key and value.
    - `random_key`, `layer` and `rate` are all there or none. Attributes are the forward's.

    ```mlir
    %dq, %dk, %dv = sluice.attention_backward %dy, %q, %k, %v, %y, %logsumexp heads 2 causal
        : tensor<2x4x8xf32>, tensor<2x2x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$query, Sluice_FloatTensor:$key,
                       Sluice_FloatTensor:$value, Sluice_FloatTensor:$result, Sluice_FloatTensor:$logsumexp,
                       Optional<Sluice_KeyTensor>:$random_key, Optional<Sluice_IntegerTensor>:$layer,
                       Optional<Sluice_RateTensor>:$rate, ConfinedAttr<I64Attr, [IntPositive]>:$heads,
                       UnitAttr:$causal, DefaultValuedAttr<I64Attr, "0">:$ordinal, Sluice_NarrowType:$compute_type);
  let results = (outs Sluice_FloatTensor:$dquery, Sluice_FloatTensor:$dkey, Sluice_FloatTensor:$dvalue);
  let assemblyFormat = [{
    $gradient `,` $query `,` $key `,` $value `,` $result `,` $logsumexp `heads` $heads (`causal` $causal^)?
    (`random` $random_key^ `:` type($random_key) `,` $layer `:` type($layer) `rate` $rate `:` type($rate))? attr-dict
    `:` type($query) `,` type($logsumexp)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = OnlyRounded<["Query", "Key", "Value"]>.declaration;
}

#endif // SLUICE_CONTRACTION_OPS

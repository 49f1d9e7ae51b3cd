//===- SluiceStateOps.td - What is rounded stochastically --------*- tablegen -*-===//
#ifndef SLUICE_STATE_OPS
#define SLUICE_STATE_OPS

include "SluiceOps.td"

/// An update whose weights and first moment are values of a format. Operands of the update come first, scalars last.
class Sluice_RoundedOp<string mnemonic, list<string> same, dag operands, dag updated>
    : Sluice_Op<"rounded_" # mnemonic, [Pure, AllTypesMatch<same>]> {
  let arguments = !con(operands, (ins Sluice_KeyTensor:$key, Sluice_IntegerTensor:$id,
                                  Variadic<Sluice_FloatTensor>:$scalars, UnitAttr:$decays, Sluice_FormatAttr:$format));
  let results = updated;
  let hasVerifier = 1;
}

def RoundedAdamWOp : Sluice_RoundedOp<"adamw",
    ["parameter", "gradient", "first", "second", "new_parameter", "new_first", "new_second"],
    (ins Sluice_FloatTensor:$parameter, Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$first,
     Sluice_FloatTensor:$second),
    (outs Sluice_FloatTensor:$new_parameter, Sluice_FloatTensor:$new_first, Sluice_FloatTensor:$new_second)> {
  let summary = "AdamW with weights and the first moment in a format of few bits";
  let description = [{
    Operands, scalars and results are those of `sluice.adamw`. With R stochastic rounding to the format (Wang et al.,
    arXiv 1812.08011) and g = clip_scale x gradient:

    - m = R(beta1 m + g'), with g' = (1 - beta1) g in f32.
    - v = beta2 v + (1 - beta2) g^2, in f32.
    - p = R(p - d). What is taken from p, its decay and the step by the new m and v, is d in f32.
    - Each R rounds the exact sum, once, as `precision::Rounder` says.
    - The random words of an element are the first two of Philox4x32-10. The key is the seed, the counter (index of the
      element, id[0], step, id[1]). Seed and step are those of `key` [4], the words of `sluice.key`.

    ```mlir
    %p1, %m1, %v1 = sluice.rounded_adamw %p, %g, %m, %v
        scalars(%rate, %beta1, %beta2, %epsilon, %decay, %c1, %c2, %clip) decays to <e6m9> key %key id %id
        : tensor<8x4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
          tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
    ```

    #### Invariants

    - Elements are f32, fewer than 2^32, and there are eight scalars.
    - `key` has 4 words, `id` 2.
    - The format has infinities and at most 21 mantissa bits.
  }];
  let assemblyFormat = [{
    $parameter `,` $gradient `,` $first `,` $second `scalars` `(` $scalars `)` (`decays` $decays^)? `to` $format
    `key` $key `id` $id attr-dict `:` type($parameter) `,` type($key) `,` type($id) `,` type($scalars)
  }];
}

def RoundedSgdOp : Sluice_RoundedOp<"sgd",
    ["parameter", "gradient", "momentum", "new_parameter", "new_momentum"],
    (ins Sluice_FloatTensor:$parameter, Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$momentum),
    (outs Sluice_FloatTensor:$new_parameter, Sluice_FloatTensor:$new_momentum)> {
  let summary = "stochastic gradient descent with weights and momentum in a format of few bits";
  let description = [{
    The three sums of Wang et al. (arXiv 1812.08011). Operands, scalars and results are those of `sluice.sgd`. With R
    stochastic rounding to the format:

    - g = R(c + weight_decay p) where `decays`, else R(c), with c = clip_scale x gradient in f32.
    - m = R(momentum m + g).
    - p = R(p - learning_rate m).
    - Each R rounds the exact sum, once, by the first three words that `sluice.rounded_adamw` describes.

    ```mlir
    %p1, %m1 = sluice.rounded_sgd %p, %g, %m scalars(%rate, %momentum, %decay, %clip) decays to <e6m9> key %key id %id
        : tensor<8x4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
    ```

    #### Invariants

    - Elements are f32, fewer than 2^32, and there are four scalars.
    - `key` has 4 words, `id` 2.
    - The format has infinities and at most 21 mantissa bits.
  }];
  let assemblyFormat = [{
    $parameter `,` $gradient `,` $momentum `scalars` `(` $scalars `)` (`decays` $decays^)? `to` $format
    `key` $key `id` $id attr-dict `:` type($parameter) `,` type($key) `,` type($id) `,` type($scalars)
  }];
}

def RoundedSumOp : Sluice_Op<"rounded_sum", [Pure]> {
  let summary = "a product added to the sum of a contraction, rounded stochastically";
  let description = [{
    The body of a contraction of linalg whose `sluice.accumulation` rounds stochastically.

    - Operands: the sum so far, two factors, and the two words of the contraction's key (`sluice.linear`).
    - The random word of product k of element e is word k mod 4 of Philox4x32-10 with that key and the counter
      (e, k div 4, 2 x ordinal + a, 0). a is 0 where the product is added, and 1 where the chunk that ends with it is
      added to the chunks before it.
    - e is the index of the element in the contraction's result, row by row. k counts the products in the order of the
      sum, from 0 on, over all chunks. So nothing that is drawn depends on how the contraction is computed, or where.

    ```mlir
    %new = sluice.rounded_sum %sum plus %a times %b key %low, %high ordinal 3
    ```

    #### Invariants

    - `ordinal` lies in [0, 2^31).
  }];
  let arguments = (ins F32:$sum, F32:$left, F32:$right, I32:$key_low, I32:$key_high, I64Attr:$ordinal);
  let results = (outs F32:$result);
  let assemblyFormat = "$sum `plus` $left `times` $right `key` $key_low `,` $key_high `ordinal` $ordinal attr-dict";
  let hasVerifier = 1;
}

#endif // SLUICE_STATE_OPS

//===- SluiceOptimizerOps.td - What an update is made of ---------*- tablegen -*-===//
#ifndef SLUICE_OPTIMIZER_OPS
#define SLUICE_OPTIMIZER_OPS

def SumOfSquaresOp : Sluice_Op<"sum_of_squares", [Pure]> {
  let summary = "the sum of the squares of all elements, as f64";
  let description = [{
    The input has any shape and any float type; the sum is computed in f64.

    ```mlir
    %sum = sluice.sum_of_squares %gradient : tensor<8x24xf32> to tensor<f64>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input);
  let results = (outs 0DTensorOf<[F64]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
}
def AdamWOp : Sluice_Op<"adamw", [
    Pure, AllTypesMatch<["parameter", "gradient", "first", "second", "new_parameter", "new_first", "new_second"]>]> {
  let summary = "AdamW (Loshchilov and Hutter, arXiv 1711.05101)";
  let description = [{
    - Operands: parameter p, gradient, first and second moment m and v, of one type; eight scalars [].
    - Scalars, in this order: learning_rate, beta1, beta2, epsilon, weight_decay, bias_correction1, bias_correction2,
      clip_scale. The bias corrections, 1 - beta^n with n the updates so far and this one, may be f64.
    - Results: the new p, m and v.

    With g = clip_scale x gradient:

    - m = beta1 m + (1 - beta1) g
    - v = beta2 v + (1 - beta2) g^2
    - p = p (1 - learning_rate x weight_decay) - learning_rate x (m / bias_correction1) / (sqrt(v / bias_correction2) +
      epsilon), with decay only where `decays`.

    ```mlir
    %p1, %m1, %v1 = sluice.adamw %p, %g, %m, %v scalars(%rate, %beta1, %beta2, %epsilon, %decay, %c1, %c2, %clip) decays
        : tensor<8x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
          tensor<f32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$parameter, Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$first,
                       Sluice_FloatTensor:$second, Variadic<Sluice_FloatTensor>:$scalars, UnitAttr:$decays);
  let results = (outs Sluice_FloatTensor:$new_parameter, Sluice_FloatTensor:$new_first, Sluice_FloatTensor:$new_second);
  let assemblyFormat = [{
    $parameter `,` $gradient `,` $first `,` $second `scalars` `(` $scalars `)` (`decays` $decays^)? attr-dict
    `:` type($parameter) `,` type($scalars)
  }];
  let hasVerifier = 1;
}
def SgdOp : Sluice_Op<"sgd", [
    Pure, AllTypesMatch<["parameter", "gradient", "momentum", "new_parameter", "new_momentum"]>]> {
  let summary = "stochastic gradient descent with momentum";
  let description = [{
    - Operands: parameter p, gradient and momentum m, of one type; four scalars [].
    - Scalars, in this order: learning_rate, momentum, weight_decay, clip_scale.
    - Results: the new p and m.
    - g = clip_scale x gradient, plus weight_decay x p where `decays`; m = momentum m + g; p = p - learning_rate m.

    ```mlir
    %p1, %m1 = sluice.sgd %p, %g, %m scalars(%rate, %momentum, %decay, %clip) decays
        : tensor<8x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$parameter, Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$momentum,
                       Variadic<Sluice_FloatTensor>:$scalars, UnitAttr:$decays);
  let results = (outs Sluice_FloatTensor:$new_parameter, Sluice_FloatTensor:$new_momentum);
  let assemblyFormat = [{
    $parameter `,` $gradient `,` $momentum `scalars` `(` $scalars `)` (`decays` $decays^)? attr-dict
    `:` type($parameter) `,` type($scalars)
  }];
  let hasVerifier = 1;
}
def MuonOp : Sluice_Op<"muon", [Pure, AttrSizedOperandSegments]> {
  let summary = "Muon (Jordan et al., 2024): momentum with orthogonal steps";
  let description = [{
    Several parameters at a time, as a small matrix alone keeps the threads of a processor busy with waiting.

    - Operands: parameters, gradients and momenta, equally many and at least one; four scalars [].
    - All tensors have one type, of rank 2, whose columns are a multiple of `parts`.
    - Scalars, in this order: learning_rate, momentum, weight_decay, clip_scale.
    - Results: the new parameters, then the new momenta.

    With g = clip_scale x gradient:

    - m = momentum m + g, and u = g + momentum m.
    - Each of `parts` equal column blocks of u, a matrix [in, out], becomes o by `sluice.blocked_newton_schulz`: about u
      with all singular values 1.
    - p = p (1 - learning_rate x weight_decay) - learning_rate x sqrt(max(1, out/in)) o, with decay only where `decays`.

    ```mlir
    %p1, %m1 = sluice.muon parameters(%p) gradients(%g) momenta(%m) scalars(%rate, %momentum, %decay, %clip)
        parts 3 decays
        : (tensor<8x24xf32>, tensor<8x24xf32>, tensor<8x24xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
        -> (tensor<8x24xf32>, tensor<8x24xf32>)
    ```
  }];
  let arguments = (ins Variadic<Sluice_FloatTensor>:$parameters, Variadic<Sluice_FloatTensor>:$gradients,
                       Variadic<Sluice_FloatTensor>:$momenta, Variadic<Sluice_FloatTensor>:$scalars,
                       ConfinedAttr<I64Attr, [IntPositive]>:$parts, UnitAttr:$decays);
  let results = (outs Variadic<Sluice_FloatTensor>:$results);
  let assemblyFormat = [{
    `parameters` `(` $parameters `)` `gradients` `(` $gradients `)` `momenta` `(` $momenta `)`
    `scalars` `(` $scalars `)` `parts` $parts (`decays` $decays^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

#endif // SLUICE_OPTIMIZER_OPS

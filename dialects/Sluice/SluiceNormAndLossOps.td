//===- SluiceNormAndLossOps.td - Normalization and loss ----------*- tablegen -*-===//
#ifndef SLUICE_NORM_AND_LOSS_OPS
#define SLUICE_NORM_AND_LOSS_OPS

def LayerNormOp : Sluice_TensorOp<"layer_norm", [AllTypesMatch<["input", "result"]>, NormOpInterface,
                                                 RepeatedInBackward, cost]> {
  let summary = "zero mean and unit variance over the last dimension, then scale and shift";
  let description = [{
    - Operands: input [..., C]; weight [C]; bias [C] if there is one.
    - Results: one of the input's type; `mean` and `rstd` [...], for backward.
    - rstd = 1/sqrt(biased variance + epsilon), the variance in two passes.
    - All have one element type, and epsilon is positive.

    ```mlir
    %y, %mean, %rstd = sluice.layer_norm %x, %w bias %b epsilon 1.0e-05
        : tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32> to tensor<2x3xf32>, tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight, Optional<Sluice_FloatTensor>:$bias,
                       F64Attr:$epsilon);
  let results = (outs Sluice_FloatTensor:$result, Sluice_FloatTensor:$mean, Sluice_FloatTensor:$rstd);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? `epsilon` $epsilon attr-dict
    `:` type($input) `,` type($weight) (`,` type($bias)^)? `to` type($mean) `,` type($rstd)
  }];
}
def LayerNormBackwardOp : Sluice_Op<"layer_norm_backward", [Pure, AllTypesMatch<["gradient", "input", "dinput"]>,
                                                            AllTypesMatch<["mean", "rstd"]>,
                                                            AllTypesMatch<["weight", "dweight", "dbias"]>,
                                                            NormBackwardOpInterface]> {
  let summary = "the gradients of `sluice.layer_norm`";
  let description = [{
    - Operands: gradient and input [..., C]; weight [C]; the forward's `mean` and `rstd` [...].
    - Results: the gradients of the input [..., C], of the weight and of the bias [C].
    - All have one element type.

    ```mlir
    %dx, %dw, %db = sluice.layer_norm_backward %dy, %x, %w, %mean, %rstd
        : tensor<2x3x4xf32>, tensor<4xf32>, tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight,
                       Sluice_FloatTensor:$mean, Sluice_FloatTensor:$rstd);
  let results = (outs Sluice_FloatTensor:$dinput, Sluice_FloatTensor:$dweight, Sluice_FloatTensor:$dbias);
  let assemblyFormat = [{
    $gradient `,` $input `,` $weight `,` $mean `,` $rstd attr-dict `:` type($input) `,` type($weight) `,` type($mean)
  }];
}

def RmsNormOp : Sluice_TensorOp<"rms_norm", [AllTypesMatch<["input", "result"]>, NormOpInterface, RepeatedInBackward,
                                             cost]> {
  let summary = "unit mean square over the last dimension, then scale (Zhang and Sennrich, arXiv 1910.07467)";
  let description = [{
    - Operands: input [..., C]; weight [C].
    - Results: input x rstd x weight, of the input's type; `rstd` [...], for backward.
    - rstd = 1/sqrt(mean(input^2) + epsilon).
    - All have one element type, and epsilon is positive.

    ```mlir
    %y, %rstd = sluice.rms_norm %x, %w epsilon 1.0e-05 : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight, F64Attr:$epsilon);
  let results = (outs Sluice_FloatTensor:$result, Sluice_FloatTensor:$rstd);
  let assemblyFormat = [{
    $input `,` $weight `epsilon` $epsilon attr-dict `:` type($input) `,` type($weight) `to` type($rstd)
  }];
}
def RmsNormBackwardOp : Sluice_Op<"rms_norm_backward", [Pure, AllTypesMatch<["gradient", "input", "dinput"]>,
                                                        AllTypesMatch<["weight", "dweight"]>,
                                                        NormBackwardOpInterface]> {
  let summary = "the gradients of `sluice.rms_norm`";
  let description = [{
    - Operands: gradient and input [..., C]; weight [C]; the forward's `rstd` [...].
    - Results: the gradients of the input [..., C] and of the weight [C].
    - All have one element type.

    ```mlir
    %dx, %dw = sluice.rms_norm_backward %dy, %x, %w, %rstd : tensor<2x3x4xf32>, tensor<4xf32>, tensor<2x3xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight,
                       Sluice_FloatTensor:$rstd);
  let results = (outs Sluice_FloatTensor:$dinput, Sluice_FloatTensor:$dweight);
  let assemblyFormat = [{
    $gradient `,` $input `,` $weight `,` $rstd attr-dict `:` type($input) `,` type($weight) `,` type($rstd)
  }];
}

def LinearCrossEntropyOp : Sluice_TensorOp<"linear_cross_entropy", [cost, contraction, computeType,
                                                                    joinsWithBackward]> {
  let summary = "mean cross-entropy of a linear head: logits, softmax and loss in one";
  let description = [{
    The logits exist for one block of the vocabulary at a time.

    - Operands: input [..., C], of rank 2 or more; weight [V, C]; targets [...], i32.
    - Results: the loss []; the log-sum-exp of each row of logits [...], for backward. All floats have one element type.
    - The loss is the mean of -log softmax(weight input)[target] over the targets that are not -1, and 0 if there is
      none.
    - `compute_type`: what input and weight are rounded to (`ComputeTypeOpInterface`).

    ```mlir
    %loss, %logsumexp = sluice.linear_cross_entropy %x, %w, %targets
        : tensor<2x4x8xf32>, tensor<16x8xf32>, tensor<2x4xi32> to tensor<f32>, tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight, Sluice_IntegerTensor:$targets,
                       Sluice_ComputeType:$compute_type);
  let results = (outs 0DTensorOf<[Sluice_Float]>:$loss, Sluice_FloatTensor:$logsumexp);
  let assemblyFormat = [{
    $input `,` $weight `,` $targets attr-dict
    `:` type($input) `,` type($weight) `,` type($targets) `to` type($loss) `,` type($logsumexp)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = OnlyRounded<["Input", "Weight"]>.declaration;
}
def LinearCrossEntropyBackwardOp : Sluice_Op<"linear_cross_entropy_backward", [
    Pure, AllTypesMatch<["input", "dinput"]>, AllTypesMatch<["weight", "dweight"]>, computeType]> {
  let summary = "the gradients of `sluice.linear_cross_entropy`";
  let description = [{
    - Operands: `gradient`, that of the loss []; then the forward's input [..., C], weight [V, C], targets [...] and
      log-sum-exp [...].
    - Results: the gradients of the input and of the weight, of their types.

    ```mlir
    %dx, %dw = sluice.linear_cross_entropy_backward %dloss, %x, %w, %targets, %logsumexp
        : tensor<f32>, tensor<2x4x8xf32>, tensor<16x8xf32>, tensor<2x4xi32>, tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight,
                       Sluice_IntegerTensor:$targets, Sluice_FloatTensor:$logsumexp, Sluice_ComputeType:$compute_type);
  let results = (outs Sluice_FloatTensor:$dinput, Sluice_FloatTensor:$dweight);
  let assemblyFormat = [{
    $gradient `,` $input `,` $weight `,` $targets `,` $logsumexp attr-dict
    `:` type($gradient) `,` type($input) `,` type($weight) `,` type($targets) `,` type($logsumexp)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = OnlyRounded<["Input", "Weight"]>.declaration;
}

def LinearCrossEntropyWithGradientOp : Sluice_Op<"linear_cross_entropy_with_gradient", [
    Pure, AllTypesMatch<["gradient", "loss"]>, AllTypesMatch<["input", "dinput"]>,
    AllTypesMatch<["weight", "dweight"]>, computeType]> {
  let summary = "`sluice.linear_cross_entropy` and its gradients, from logits that are computed once";
  let description = [{
    The logits exist for one block of rows at a time.

    - Operands: `gradient`, that of the loss []; input [..., C]; weight [V, C]; targets [...], i32.
    - Results: the loss []; the gradients of the input and of the weight, of their types.

    ```mlir
    %loss, %dx, %dw = sluice.linear_cross_entropy_with_gradient %dloss, %x, %w, %targets
        : tensor<f32>, tensor<2x4x8xf32>, tensor<16x8xf32>, tensor<2x4xi32>
    ```
  }];
  let arguments = (ins 0DTensorOf<[Sluice_Float]>:$gradient, Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight,
                       Sluice_IntegerTensor:$targets, Sluice_ComputeType:$compute_type);
  let results = (outs 0DTensorOf<[Sluice_Float]>:$loss, Sluice_FloatTensor:$dinput, Sluice_FloatTensor:$dweight);
  let assemblyFormat = [{
    $gradient `,` $input `,` $weight `,` $targets attr-dict
    `:` type($gradient) `,` type($input) `,` type($weight) `,` type($targets)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = OnlyRounded<["Input", "Weight"]>.declaration;
}

def StandardizationLossOp : Sluice_TensorOp<"standardization_loss", [AllTypesMatch<["mean", "variance"]>, cost]> {
  let summary = "how far the units are from mean 0 and variance 1 (Collins, Ballé and Shlens, arXiv 1903.00925)";
  let description = [{
    - Operands: input [..., C]; targets [...], i32. Positions whose target is -1 do not count.
    - Results: `loss` []; `mean` and biased `variance` [C] of every unit; `range` [4].
    - The loss is half the sum over units of mean^2 + variance - log(variance + epsilon) - 1. Where `averaged`, it is
      divided by C.
    - The range holds the least and largest mean, then the least and largest variance.
    - All results are 0 where no position counts. All floats have one element type, and epsilon is positive.

    ```mlir
    %loss, %mean, %variance, %range = sluice.standardization_loss %x, %targets epsilon 1.0e-06
        : tensor<2x4x8xf32>, tensor<2x4xi32> to tensor<f32>, tensor<8xf32>, tensor<4xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_IntegerTensor:$targets, UnitAttr:$averaged, F64Attr:$epsilon);
  let results = (outs 0DTensorOf<[Sluice_Float]>:$loss, Sluice_FloatTensor:$mean, Sluice_FloatTensor:$variance,
                      Sluice_FloatTensor:$range);
  let assemblyFormat = [{
    $input `,` $targets (`averaged` $averaged^)? `epsilon` $epsilon attr-dict
    `:` type($input) `,` type($targets) `to` type($loss) `,` type($mean) `,` type($range)
  }];
  let hasVerifier = 1;
}
def StandardizationLossBackwardOp : Sluice_Op<"standardization_loss_backward", [
    Pure, AllTypesMatch<["input", "dinput"]>, AllTypesMatch<["mean", "variance"]>]> {
  let summary = "the gradient of `sluice.standardization_loss` with respect to its input, through the statistics";
  let description = [{
    - Operands: `gradient`, that of the loss []; then the forward's input [..., C], targets [...], mean and variance
      [C].
    - Result: the gradient of the input, of its type. `averaged` and `epsilon` are the forward's.

    ```mlir
    %dx = sluice.standardization_loss_backward %dloss, %x, %targets, %mean, %variance epsilon 1.0e-06
        : tensor<f32>, tensor<2x4x8xf32>, tensor<2x4xi32>, tensor<8xf32>
    ```
  }];
  let arguments = (ins Sluice_FloatTensor:$gradient, Sluice_FloatTensor:$input, Sluice_IntegerTensor:$targets,
                       Sluice_FloatTensor:$mean, Sluice_FloatTensor:$variance, UnitAttr:$averaged, F64Attr:$epsilon);
  let results = (outs Sluice_FloatTensor:$dinput);
  let assemblyFormat = [{
    $gradient `,` $input `,` $targets `,` $mean `,` $variance (`averaged` $averaged^)? `epsilon` $epsilon attr-dict
    `:` type($gradient) `,` type($input) `,` type($targets) `,` type($mean)
  }];
  let hasVerifier = 1;
}

#endif // SLUICE_NORM_AND_LOSS_OPS

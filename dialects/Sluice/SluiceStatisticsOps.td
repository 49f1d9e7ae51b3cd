//===- SluiceStatisticsOps.td - What rounding and sums lose ------*- tablegen -*-===//
#ifndef SLUICE_STATISTICS_OPS
#define SLUICE_STATISTICS_OPS

// One file sees all ops: the documentation is made of it.
include "SluiceStateOps.td"

def Sluice_StatisticTensor : 1DTensorOf<[F64]>;

def CountRoundingsOp : Sluice_Op<"count_roundings", [Pure]> {
  let summary = "how many elements a `sluice.quantize` saturates, and how many underflow";
  let description = [{
    Input, format and `scaled` are those of `sluice.quantize`. The result has two counts, which are exact:

    - Saturated: elements whose magnitude, divided by the scale of their group if there is one, exceeds the largest
      finite value of the format. Infinities count, NaNs do not.
    - Underflowed: elements that are not zero and become zero.

    ```mlir
    %counts = sluice.count_roundings %x to <f8E5M2> : tensor<2x4x8xf32> to tensor<2xf64>
    ```

    #### Invariants

    - Elements are f32.
    - The format has at most 22 mantissa bits.
    - `scaled` has two numbers of at least 0.
    - The result has 2 elements.
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_FormatAttr:$format,
                       OptionalAttr<DenseI64ArrayAttr>:$scaled);
  let results = (outs Sluice_StatisticTensor:$result);
  let assemblyFormat = "$input `to` $format (`scaled` $scaled^)? attr-dict `:` type($input) `to` type($result)";
  let hasVerifier = 1;
}

def AccumulationErrorOp : Sluice_Op<"accumulation_error", [Pure]> {
  let summary = "what the sums of a product with a matrix lose, in some of its rows";
  let description = [{
    - Input, weight and `transposed` are those of a `sluice.linear` without a bias, `sums` is its result.
    - Rows are those of all leading dimensions. `rows` of them are looked at: with n rows, every floor(n / `rows`)-th
      from the first on.
    - The result has two sums over their elements, in f64: the squares of what differs from the exact sum of the
      products, and the squares of the exact sums. An exact sum is one in f64, of the operands as they are.

    ```mlir
    %error = sluice.accumulation_error %x, %w, %y rows 4
        : tensor<2x4x8xf32>, tensor<8x24xf32>, tensor<2x4x24xf32> to tensor<2xf64>
    ```

    #### Invariants

    - The weight is [I, O], or [O, I] where `transposed`, of an input [..., I] and sums [..., O].
    - Elements are f32.
    - `rows` is at least 1 and at most the rows of the input.
    - The result has 2 elements.
  }];
  let arguments = (ins Sluice_FloatTensor:$input, Sluice_FloatTensor:$weight, Sluice_FloatTensor:$sums,
                       UnitAttr:$transposed, I64Attr:$rows);
  let results = (outs Sluice_StatisticTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight `,` $sums (`transposed` $transposed^)? `rows` $rows attr-dict
    `:` type($input) `,` type($weight) `,` type($sums) `to` type($result)
  }];
  let hasVerifier = 1;
}

#endif // SLUICE_STATISTICS_OPS

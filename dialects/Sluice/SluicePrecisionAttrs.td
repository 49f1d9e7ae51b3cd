//===- SluicePrecisionAttrs.td - Formats of operands and of sums ----*- tablegen -*-===//
#ifndef SLUICE_PRECISION_ATTRS
#define SLUICE_PRECISION_ATTRS

include "SluiceDialect.td"

def Sluice_FloatFormat : AttrParameter<"::sluice::precision::FloatFormat", "a floating-point format"> {
  let parser = "::sluice::parseFloatFormat($_parser)";
  let printer = "$_printer << $_self.name()";
}

def Sluice_FormatAttr : Sluice_Attr<"Format", "format"> {
  let summary = "a floating-point format of up to 32 bits";
  let description = [{
    - `f32`, `tf32`, `bf16`, `f16`, `f8E5M2` and `f8E4M3FN` are the formats of these names.
    - `eXmY` has X exponent bits and Y mantissa bits, IEEE 754's bias, infinities and NaNs.
    - `eXmYbB` has the bias B, no infinity, and a NaN where all bits are one. HFP8's 1-4-3 is `e4m3b4`.
    - X is 1 to 8, Y 1 to 23, and every value is one of f32.

    ```mlir
    #sluice.format<e6m9>
    ```
  }];
  let parameters = (ins Sluice_FloatFormat:$value);
  let assemblyFormat = "`<` $value `>`";
}

def Sluice_Accumulation : AttrParameter<"::sluice::precision::Accumulation", "how products are summed">;

def Sluice_AccumulationAttr : Sluice_Attr<"Accumulation", "accumulation"> {
  let summary = "how the products of a contraction are summed";
  let description = [{
    Products are exact. They are added in the order of the summed index (Wang et al., arXiv 1812.08011).

    - The sum's format comes first. After each addition the sum is rounded to it, once.
    - `chunk`: as many terms are summed from zero, then added to what the chunks before them gave. 1 is no chunk.
    - `across`: the format of the sum of chunks, by default that of the sum.
    - `rounding`: `nearest`, `toward_zero` or `stochastic`, of both sums. An f32 sum of chunks is rounded to nearest.
    - `order`: `sequential`, or what a tensor core does with a block of products. `hopper_fp8` adds 32, `ada_fp8` twice
      16, `hopper_16` 16 and `ampere_16` twice 8.
    - A tensor core aligns products and sum to the largest exponent, cuts them there and adds them exactly: 13 bits
      behind the point of 8-bit operands, 25 and 24 of 16-bit ones (arXiv 2511.10909).

    #### Invariants

    - The chunk is at least 1.
    - The order of a tensor core rounds toward zero, to e8m13 for 8-bit operands and to f32 for 16-bit ones.
    - Its chunk is a multiple of the products that it adds at a time, or 1.

    ```mlir
    #sluice.accumulation<e6m9, chunk = 64>
    #sluice.accumulation<e8m13, chunk = 128, across = f32, rounding = toward_zero, order = hopper_fp8>
    ```
  }];
  let parameters = (ins Sluice_Accumulation:$value);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif // SLUICE_PRECISION_ATTRS

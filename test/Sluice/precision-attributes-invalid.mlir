// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @+2 {{expected 1 to 8 exponent bits, found 0 in 'e0m3'}}
// expected-error @+1 {{failed to parse Sluice_FormatAttr parameter 'value'}}
module attributes {sluice.a = #sluice.format<e0m3>} {}

// -----

// expected-error @below {{expected 1 to 23 mantissa bits, found 24 in 'e6m24'}}
module attributes {sluice.a = #sluice.accumulation<e6m24>} {}

// -----

// expected-error @+2 {{expected a format: f32, tf32, bf16, f16, f8E5M2, f8E4M3FN, eXmY or eXmYbB with numbers}}
// expected-error @+1 {{failed to parse Sluice_FormatAttr parameter 'value'}}
module attributes {sluice.a = #sluice.format<f64>} {}

// -----

// expected-error @below {{expected a chunk of at least 1, found 0}}
module attributes {sluice.a = #sluice.accumulation<e6m9, chunk = 0>} {}

// -----

// expected-error @below {{expected chunk, across, rounding or order, found 'chunks'}}
module attributes {sluice.a = #sluice.accumulation<e6m9, chunks = 64>} {}

// -----

// expected-error @below {{expected rounding nearest_even, toward_zero or stochastic, found 'up'}}
module attributes {sluice.a = #sluice.accumulation<e6m9, rounding = up>} {}

// -----

// expected-error @below {{order: sequential, hopper-fp8, ada-fp8, hopper-16, hopper-tf32, ampere-16, found 'volta'}}
module attributes {sluice.a = #sluice.accumulation<e6m9, order = volta>} {}

// -----

// expected-error @below {{expected sums of order 'hopper-fp8' in 'e8m13', found 'e6m9'}}
module attributes {sluice.a = #sluice.accumulation<e6m9, rounding = toward_zero, order = hopper_fp8>} {}

// -----

// expected-error @below {{expected rounding 'toward-zero' with order 'hopper-fp8', found 'nearest-even'}}
module attributes {sluice.a = #sluice.accumulation<e8m13, order = hopper_fp8>} {}

// -----

// expected-error @below {{expected a chunk that is a multiple of 32 with order 'hopper-fp8', found 48}}
module attributes {sluice.a = #sluice.accumulation<e8m13, chunk = 48, rounding = toward_zero, order = hopper_fp8>} {}

// -----

// expected-error @below {{expected a format of sums with infinities, found f8E4M3FN}}
module attributes {sluice.a = #sluice.accumulation<f8E4M3FN, chunk = 8>} {}

// -----

// expected-error @below {{expected no format across chunks, as there are none, found f32}}
module attributes {sluice.a = #sluice.accumulation<e6m9, across = f32>} {}

// -----

func.func @what_is_rounded_is_f32(%x: tensor<4xf64>) {
  // expected-error @below {{'sluice.quantize' op expected f32, found 'f64'}}
  %0 = sluice.quantize %x to <f8E5M2> : tensor<4xf64>
  return
}

// -----

func.func @a_group_has_two_sizes(%x: tensor<4x4xf32>) {
  // expected-error @below {{'sluice.quantize' op expected rows and columns of a group, of at least 0, found [2]}}
  %0 = sluice.quantize %x to <f8E5M2> scaled [2] : tensor<4x4xf32>
  return
}

// -----

func.func @a_group_has_no_negative_size(%x: tensor<4x4xf32>) {
  // expected-error @below {{'sluice.quantize' op expected rows and columns of a group, of at least 0, found [2, -1]}}
  %0 = sluice.quantize %x to <f8E5M2> scaled [2, -1] : tensor<4x4xf32>
  return
}

// -----

func.func @a_format_has_room_for_rounding(%x: tensor<4x4xf32>) {
  // expected-error @below {{'sluice.quantize' op expected a format of at most 22 mantissa bits, or f32, found e6m23}}
  %0 = sluice.quantize %x to <e6m23> : tensor<4x4xf32>
  return
}

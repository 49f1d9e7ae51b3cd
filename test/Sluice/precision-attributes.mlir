// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// Formats by name, and by their bits; a name stands for the bits that it has.
// CHECK: sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E4M3FN>, #sluice.format<e4m3b4>,
// CHECK-SAME: #sluice.format<bf16>, #sluice.format<e6m9>, #sluice.format<f16>, #sluice.format<f32>]
module attributes {sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E4M3FN>, #sluice.format<e4m3b4>,
                              #sluice.format<e8m7>, #sluice.format<e6m9>, #sluice.format<e5m10>, #sluice.format<f32>]} {

// What has its default is not written.
// CHECK-LABEL: @sums
// CHECK-SAME: a = #sluice.accumulation<e6m9, chunk = 64>
// CHECK-SAME: b = #sluice.accumulation<f32>
// CHECK-SAME: c = #sluice.accumulation<e6m9, chunk = 32, across = f32, rounding = stochastic>
// CHECK-SAME: d = #sluice.accumulation<e8m13, chunk = 128, across = f32, rounding = toward_zero, order = hopper_fp8>
// CHECK-SAME: e = #sluice.accumulation<f32, rounding = toward_zero, order = ampere_16>
func.func private @sums() attributes {
  a = #sluice.accumulation<e6m9, chunk = 64, across = e6m9, rounding = nearest_even, order = sequential>,
  b = #sluice.accumulation<f32, chunk = 1>,
  c = #sluice.accumulation<e6m9, rounding = stochastic, across = f32, chunk = 32>,
  d = #sluice.accumulation<e8m13, chunk = 128, across = f32, rounding = toward_zero, order = hopper_fp8>,
  e = #sluice.accumulation<f32, rounding = toward_zero, order = ampere_16>}
}

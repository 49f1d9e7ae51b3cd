// RUN: sluice-opt %s --split-input-file --sluice-plan-slots | FileCheck %s

// Places of slots follow from their kinds, not from the order in the module. Each starts at a multiple of 64 bytes.

// Gates lie behind the gradients, in the range that the runtime clears before a step.
// CHECK: memory = <parameter_bytes = 64, persistent_bytes = 320, frame_bytes = 128, gradient_offset = 0,
// CHECK-SAME: gradient_bytes = 192, norms_offset = 256>
// CHECK: kept @should_come_behind_results_in_a_frame : tensor<2xf32> {offset = 64
// CHECK: result @should_come_first_in_a_frame : tensor<f32> {offset = 0
// CHECK: state @should_come_behind_what_is_cleared : {{.*}}offset = 192
// CHECK: gate @should_be_cleared_with_the_gradients : tensor<6xf64> {offset = 128
// CHECK: gradient @should_come_first : {{.*}}offset = 0
// CHECK: gradient @should_come_second : {{.*}}offset = 64
module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.slot kept @should_come_behind_results_in_a_frame : tensor<2xf32>
  sluice.slot result @should_come_first_in_a_frame : tensor<f32>
  sluice.slot state @should_come_behind_what_is_cleared : tensor<4xf32> of @w {role = "exp_avg"}
  sluice.slot gate @should_be_cleared_with_the_gradients : tensor<6xf64>
  sluice.slot gradient @should_come_first : tensor<4xf32> of @w
  sluice.slot gradient @should_come_second : tensor<4xf32> of @w
}

// -----

// The runtime adds the norms as one array of doubles in the order of parameters: one without a norm leaves its place
// empty.
// CHECK: norms_offset = 0>
// CHECK: norm @should_be_the_third_double : tensor<f64> {offset = 16
// CHECK: norm @should_be_the_first_double : tensor<f64> {offset = 0
module {
  sluice.parameter @a : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.parameter @b : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.parameter @c : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.slot norm @should_be_the_third_double : tensor<f64> {role = "c"}
  sluice.slot norm @should_be_the_first_double : tensor<f64> {role = "a"}
}

// -----

// Norms of gradients that are not clipped are an array of their own.
// CHECK: persistent_bytes = 128,
// CHECK-SAME: norms_offset = 0, unclipped_norms_offset = 64>
// CHECK: norm @should_lie_in_the_first_array : tensor<f64> {offset = 8
// CHECK: norm @should_lie_in_the_second_array : tensor<f64> {offset = 72
module {
  sluice.parameter @a : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.parameter @b : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.slot norm @should_lie_in_the_first_array : tensor<f64> {role = "b"}
  sluice.slot norm @should_lie_in_the_second_array : tensor<f64> {role = "b", sluice.unclipped}
}

// -----

// A module without tensors needs no memory. Nothing has loaded the dialect of the attribute before.
// CHECK: sluice.binary = #sluice.binary<memory = <parameter_bytes = 0, persistent_bytes = 0,
module {
}

// RUN: sluice-opt %s --sluice-plan-slots | FileCheck %s
// RUN: sluice-opt %s --sluice-plan-slots --remarks-filter=memory 2>&1 | FileCheck %s --check-prefix=REMARK

// Gradients lie together from byte 0, then optimizer state, and one double a parameter. Results and what is kept lie in
// a frame.
// CHECK: memory = <parameter_bytes = 192, persistent_bytes = 256, frame_bytes = 128, gradient_offset = 0,
// CHECK-SAME: gradient_bytes = 128, norms_offset = 192>
// REMARK: PlanSlots
module {
  // CHECK: @a : tensor<17xf32> {{.*}}offset = 0
  sluice.parameter @a : tensor<17xf32> {init = #sluice.constant<0.0>}
  // CHECK: @b : tensor<3xf32> {{.*}}offset = 128
  sluice.parameter @b : tensor<3xf32> {init = #sluice.constant<0.0>}
  // CHECK: kept @x : tensor<2xf32> {offset = 64
  sluice.slot kept @x : tensor<2xf32>
  // CHECK: norm @n : tensor<f64> {offset = 200
  sluice.slot norm @n : tensor<f64> {role = "b"}
  // CHECK: gradient @g : tensor<17xf32> of @a {offset = 0
  sluice.slot gradient @g : tensor<17xf32> of @a
  // CHECK: state @s : tensor<3xf32> of @b {offset = 128
  sluice.slot state @s : tensor<3xf32> of @b {role = "exp_avg"}
  // CHECK: result @r : tensor<f32> {offset = 0
  sluice.slot result @r : tensor<f32>
}

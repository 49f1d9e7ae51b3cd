// RUN: sluice-opt %s --sluice-to-linalg | FileCheck %s
// RUN: sluice-opt %s --sluice-to-linalg --sluice-fuse-elementwise | FileCheck %s --check-prefix=FUSED

// CHECK-LABEL: @should_start_the_sum_at_the_bias
// CHECK: %[[START:.*]] = linalg.generic {{.*}} ins(%arg2 : tensor<5xf32>)
// CHECK: linalg.contract {{.*}} ins(%arg0, %arg1 {{.*}}) outs(%[[START]]
func.func private @should_start_the_sum_at_the_bias(%x: tensor<2x3x4xf32>, %w: tensor<4x5xf32>, %b: tensor<5xf32>)
    -> tensor<2x3x5xf32> {
  %y = sluice.linear %x, %w bias %b : tensor<2x3x4xf32>, tensor<4x5xf32>, tensor<5xf32> to tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}

// CHECK-LABEL: @should_sum_into_the_accumulator
// CHECK-NEXT: %[[SUM:.*]] = linalg.contract {{.*}} outs(%arg2
// CHECK-NEXT: return %[[SUM]]
func.func private @should_sum_into_the_accumulator(%x: tensor<2x3x4xf32>, %d: tensor<2x3x5xf32>,
    %old: tensor<4x5xf32> {sluice.updates = 0 : i64}) -> tensor<4x5xf32> {
  %g = sluice.matmul %x, %d transpose_lhs reduce_leading : tensor<2x3x4xf32>, tensor<2x3x5xf32> to tensor<4x5xf32>
  %s = sluice.add %old, %g : tensor<4x5xf32>, tensor<4x5xf32>
  return %s : tensor<4x5xf32>
}

// An argument that is not updated in place is no accumulator.
// CHECK-LABEL: @should_add_to_a_plain_argument
// CHECK: linalg.fill
// CHECK: linalg.contract
// CHECK: arith.addf
func.func private @should_add_to_a_plain_argument(%x: tensor<3x4xf32>, %d: tensor<3x5xf32>, %old: tensor<4x5xf32>)
    -> tensor<4x5xf32> {
  %g = sluice.matmul %x, %d transpose_lhs : tensor<3x4xf32>, tensor<3x5xf32> to tensor<4x5xf32>
  %s = sluice.add %old, %g : tensor<4x5xf32>, tensor<4x5xf32>
  return %s : tensor<4x5xf32>
}

// Blocked ops keep their names and get destinations.
// CHECK-LABEL: @should_give_attention_destinations
// CHECK: sluice.blocked_attention ins(%arg0, %arg0, %arg0 {{.*}}) outs({{.*}}) {causal, {{.*}}heads = 2
func.func private @should_give_attention_destinations(%q: tensor<1x2x4xf32>) -> tensor<1x2x4xf32> {
  %y, %l = sluice.attention %q, %q, %q heads 2 causal : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x2x2xf32>
  return %y : tensor<1x2x4xf32>
}

// CHECK-LABEL: @should_accumulate_the_gradient_of_a_head
// CHECK: sluice.blocked_cross_entropy_backward {{.*}} outs(%{{.*}}, %arg5 : {{.*}}) {accumulate}
func.func private @should_accumulate_the_gradient_of_a_head(%g: tensor<f32>, %x: tensor<3x4xf32>, %w: tensor<5x4xf32>,
    %t: tensor<3xi32>, %l: tensor<3xf32>, %old: tensor<5x4xf32> {sluice.updates = 1 : i64})
    -> (tensor<3x4xf32>, tensor<5x4xf32>) {
  %dx, %dw = sluice.linear_cross_entropy_backward %g, %x, %w, %t, %l
      : tensor<f32>, tensor<3x4xf32>, tensor<5x4xf32>, tensor<3xi32>, tensor<3xf32>
  %s = sluice.add %old, %dw : tensor<5x4xf32>, tensor<5x4xf32>
  return %dx, %s : tensor<3x4xf32>, tensor<5x4xf32>
}

// The variance takes a second pass over the row.
// CHECK-LABEL: @should_subtract_the_mean_before_squaring
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: %[[D:.*]] = arith.subf
// CHECK: arith.mulf %[[D]], %[[D]]
func.func private @should_subtract_the_mean_before_squaring(%x: tensor<3x4xf32>, %w: tensor<4xf32>) -> tensor<3x4xf32> {
  %y, %m, %r = sluice.layer_norm %x, %w epsilon 1.0e-05 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>, tensor<3xf32>
  return %y : tensor<3x4xf32>
}

// CHECK-LABEL: @should_square_without_a_mean
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK-NOT: arith.subf
// CHECK: arith.mulf %[[X:.*]], %[[X]]
// CHECK: math.sqrt
// CHECK-NOT: arith.subf
// CHECK: return
func.func private @should_square_without_a_mean(%x: tensor<3x4xf32>, %w: tensor<4xf32>) -> tensor<3x4xf32> {
  %y, %r = sluice.rms_norm %x, %w epsilon 1.0e-05 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
  return %y : tensor<3x4xf32>
}

// Divisions once a unit: they stay out of the loop over elements, which fuses with the gradient of the unit's other
// use.
// CHECK-LABEL: @should_divide_once_a_unit
// CHECK: %[[UNITS:.*]]:2 = linalg.generic
// CHECK: arith.divf
// CHECK: linalg.generic {{.*}}%[[UNITS]]#0, %[[UNITS]]#1
// CHECK-NOT: arith.divf
// CHECK: return
// FUSED-LABEL: @should_divide_once_a_unit
// FUSED: linalg.generic
// FUSED: linalg.generic
// FUSED: arith.divf
// FUSED: linalg.generic
// FUSED: arith.select
// FUSED: math.erf
// FUSED-NOT: linalg.generic
// FUSED: return
func.func private @should_divide_once_a_unit(%g: tensor<f32>, %x: tensor<6x4xf32>, %t: tensor<6xi32>, %m: tensor<4xf32>,
    %v: tensor<4xf32>, %dy: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %dx = sluice.standardization_loss_backward %g, %x, %t, %m, %v epsilon 1.0e-06
      : tensor<f32>, tensor<6x4xf32>, tensor<6xi32>, tensor<4xf32>
  %dz = sluice.gelu_backward erf %dy, %x : tensor<6x4xf32>
  %sum = sluice.add %dz, %dx : tensor<6x4xf32>, tensor<6x4xf32>
  return %sum : tensor<6x4xf32>
}

// One formula gives value and derivative; what only the other needs is not computed.
// CHECK-LABEL: @should_compute_the_value_alone
// CHECK: math.erf
// CHECK-NOT: math.exp
// CHECK: linalg.yield
func.func private @should_compute_the_value_alone(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %y = sluice.gelu erf %x : tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// CHECK-LABEL: @should_compute_the_derivative_alone
// CHECK: math.erf
// CHECK: %[[HALF:.*]] = arith.mulf
// CHECK-NEXT: arith.constant -5.000000e-01
// CHECK: math.exp
// CHECK: %[[DERIVATIVE:.*]] = arith.addf %[[HALF]]
// CHECK-NEXT: %[[DX:.*]] = arith.mulf %{{.*}}, %[[DERIVATIVE]]
// CHECK-NEXT: linalg.yield %[[DX]] : f32
func.func private @should_compute_the_derivative_alone(%dy: tensor<6x4xf32>, %x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %dx = sluice.gelu_backward erf %dy, %x : tensor<6x4xf32>
  return %dx : tensor<6x4xf32>
}

// CHECK-LABEL: @should_share_what_both_need
// CHECK-COUNT-1: math.erf
// CHECK-NOT: math.erf
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f32, f32
func.func private @should_share_what_both_need(%dy: tensor<6x4xf32>, %x: tensor<6x4xf32>)
    -> (tensor<6x4xf32>, tensor<6x4xf32>) {
  %y, %dx = sluice.gelu_with_gradient erf %dy, %x : tensor<6x4xf32>
  return %y, %dx : tensor<6x4xf32>, tensor<6x4xf32>
}

// Momenta become the matrices of one stack in place; the step of 4 x 8 outputs is longer by the root of 2.
// CHECK-LABEL: @should_stack_the_matrices_of_muon
// CHECK: %[[STACK:.*]] = tensor.empty() : tensor<2x4x16xf32>
// CHECK: %[[PLACE:.*]] = tensor.extract_slice %[[STACK]][0, 0, 0]
// CHECK: linalg.generic {{.*}} ins(%arg2, {{.*}}) outs(%arg4, %[[PLACE]]
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice {{.*}}[1, 0, 0]
// CHECK: sluice.blocked_newton_schulz {{.*}} {parts = 2 : i64}
// CHECK: linalg.generic {{.*}} ins(%{{[^,]*}}, %arg6, %arg6, %arg0 :
// CHECK: arith.constant 1.41421354
// CHECK: linalg.generic {{.*}} ins(%{{[^,]*}}, %arg6, %arg6, %arg1 :
func.func private @should_stack_the_matrices_of_muon(%p0: tensor<4x16xf32>, %p1: tensor<4x16xf32>,
    %g0: tensor<4x16xf32>, %g1: tensor<4x16xf32>, %m0: tensor<4x16xf32>, %m1: tensor<4x16xf32>, %s: tensor<f32>)
    -> (tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>) {
  %0:4 = sluice.muon parameters(%p0, %p1) gradients(%g0, %g1) momenta(%m0, %m1) scalars(%s, %s, %s, %s) parts 2 decays
      : (tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>,
      tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>)
  return %0#0, %0#1, %0#2, %0#3 : tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>, tensor<4x16xf32>
}

// What operands are rounded to goes with the contraction, or with the op that becomes several.
// CHECK-LABEL: @should_keep_the_compute_type
// CHECK: linalg.contract {{.*}} {sluice.compute_type = bf16}
// CHECK: linalg.contract {{.*}} {sluice.compute_type = bf16}
// CHECK: sluice.blocked_attention {{.*}}compute_type = bf16
// CHECK: sluice.blocked_attention_backward {{.*}}compute_type = bf16
// CHECK: sluice.blocked_cross_entropy {{.*}} {compute_type = bf16}
// CHECK: sluice.blocked_cross_entropy_backward {{.*}} {compute_type = bf16}
func.func private @should_keep_the_compute_type(%x: tensor<1x2x4xf32>, %w: tensor<4x4xf32>, %t: tensor<1x2xi32>,
    %g: tensor<f32>)
    -> (tensor<1x2x4xf32>, tensor<4x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<f32>, tensor<4x4xf32>) {
  %y = sluice.linear %x, %w {compute_type = bf16} : tensor<1x2x4xf32>, tensor<4x4xf32> to tensor<1x2x4xf32>
  %m = sluice.matmul %w, %w {compute_type = bf16} : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
  %a, %l = sluice.attention %x, %x, %x heads 2 {compute_type = bf16}
      : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x2x2xf32>
  %dq, %dk, %dv = sluice.attention_backward %x, %x, %x, %x, %a, %l heads 2 {compute_type = bf16}
      : tensor<1x2x4xf32>, tensor<1x2x2xf32>
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t {compute_type = bf16}
      : tensor<1x2x4xf32>, tensor<4x4xf32>, tensor<1x2xi32> to tensor<f32>, tensor<1x2xf32>
  %dx, %dw = sluice.linear_cross_entropy_backward %g, %x, %w, %t, %lse {compute_type = bf16}
      : tensor<f32>, tensor<1x2x4xf32>, tensor<4x4xf32>, tensor<1x2xi32>, tensor<1x2xf32>
  return %y, %m, %a, %dq, %loss, %dw
      : tensor<1x2x4xf32>, tensor<4x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<f32>, tensor<4x4xf32>
}

// Where an op and its gradient stay apart: the other block, another operand, another input.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-join-forward-backward))" \
// RUN:   | FileCheck %s --implicit-check-not=with_gradient

// Backward that may not run computes nothing for forward, which does.
// CHECK-LABEL: @should_not_join_across_a_branch
// CHECK: %[[Y:.*]] = sluice.silu %arg1
// CHECK: scf.if
// CHECK: sluice.silu_backward %arg0, %arg1
func.func @should_not_join_across_a_branch(%dy: tensor<4xf32>, %x: tensor<4xf32>, %c: i1)
    -> (tensor<4xf32>, tensor<4xf32>) {
  %y = sluice.silu %x : tensor<4xf32>
  %dx = scf.if %c -> tensor<4xf32> {
    %d = sluice.silu_backward %dy, %x : tensor<4xf32>
    scf.yield %d : tensor<4xf32>
  } else {
    scf.yield %dy : tensor<4xf32>
  }
  return %y, %dx : tensor<4xf32>, tensor<4xf32>
}

// The input is the gradient of this backward, and something else its input.
// CHECK-LABEL: @should_not_join_the_gradient_of_another_input
// CHECK: sluice.quick_gelu %arg1
// CHECK: sluice.quick_gelu_backward %arg1, %arg0
func.func @should_not_join_the_gradient_of_another_input(%dy: tensor<4xf32>, %x: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>) {
  %y = sluice.quick_gelu %x : tensor<4xf32>
  %dx = sluice.quick_gelu_backward %x, %dy : tensor<4xf32>
  return %y, %dx : tensor<4xf32>, tensor<4xf32>
}

// The gradient of the loss comes from a branch that reads the loss.
// CHECK-LABEL: @should_not_join_where_a_region_reads_the_result
// CHECK: %[[Y:.*]] = sluice.relu %arg0
// CHECK: scf.if
// CHECK: sluice.relu_backward
func.func @should_not_join_where_a_region_reads_the_result(%x: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %y = sluice.relu %x : tensor<4xf32>
  %dy = scf.if %c -> tensor<4xf32> {
    %t = sluice.scale %y by 2.0 : tensor<4xf32>
    scf.yield %t : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  %dx = sluice.relu_backward %dy, %x : tensor<4xf32>
  return %dx : tensor<4xf32>
}

// The log-sum-exp fits the input of one head alone, and the gradient is that of another.
// CHECK-LABEL: @should_not_join_the_gradient_of_another_head
// CHECK: sluice.linear_cross_entropy %
// CHECK: sluice.linear_cross_entropy_backward
func.func @should_not_join_the_gradient_of_another_head(%dy: tensor<f32>, %x: tensor<3x4xf32>, %w: tensor<7x4xf32>,
    %v: tensor<7x4xf32>, %t: tensor<3xi32>) -> (tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>) {
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %dx, %dw = sluice.linear_cross_entropy_backward %dy, %x, %v, %t, %lse
      : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>, tensor<3xf32>
  return %loss, %dx, %dw : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>
}

// An activation that is not differentiated here, and a gradient whose forward stands elsewhere.
// CHECK-LABEL: @should_leave_what_is_alone
// CHECK: sluice.gelu erf %arg0
// CHECK: sluice.relu_backward %{{.*}}, %arg1
func.func @should_leave_what_is_alone(%x: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  %y = sluice.gelu erf %x : tensor<4xf32>
  %dx = sluice.relu_backward %y, %z : tensor<4xf32>
  return %dx : tensor<4xf32>
}

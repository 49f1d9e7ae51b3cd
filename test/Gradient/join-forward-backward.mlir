// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-join-forward-backward))" | FileCheck %s
// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-join-forward-backward))" --verify-each \
// RUN:   | sluice-opt | FileCheck %s

// What uses the loss goes behind the joined op, which stands where the gradient of the loss is known.
// CHECK-LABEL: @should_compute_logits_once
// CHECK-NEXT: %[[G:.*]] = sluice.scale %arg0 by 2
// CHECK-NEXT: %[[LOSS:.*]], %[[DX:.*]], %[[DW:.*]] = sluice.linear_cross_entropy_with_gradient %[[G]], %arg1, %arg2,
// CHECK-SAME: {{^}} %arg3
// CHECK-NEXT: %[[SUM:.*]] = sluice.add %[[LOSS]], %arg0
// CHECK-NEXT: return %[[SUM]], %[[DX]], %[[DW]]
func.func @should_compute_logits_once(%dy: tensor<f32>, %x: tensor<3x4xf32>, %w: tensor<7x4xf32>, %t: tensor<3xi32>)
    -> (tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>) {
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %sum = sluice.add %loss, %dy : tensor<f32>, tensor<f32>
  %g = sluice.scale %dy by 2.0 : tensor<f32>
  %dx, %dw = sluice.linear_cross_entropy_backward %g, %x, %w, %t, %lse
      : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>, tensor<3xf32>
  return %sum, %dx, %dw : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>
}

// CHECK-LABEL: @should_share_the_tanh
// CHECK-NEXT: %[[G:.*]] = sluice.scale
// CHECK-NEXT: %[[Y:.*]], %[[DX:.*]] = sluice.gelu_with_gradient tanh %[[G]], %arg1
// CHECK-NEXT: %[[P:.*]] = sluice.mul %[[Y]], %arg0
// CHECK-NEXT: return %[[P]], %[[DX]]
func.func @should_share_the_tanh(%dy: tensor<3x4xf32>, %x: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %y = sluice.gelu tanh %x : tensor<3x4xf32>
  %p = sluice.mul %y, %dy : tensor<3x4xf32>, tensor<3x4xf32>
  %g = sluice.scale %dy by 2.0 : tensor<3x4xf32>
  %dx = sluice.gelu_backward tanh %g, %x : tensor<3x4xf32>
  return %p, %dx : tensor<3x4xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: @should_not_join_a_function_of_the_loss
// CHECK: sluice.linear_cross_entropy %
// CHECK: sluice.linear_cross_entropy_backward
func.func @should_not_join_a_function_of_the_loss(%x: tensor<3x4xf32>, %w: tensor<7x4xf32>, %t: tensor<3xi32>)
    -> (tensor<3x4xf32>, tensor<7x4xf32>) {
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %twice = sluice.scale %loss by 2.0 : tensor<f32>
  %dx, %dw = sluice.linear_cross_entropy_backward %twice, %x, %w, %t, %lse
      : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>, tensor<3xf32>
  return %dx, %dw : tensor<3x4xf32>, tensor<7x4xf32>
}

// CHECK-LABEL: @should_not_join_where_the_logsumexp_is_wanted
// CHECK: sluice.linear_cross_entropy %
// CHECK: sluice.linear_cross_entropy_backward
func.func @should_not_join_where_the_logsumexp_is_wanted(%dy: tensor<f32>, %x: tensor<3x4xf32>, %w: tensor<7x4xf32>,
    %t: tensor<3xi32>) -> (tensor<f32>, tensor<3xf32>, tensor<3x4xf32>, tensor<7x4xf32>) {
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %dx, %dw = sluice.linear_cross_entropy_backward %dy, %x, %w, %t, %lse
      : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>, tensor<3xf32>
  return %loss, %lse, %dx, %dw : tensor<f32>, tensor<3xf32>, tensor<3x4xf32>, tensor<7x4xf32>
}

// CHECK-LABEL: @should_not_join_what_its_gradient_needs
// CHECK: sluice.gelu erf
// CHECK: sluice.gelu_backward erf
func.func @should_not_join_what_its_gradient_needs(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %y = sluice.gelu erf %x : tensor<3x4xf32>
  %g = sluice.scale %y by 2.0 : tensor<3x4xf32>
  %dx = sluice.gelu_backward erf %g, %x : tensor<3x4xf32>
  return %dx : tensor<3x4xf32>
}

// CHECK-LABEL: @should_join_what_has_no_form
// CHECK-NEXT: %[[Y:.*]], %[[DX:.*]] = sluice.relu_with_gradient %arg0, %arg1 : tensor<3x4xf32>
// CHECK-NEXT: return %[[Y]], %[[DX]]
func.func @should_join_what_has_no_form(%dy: tensor<3x4xf32>, %x: tensor<3x4xf32>)
    -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %y = sluice.relu %x : tensor<3x4xf32>
  %dx = sluice.relu_backward %dy, %x : tensor<3x4xf32>
  return %y, %dx : tensor<3x4xf32>, tensor<3x4xf32>
}

// CHECK-LABEL: @should_not_join_another_form
// CHECK: sluice.gelu tanh
// CHECK: sluice.gelu_backward erf
func.func @should_not_join_another_form(%dy: tensor<3x4xf32>, %x: tensor<3x4xf32>)
    -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %y = sluice.gelu tanh %x : tensor<3x4xf32>
  %dx = sluice.gelu_backward erf %dy, %x : tensor<3x4xf32>
  return %y, %dx : tensor<3x4xf32>, tensor<3x4xf32>
}

// The gradient of the first use comes from the result itself, that of the second does not.
// CHECK-LABEL: @should_join_the_backward_that_can
// CHECK-NEXT: %[[Y:.*]], %[[B:.*]] = sluice.gelu_with_gradient tanh %arg0, %arg1
// CHECK-NEXT: %[[A:.*]] = sluice.gelu_backward tanh %[[Y]], %arg1
// CHECK-NEXT: return %[[A]], %[[B]]
func.func @should_join_the_backward_that_can(%dy: tensor<3x4xf32>, %x: tensor<3x4xf32>)
    -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %y = sluice.gelu tanh %x : tensor<3x4xf32>
  %a = sluice.gelu_backward tanh %y, %x : tensor<3x4xf32>
  %b = sluice.gelu_backward tanh %dy, %x : tensor<3x4xf32>
  return %a, %b : tensor<3x4xf32>, tensor<3x4xf32>
}

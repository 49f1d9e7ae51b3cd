// Sums, products, draws and activations, as they are written and read again.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// A bias is broadcast over the leading dimensions, and a scalar over all of them.
// CHECK-LABEL: func.func @should_broadcast_the_right_side
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf32>, %[[B:.*]]: tensor<4xf32>, %[[S:.*]]: tensor<f32>)
// CHECK-NEXT: %[[SUM:.*]] = sluice.add %[[X]], %[[B]] : tensor<2x4xf32>, tensor<4xf32>
// CHECK-NEXT: %[[PRODUCT:.*]] = sluice.mul %[[SUM]], %[[S]] : tensor<2x4xf32>, tensor<f32>
// CHECK-NEXT: %[[HALF:.*]] = sluice.scale %[[PRODUCT]] by 5.000000e-01 : tensor<2x4xf32>
// CHECK-NEXT: %[[BRANCH:.*]] = sluice.add %[[X]], %[[HALF]] residual : tensor<2x4xf32>, tensor<2x4xf32>
// CHECK-NEXT: return %[[BRANCH]]
func.func @should_broadcast_the_right_side(%x: tensor<2x4xf32>, %b: tensor<4xf32>, %s: tensor<f32>)
    -> tensor<2x4xf32> {
  %sum = sluice.add %x, %b : tensor<2x4xf32>, tensor<4xf32>
  %product = sluice.mul %sum, %s : tensor<2x4xf32>, tensor<f32>
  %half = sluice.scale %product by 0.5 : tensor<2x4xf32>
  %branch = sluice.add %x, %half residual : tensor<2x4xf32>, tensor<2x4xf32>
  return %branch : tensor<2x4xf32>
}

// A mask is keyed by words of the step, the layer's number and the ordinal of the dropout in it.
// CHECK-LABEL: func.func @should_key_what_is_drawn
// CHECK-SAME: (%[[X:.*]]: tensor<2x4xf32>, %[[K:.*]]: tensor<4xi32>, %[[L:.*]]: tensor<1xi32>, %[[R:.*]]: tensor<f64>
// CHECK-SAME: %[[P:[a-z0-9]*]]: tensor<3xf64>)
// CHECK-NEXT: sluice.dropout %[[X]], %[[K]], %[[L]] rate %[[R]] ordinal 255
// CHECK-SAME: : tensor<2x4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
// CHECK-NEXT: sluice.bernoulli %[[K]], %[[P]] : tensor<4xi32>, tensor<3xf64>
// CHECK-NEXT: %[[KEEP:.*]] = sluice.bernoulli step %[[K]], %[[P]] : tensor<4xi32>, tensor<3xf64>
// CHECK-NEXT: sluice.element %[[KEEP]][%[[L]]] : tensor<3xf64>, tensor<1xi32> to tensor<f64>
func.func @should_key_what_is_drawn(%x: tensor<2x4xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>, %r: tensor<f64>,
                                    %p: tensor<3xf64>) {
  %d = sluice.dropout %x, %k, %l rate %r ordinal 255 : tensor<2x4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  %each = sluice.bernoulli %k, %p : tensor<4xi32>, tensor<3xf64>
  %keep = sluice.bernoulli step %k, %p : tensor<4xi32>, tensor<3xf64>
  %e = sluice.element %keep[%l] : tensor<3xf64>, tensor<1xi32> to tensor<f64>
  return
}

// Each activation is three ops. Only one with several forms names its form.
// CHECK-LABEL: func.func @should_have_three_ops_an_activation
// CHECK-SAME: (%[[DY:.*]]: tensor<2x4xf32>, %[[X:.*]]: tensor<2x4xf32>)
// CHECK-NEXT: sluice.gelu erf %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.gelu_backward erf %[[DY]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: %{{.*}}, %{{.*}} = sluice.gelu_with_gradient tanh %[[DY]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.relu %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.relu_backward %[[DY]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.relu_with_gradient %[[DY]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.silu %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.silu_backward %[[DY]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.silu_with_gradient %[[DY]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.quick_gelu %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.quick_gelu_backward %[[DY]], %[[X]] : tensor<2x4xf32>
// CHECK-NEXT: sluice.quick_gelu_with_gradient %[[DY]], %[[X]] : tensor<2x4xf32>
func.func @should_have_three_ops_an_activation(%dy: tensor<2x4xf32>, %x: tensor<2x4xf32>) {
  %0 = sluice.gelu erf %x : tensor<2x4xf32>
  %1 = sluice.gelu_backward erf %dy, %x : tensor<2x4xf32>
  %2, %3 = sluice.gelu_with_gradient tanh %dy, %x : tensor<2x4xf32>
  %4 = sluice.relu %x : tensor<2x4xf32>
  %5 = sluice.relu_backward %dy, %x : tensor<2x4xf32>
  %6, %7 = sluice.relu_with_gradient %dy, %x : tensor<2x4xf32>
  %8 = sluice.silu %x : tensor<2x4xf32>
  %9 = sluice.silu_backward %dy, %x : tensor<2x4xf32>
  %10, %11 = sluice.silu_with_gradient %dy, %x : tensor<2x4xf32>
  %12 = sluice.quick_gelu %x : tensor<2x4xf32>
  %13 = sluice.quick_gelu_backward %dy, %x : tensor<2x4xf32>
  %14, %15 = sluice.quick_gelu_with_gradient %dy, %x : tensor<2x4xf32>
  return
}

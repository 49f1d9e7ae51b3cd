// Norms, the standardization loss and optimizers, as they are written and read again.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK-LABEL: func.func @should_norm_with_or_without_a_bias
// CHECK-NEXT: %{{.*}}, %[[M:.*]], %[[R:.*]] = sluice.layer_norm %arg0, %arg1 epsilon 1.250000e-01
// CHECK-SAME: : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: sluice.layer_norm %arg0, %arg1 bias %arg1 epsilon 1.250000e-01
// CHECK-SAME: : tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32> to tensor<3xf32>, tensor<3xf32>
// CHECK-NEXT: sluice.layer_norm_backward %arg0, %arg0, %arg1, %[[M]], %[[R]]
// CHECK-SAME: : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32>
// CHECK-NEXT: %{{.*}}, %[[RMS:.*]] = sluice.rms_norm %arg0, %arg1 epsilon 1.250000e-01
// CHECK-SAME: : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
// CHECK-NEXT: sluice.rms_norm_backward %arg0, %arg0, %arg1, %[[RMS]] : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32>
func.func @should_norm_with_or_without_a_bias(%x: tensor<3x4xf32>, %w: tensor<4xf32>) {
  %y, %m, %r = sluice.layer_norm %x, %w epsilon 0.125 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>, tensor<3xf32>
  %0:3 = sluice.layer_norm %x, %w bias %w epsilon 0.125
      : tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32> to tensor<3xf32>, tensor<3xf32>
  %1:3 = sluice.layer_norm_backward %x, %x, %w, %m, %r : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32>
  %z, %rms = sluice.rms_norm %x, %w epsilon 0.125 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
  %2:2 = sluice.rms_norm_backward %x, %x, %w, %rms : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32>
  return
}

// CHECK-LABEL: func.func @should_measure_units
// CHECK-NEXT: %[[L:.*]], %[[M:.*]], %[[V:.*]], %{{.*}} = sluice.standardization_loss %arg0, %arg1 epsilon 1.250000e-01
// CHECK-SAME: : tensor<3x4xf32>, tensor<3xi32> to tensor<f32>, tensor<4xf32>, tensor<4xf32>
// CHECK-NEXT: sluice.standardization_loss %arg0, %arg1 averaged epsilon 1.250000e-01
// CHECK-NEXT: sluice.standardization_loss_backward %[[L]], %arg0, %arg1, %[[M]], %[[V]] averaged epsilon 1.250000e-01
// CHECK-SAME: : tensor<f32>, tensor<3x4xf32>, tensor<3xi32>, tensor<4xf32>
func.func @should_measure_units(%x: tensor<3x4xf32>, %t: tensor<3xi32>) {
  %l, %m, %v, %range = sluice.standardization_loss %x, %t epsilon 0.125
      : tensor<3x4xf32>, tensor<3xi32> to tensor<f32>, tensor<4xf32>, tensor<4xf32>
  %0:4 = sluice.standardization_loss %x, %t averaged epsilon 0.125
      : tensor<3x4xf32>, tensor<3xi32> to tensor<f32>, tensor<4xf32>, tensor<4xf32>
  %1 = sluice.standardization_loss_backward %l, %x, %t, %m, %v averaged epsilon 0.125
      : tensor<f32>, tensor<3x4xf32>, tensor<3xi32>, tensor<4xf32>
  return
}

// Muon takes several matrices at a time, and each may be several side by side.
// CHECK-LABEL: func.func @should_update
// CHECK-NEXT: sluice.sum_of_squares %arg0 : tensor<4x8xf32> to tensor<f64>
// CHECK-NEXT: sluice.adamw %arg0, %arg0, %arg0, %arg0
// CHECK-SAME: scalars(%arg1, %arg1, %arg1, %arg1, %arg1, %arg1, %arg1, %arg1) decays : tensor<4x8xf32>, tensor<f32>,
// CHECK-NEXT: sluice.sgd %arg0, %arg0, %arg0 scalars(%arg1, %arg1, %arg1, %arg1) : tensor<4x8xf32>, tensor<f32>,
// CHECK-NEXT: %{{.*}}:4 = sluice.muon parameters(%arg0, %arg0) gradients(%arg0, %arg0) momenta(%arg0, %arg0)
// CHECK-SAME: scalars(%arg1, %arg1, %arg1, %arg1) parts 2 decays
func.func @should_update(%p: tensor<4x8xf32>, %s: tensor<f32>) {
  %square = sluice.sum_of_squares %p : tensor<4x8xf32> to tensor<f64>
  %0:3 = sluice.adamw %p, %p, %p, %p scalars(%s, %s, %s, %s, %s, %s, %s, %s) decays : tensor<4x8xf32>, tensor<f32>,
      tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  %1:2 = sluice.sgd %p, %p, %p scalars(%s, %s, %s, %s)
      : tensor<4x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  %2:4 = sluice.muon parameters(%p, %p) gradients(%p, %p) momenta(%p, %p) scalars(%s, %s, %s, %s) parts 2 decays
      : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>,
         tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
  return
}

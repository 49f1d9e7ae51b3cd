// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate, \
// RUN:   sluice-insert-optimizer)" \
// RUN:   | FileCheck %s --check-prefix=UPDATE

// A loss that is not clipped is differentiated by itself: the same functions, other seeds, gradients of its own.
// CHECK: sluice.slot gradient @gradient.w : tensor<7x4xf32> of @w{{$}}
// CHECK: sluice.slot gradient @unclipped_gradient.w : tensor<7x4xf32> of @w {sluice.unclipped}
sluice.parameter @w : tensor<7x4xf32> {init = #sluice.normal<1.0>}

// CHECK: func.func @train.backward()
// CHECK-DAG: %[[SEED:.*]] = sluice.scalar "loss_gradient"
// CHECK-DAG: %[[NONE:.*]] = arith.constant dense<0.0{{.*}}> : tensor<f32>
// CHECK: call @train.model.backward(%{{.*}}, %{{.*}}, %{{.*}}, %[[SEED]], %[[NONE]],
// CHECK: sluice.store %{{.*}}, @gradient.w
// CHECK-DAG: %[[SEED:.*]] = sluice.scalar "loss_gradient"
// CHECK-DAG: %[[NONE:.*]] = arith.constant dense<0.0{{.*}}> : tensor<f32>
// CHECK: call @train.model.backward(%{{.*}}, %{{.*}}, %{{.*}}, %[[NONE]], %[[SEED]],
// CHECK: sluice.store %{{.*}}, @unclipped_gradient.w

// The update scales the one gradient for clipping and adds the other.
// UPDATE: sluice.slot norm @norm_slot.w
// UPDATE: sluice.slot norm @unclipped_norm_slot.w : tensor<f64> {role = "w", sluice.unclipped}
// UPDATE: func.func private @update.w(%arg0: tensor<7x4xf32>, %[[G:arg1]]: tensor<7x4xf32>,
// UPDATE-SAME: {{^}} %[[U:arg2]]: tensor<7x4xf32>, %arg3
// UPDATE: %[[CLIPPED:.*]] = sluice.mul %[[G]], %arg12 : tensor<7x4xf32>, tensor<f32>
// UPDATE: %[[UNCLIPPED:.*]] = sluice.mul %[[U]], %arg13 : tensor<7x4xf32>, tensor<f32>
// UPDATE: %[[SUM:.*]] = sluice.add %[[CLIPPED]], %[[UNCLIPPED]]
// UPDATE: %[[ONE:.*]] = arith.constant dense<1.0{{.*}}> : tensor<f32>
// UPDATE: sluice.adamw %arg0, %[[SUM]], %arg3, %arg4 scalars({{.*}}, %[[ONE]])
sluice.graph @train(%tokens: tensor<3xi32>, %targets: tensor<3xi32>) -> (tensor<f32>, tensor<f32> {sluice.unclipped}) {
  %w = sluice.read @w : tensor<7x4xf32>
  %x = sluice.zero : tensor<3x4xf32>
  %a, %lse_a = sluice.linear_cross_entropy %x, %w, %targets
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %b, %lse_b = sluice.linear_cross_entropy %x, %w, %tokens
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  sluice.return %a, %b : tensor<f32>, tensor<f32>
}

// RUN: sluice-opt %s --sluice-insert-optimizer --split-input-file | FileCheck %s

// Scalars that the module lacks are declared; those it has keep their values.
// CHECK: module attributes {sluice.scalars = [{help = "step size", name = "learning_rate", value = 5.000000e-01 : f64},
// CHECK-SAME: {{^}} {{.*}}name = "beta1"
module attributes {sluice.scalars = [{name = "learning_rate", value = 0.5, help = "step size"}]} {
  sluice.parameter @w : tensor<4x3xf32> {init = #sluice.normal<0.02>, decays}
  sluice.parameter @frozen : tensor<3xf32> {init = #sluice.constant<0.0>}
  sluice.slot gradient @gradient.w : tensor<4x3xf32> of @w

  // CHECK: sluice.slot norm @norm_slot.w : tensor<f64> {role = "w"}
  // CHECK: sluice.slot state @exp_avg.w : tensor<4x3xf32> of @w {role = "exp_avg"}
  // CHECK: sluice.slot state @exp_avg_sq.w : tensor<4x3xf32> of @w {role = "exp_avg_sq"}
  // CHECK-NOT: frozen :

  // CHECK: func.func @train.norm() attributes {sluice.action = #sluice.action<norm>
  // CHECK: %[[GRADIENT:.*]] = sluice.fetch @gradient.w
  // CHECK: %[[SUM:.*]] = call @norm.w(%[[GRADIENT]])
  // CHECK: sluice.store %[[SUM]], @norm_slot.w

  // CHECK: func.func @train.update() attributes {sluice.action = #sluice.action<update>
  // CHECK: sluice.read @w
  // CHECK: %[[NEW:.*]]:3 = call @update.w
  // CHECK: sluice.write %[[NEW]]#0, @w
  // CHECK: sluice.store %[[NEW]]#1, @exp_avg.w
  // CHECK: sluice.store %[[NEW]]#2, @exp_avg_sq.w

  // States are updated in place, the parameter is not; decay is part of the op.
  // CHECK: func.func private @update.w(%{{[^{]*}}: tensor<4x3xf32>,
  // CHECK-SAME: %{{[^:]*}}: tensor<4x3xf32> {sluice.updates = 1 : i64}
  // CHECK: sluice.adamw {{.*}} decays
}

// -----

// A module without gradients has nothing to update.
// CHECK: module
// CHECK-NOT: train.update
module {
  sluice.parameter @w : tensor<4x3xf32> {init = #sluice.normal<0.02>}
}

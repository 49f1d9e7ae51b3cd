// RUN: sluice-opt %s --sluice-insert-optimizer | FileCheck %s
// RUN: sluice-opt %s --sluice-insert-optimizer=dropped-state=skip | FileCheck %s --check-prefix=SKIP

sluice.parameter @w : tensor<4xf32> {init = #sluice.normal<1.0>}
sluice.slot gate @gates : tensor<1xf64>
sluice.slot gradient @gradient.w : tensor<4xf32> of @w {gates = [#sluice.gate<@gates[0]>]}
sluice.slot gradient @unclipped_gradient.w : tensor<4xf32> of @w {gates = [#sluice.gate<@gates[0]>], sluice.unclipped}

// Of a layer that was dropped neither gradient is measured,
// CHECK: func.func @train.norm()
// CHECK: %[[NORM:.*]] = scf.if
// CHECK: sluice.fetch @gradient.w
// CHECK-NEXT: func.call @norm.w
// CHECK: else
// CHECK: func.call @norm.dropped.w()
// CHECK: sluice.store %[[NORM]], @norm_slot.w
// CHECK: %[[UNCLIPPED:.*]] = scf.if
// CHECK: sluice.fetch @unclipped_gradient.w
// CHECK-NEXT: func.call @unclipped_norm.w
// CHECK: else
// CHECK: func.call @unclipped_norm.dropped.w()
// CHECK: sluice.store %[[UNCLIPPED]], @unclipped_norm_slot.w

// and its update takes neither: 2 states and 8 scalars beside the parameter.
// CHECK: func.func @train.update()
// CHECK-DAG: %[[FIRST:.*]] = sluice.fetch @gradient.w
// CHECK-DAG: %[[SECOND:.*]] = sluice.fetch @unclipped_gradient.w
// CHECK-DAG: %[[SCALE:.*]] = sluice.scalar "unclipped_scale"
// CHECK: scf.if
// CHECK: func.call @update.w(%{{[^ ,]*}}, %[[FIRST]], %[[SECOND]], {{(%[^ ,]*, ){9}%[^ ,]*}}, %[[SCALE]])
// CHECK: else
// CHECK: func.call @update.dropped.w({{(%[^ ,]*, ){10}%[^ ,]*}})

// What skips a step leaves everything, its own corrections too.
// SKIP: func.func @train.update()
// SKIP: %[[W:.*]] = sluice.read @w
// SKIP: %[[MEAN:.*]] = sluice.fetch @exp_avg.w
// SKIP: %[[SQUARE:.*]] = sluice.fetch @exp_avg_sq.w
// SKIP: %[[FIRST:.*]] = sluice.fetch @bias_correction1.w
// SKIP: %[[SECOND:.*]] = sluice.fetch @bias_correction2.w
// SKIP: func.call @update.w({{(%[^ ,]*, ){17}%[^ ,]*}})
// SKIP: else
// SKIP-NEXT: scf.yield %[[W]], %[[MEAN]], %[[SQUARE]], %[[FIRST]], %[[SECOND]]

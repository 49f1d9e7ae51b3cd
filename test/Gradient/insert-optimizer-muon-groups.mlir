// Matrices that Muon updates together are alike in all that an update depends on, and groups are of even size.
// RUN: sluice-opt %s --split-input-file --sluice-insert-optimizer=optimizer=muon | FileCheck %s

// What decays and what does not are apart, and so are matrices of other shapes and other parts.
// CHECK-LABEL: func.func @train.update
// CHECK: call @update.a(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: call @update.free(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: call @update.wide(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: call @update.parts(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK-NOT: call
// CHECK: func.func private
sluice.parameter @a : tensor<4x4xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 1}
sluice.parameter @free : tensor<4x4xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @wide : tensor<4x8xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 1}
sluice.parameter @parts : tensor<4x4xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 2}
sluice.parameter @b : tensor<4x4xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 1}
sluice.slot gradient @gradient.a : tensor<4x4xf32> of @a
sluice.slot gradient @gradient.free : tensor<4x4xf32> of @free
sluice.slot gradient @gradient.wide : tensor<4x8xf32> of @wide
sluice.slot gradient @gradient.parts : tensor<4x4xf32> of @parts
sluice.slot gradient @gradient.b : tensor<4x4xf32> of @b

// -----

// Three matrices of 2^19 elements are more than a group holds: they become one and two, not two and one.
// CHECK-LABEL: func.func @train.update
// CHECK: %{{.*}}:2 = call @update.h.0(
// CHECK: %[[NEW:.*]]:4 = call @update.h.1(
// CHECK: sluice.write %[[NEW]]#0, @h.1
// CHECK: sluice.write %[[NEW]]#1, @h.2
sluice.parameter @h.0 : tensor<512x1024xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @h.1 : tensor<512x1024xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @h.2 : tensor<512x1024xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.slot gradient @gradient.h.0 : tensor<512x1024xf32> of @h.0
sluice.slot gradient @gradient.h.1 : tensor<512x1024xf32> of @h.1
sluice.slot gradient @gradient.h.2 : tensor<512x1024xf32> of @h.2

// -----

// A gradient that is not clipped needs an update of its own: all clipped gradients, then all others, in front of the
// states.
// CHECK: sluice.slot norm @unclipped_norm_slot.b : tensor<f64> {role = "b", sluice.unclipped}
// CHECK-LABEL: func.func @train.update
// CHECK: call @update.a(
// CHECK: %[[CLIPPED:.*]] = sluice.fetch @gradient.b
// CHECK: %[[UNCLIPPED:.*]] = sluice.fetch @unclipped_gradient.b
// CHECK: %[[SCALE:.*]] = sluice.scalar "unclipped_scale"
// CHECK: call @update.b(%{{.*}}, %[[CLIPPED]], %[[UNCLIPPED]], {{.*}}, %[[SCALE]])
// CHECK-LABEL: func.func private @update.b
// CHECK: %[[ONE:.*]] = arith.constant dense<1.0
// CHECK: sluice.muon {{.*}} scalars({{.*}}, %[[ONE]])
sluice.parameter @a : tensor<4x4xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @b : tensor<4x4xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.slot gradient @gradient.a : tensor<4x4xf32> of @a
sluice.slot gradient @gradient.b : tensor<4x4xf32> of @b
sluice.slot gradient @unclipped_gradient.b : tensor<4x4xf32> of @b {sluice.unclipped}

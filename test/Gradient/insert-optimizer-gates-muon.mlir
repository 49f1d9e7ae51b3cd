// A group of matrices behind one gate is updated or dropped as a whole.
// RUN: sluice-opt %s --sluice-insert-optimizer=optimizer=muon | FileCheck %s --check-prefixes=CHECK,MOVE
// RUN: sluice-opt %s --sluice-insert-optimizer="optimizer=muon dropped-state=skip" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SKIP --implicit-check-not=update.dropped

sluice.parameter @a : tensor<4x4xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @b : tensor<4x4xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.slot gate @gates : tensor<3xf32>
sluice.slot gradient @gradient.a : tensor<4x4xf32> of @a {gates = [#sluice.gate<@gates[2]>]}
sluice.slot gradient @gradient.b : tensor<4x4xf32> of @b {gates = [#sluice.gate<@gates[2]>]}

// Each gradient is measured by itself, where it is there, and counts nothing where it is not.
// CHECK-LABEL: func.func @train.norm
// CHECK-COUNT-2: scf.if
// CHECK-LABEL: func.func @train.update
// CHECK: %[[A:.*]] = sluice.read @a
// CHECK: %[[B:.*]] = sluice.read @b
// CHECK: %[[M:.*]] = sluice.fetch @momentum_buffer.a
// CHECK: %[[N:.*]] = sluice.fetch @momentum_buffer.b
// CHECK: %[[COUNTS:.*]] = sluice.fetch @gates : tensor<3xf32>
// CHECK: %[[TWO:.*]] = arith.constant 2 : index
// CHECK: %[[COUNT:.*]] = tensor.extract %[[COUNTS]][%[[TWO]]]
// CHECK: %[[OPEN:.*]] = arith.cmpf ogt, %[[COUNT]], %{{.*}} : f32
// CHECK: %[[NEW:.*]]:4 = scf.if %[[OPEN]]
// CHECK: func.call @update.a
// CHECK: else
// Without a gradient momenta decay and move both matrices, or all four tensors are as they were.
// MOVE: func.call @update.dropped.a(%[[A]], %[[B]], %[[M]], %[[N]],
// SKIP-NEXT: scf.yield %[[A]], %[[B]], %[[M]], %[[N]]
// CHECK: sluice.write %[[NEW]]#0, @a
// CHECK: sluice.write %[[NEW]]#1, @b
// CHECK: sluice.store %[[NEW]]#2, @momentum_buffer.a
// CHECK: sluice.store %[[NEW]]#3, @momentum_buffer.b

// Zeros stand for each gradient, so that a matrix is moved by its momentum.
// MOVE-LABEL: func.func private @update.dropped.a
// MOVE-SAME: (%[[P:[^:]*]]: tensor<4x4xf32>,
// MOVE-SAME: {{^}} %[[Q:[^:]*]]: tensor<4x4xf32>,
// MOVE-SAME: %arg2: tensor<4x4xf32> {sluice.updates = 2 : i64}, %arg3: tensor<4x4xf32> {sluice.updates = 3 : i64},
// MOVE: %[[Z0:.*]] = sluice.zero
// MOVE: %[[Z1:.*]] = sluice.zero
// MOVE: sluice.muon parameters(%[[P]], %[[Q]]) gradients(%[[Z0]], %[[Z1]]) momenta(%arg2, %arg3)

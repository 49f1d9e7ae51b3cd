// RUN: sluice-opt %s --sluice-insert-optimizer=optimizer=muon --split-input-file | FileCheck %s

sluice.parameter @table : tensor<8x4xf32> {init = #sluice.normal<1.0>, decays}
sluice.parameter @h.0.qkv : tensor<4x12xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 3}
sluice.parameter @h.0.fc : tensor<4x12xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 1}
sluice.parameter @h.1.qkv : tensor<4x12xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 3}
sluice.slot gradient @gradient.h.1.qkv : tensor<4x12xf32> of @h.1.qkv
sluice.slot gradient @gradient.h.0.fc : tensor<4x12xf32> of @h.0.fc
sluice.slot gradient @gradient.h.0.qkv : tensor<4x12xf32> of @h.0.qkv
sluice.slot gradient @gradient.table : tensor<8x4xf32> of @table

// CHECK-DAG: sluice.slot state @exp_avg_sq.table : tensor<8x4xf32> of @table {role = "exp_avg_sq"}
// CHECK-DAG: sluice.slot state @momentum_buffer.h.1.qkv : tensor<4x12xf32> of @h.1.qkv {role = "momentum_buffer"}
// CHECK-NOT: exp_avg.h

// CHECK-LABEL: func.func @train.update
// CHECK: %[[ADAMW:.*]] = sluice.scalar "adamw_learning_rate"
// CHECK: call @update.table({{.*}}, %[[ADAMW]],
// What is of one shape and has as many matrices side by side is updated together.
// CHECK: %[[Q0:.*]] = sluice.read @h.0.qkv
// CHECK: %[[Q1:.*]] = sluice.read @h.1.qkv
// CHECK: %[[RATE:.*]] = sluice.scalar "learning_rate"
// CHECK: %[[NEW:.*]]:4 = call @update.h.0.qkv(%[[Q0]], %[[Q1]], {{.*}}, %[[RATE]],
// CHECK: sluice.write %[[NEW]]#0, @h.0.qkv
// CHECK: sluice.write %[[NEW]]#1, @h.1.qkv
// CHECK: sluice.store %[[NEW]]#2, @momentum_buffer.h.0.qkv
// CHECK: sluice.store %[[NEW]]#3, @momentum_buffer.h.1.qkv
// CHECK: call @update.h.0.fc

// CHECK-LABEL: func.func private @update.table
// CHECK: sluice.adamw
// CHECK-LABEL: func.func private @update.h.0.qkv(
// CHECK-SAME: %[[P0:[^ ]*]]: tensor<4x12xf32>,
// CHECK-SAME: {{^}} %[[P1:[^ ]*]]: tensor<4x12xf32>, %[[G0:[^ ]*]]: tensor<4x12xf32>,
// CHECK-SAME: {{^}} %[[G1:[^ ]*]]: tensor<4x12xf32>,
// CHECK-SAME: %[[M0:[^ ]*]]: tensor<4x12xf32> {sluice.updates = 2 : i64},
// CHECK-SAME: {{^}} %[[M1:[^ ]*]]: tensor<4x12xf32> {sluice.updates = 3 : i64}
// CHECK: sluice.muon parameters(%[[P0]], %[[P1]]) gradients(%[[G0]], %[[G1]]) momenta(%[[M0]], %[[M1]])
// CHECK-SAME: {{^}} scalars({{.*}}) parts 3 decays
// CHECK-LABEL: func.func private @update.h.0.fc(
// CHECK: sluice.muon {{.*}} parts 1 decays

// -----

// Parameters of layers that may be dropped apart are updated apart, and a large one by itself.
sluice.parameter @h.0.fc : tensor<4x4xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @h.1.fc : tensor<4x4xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @h.0.wide : tensor<1024x1024xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.parameter @h.1.wide : tensor<1024x1024xf32> {init = #sluice.normal<1.0>, hidden_parts = 1}
sluice.slot gate @gates : tensor<2xf64>
sluice.slot gradient @gradient.h.0.fc : tensor<4x4xf32> of @h.0.fc {gates = [#sluice.gate<@gates[0]>]}
sluice.slot gradient @gradient.h.1.fc : tensor<4x4xf32> of @h.1.fc {gates = [#sluice.gate<@gates[1]>]}
sluice.slot gradient @gradient.h.0.wide : tensor<1024x1024xf32> of @h.0.wide
sluice.slot gradient @gradient.h.1.wide : tensor<1024x1024xf32> of @h.1.wide

// CHECK-LABEL: func.func @train.update
// CHECK: scf.if
// CHECK: func.call @update.h.0.fc
// CHECK: else
// CHECK: func.call @update.dropped.h.0.fc
// CHECK: scf.if
// CHECK: func.call @update.h.1.fc
// CHECK: call @update.h.0.wide
// CHECK: call @update.h.1.wide

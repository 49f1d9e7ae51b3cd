// RUN: sluice-opt %s --split-input-file --sluice-narrow-weights | FileCheck %s
// RUN: sluice-opt %s --split-input-file --sluice-narrow-weights --remarks-filter=numerics 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// Forward and backward read the copy of what they hand to products, the embedding and the norm read the parameter. The
// update writes both, and an action for the host rounds the parameter.
// CHECK: sluice.parameter @table : tensor<16x8xf32> {init = #sluice.constant<0.0{{.*}}>, narrow_type = bf16}
// CHECK: sluice.parameter @bias : tensor<8xf32> {init = #sluice.constant<0.0{{.*}}>}
// CHECK-LABEL: func.func private @embed(
// CHECK-SAME: tensor<16x8xf32>
// CHECK-LABEL: func.func private @forward(
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<16x8xbf16>, %[[B:[a-z0-9]+]]: tensor<8xf32>
// CHECK: %[[WIDE:.*]] = arith.extf %[[W]] : tensor<16x8xbf16> to tensor<16x8xf32>
// CHECK: sluice.linear %{{.*}}, %[[WIDE]] transposed
// CHECK-LABEL: func.func private @backward(
// CHECK-SAME: %[[W:[a-z0-9]+]]: tensor<16x8xbf16>
// CHECK: %[[PARTS:.*]]:2 = sluice.split %[[W]] : tensor<16x8xbf16> to tensor<16x4xbf16>, tensor<16x4xbf16>
// CHECK-DAG: arith.extf %[[PARTS]]#0
// CHECK-DAG: arith.extf %[[PARTS]]#1
// CHECK-LABEL: func.func private @update.table(
// CHECK-SAME: -> (tensor<16x8xf32>, tensor<16x8xf32>, tensor<16x8xbf16>)
// CHECK: %[[NEW:.*]], %[[MOMENTUM:.*]] = sluice.sgd
// CHECK-NEXT: %[[ROUNDED:.*]] = arith.truncf %[[NEW]] : tensor<16x8xf32> to tensor<16x8xbf16>
// CHECK-NEXT: return %[[NEW]], %[[MOMENTUM]], %[[ROUNDED]]
// CHECK-LABEL: func.func @train.forward
// CHECK-DAG: %[[MASTER:.*]] = sluice.read @table : tensor<16x8xf32>
// CHECK-DAG: %[[COPY:.*]] = sluice.read @table : tensor<16x8xbf16>
// CHECK: call @embed(%[[MASTER]])
// CHECK: call @forward(%{{.*}}, %[[COPY]], %{{.*}})
// CHECK-LABEL: func.func @train.backward
// CHECK-NEXT: %[[COPY:.*]] = sluice.read @table : tensor<16x8xbf16>
// CHECK-NEXT: call @backward(%{{.*}}, %[[COPY]])
// CHECK-LABEL: func.func @train.update
// CHECK: %[[NEW:.*]]:3 = call @update.table
// CHECK: sluice.write %[[NEW]]#0, @table : tensor<16x8xf32>
// CHECK-NEXT: sluice.write %[[NEW]]#2, @table : tensor<16x8xbf16>
// CHECK: func.func @train.narrow() attributes {sluice.action = #sluice.action<narrow>, sluice.graph = "train"}
// CHECK-NEXT: %[[MASTER:.*]] = sluice.read @table : tensor<16x8xf32>
// CHECK-NEXT: %[[COPY:.*]] = call @narrow.table(%[[MASTER]]) : (tensor<16x8xf32>) -> tensor<16x8xbf16>
// CHECK-NEXT: sluice.write %[[COPY]], @table : tensor<16x8xbf16>
// CHECK-NEXT: return
// CHECK: func.func private @narrow.table
// CHECK-NEXT: arith.truncf
// REMARK: NarrowWeights {{.*}}bytes=256, left=0, left_bytes=0, parameters=1
sluice.parameter @table : tensor<16x8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @bias : tensor<8xf32> {init = #sluice.constant<0.0>}
sluice.slot kept @x : tensor<4x8xf32>
sluice.slot state @momentum : tensor<16x8xf32> of @table {role = "momentum_buffer"}
func.func private @embed(%w: tensor<16x8xf32>) -> tensor<4x8xf32> {
  %i = arith.constant dense<0> : tensor<4xi32>
  %y = sluice.embedding %i, %w : tensor<4xi32>, tensor<16x8xf32> to tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
func.func private @forward(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>, %b: tensor<8xf32>) -> tensor<4x16xf32> {
  %0 = sluice.add %x, %b : tensor<4x8xf32>, tensor<8xf32>
  %y = sluice.linear %0, %w transposed {compute_type = bf16}
      : tensor<4x8xf32>, tensor<16x8xf32> to tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}
func.func private @backward(%g: tensor<4x16xf32>, %w: tensor<16x8xf32>) -> tensor<4x8xf32> {
  %p, %q = sluice.split %w : tensor<16x8xf32> to tensor<16x4xf32>, tensor<16x4xf32>
  %0 = sluice.linear %g, %p {compute_type = bf16} : tensor<4x16xf32>, tensor<16x4xf32> to tensor<4x4xf32>
  %1 = sluice.linear %g, %q {compute_type = bf16} : tensor<4x16xf32>, tensor<16x4xf32> to tensor<4x4xf32>
  %2 = sluice.concat %0, %1 : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}
func.func private @update.table(%w: tensor<16x8xf32>, %g: tensor<16x8xf32>,
                                %m: tensor<16x8xf32> {sluice.updates = 1 : i64}, %s: tensor<f32>)
    -> (tensor<16x8xf32>, tensor<16x8xf32>) {
  %0, %1 = sluice.sgd %w, %g, %m scalars(%s, %s, %s, %s)
      : tensor<16x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return %0, %1 : tensor<16x8xf32>, tensor<16x8xf32>
}
func.func @train.forward() {
  %w = sluice.read @table : tensor<16x8xf32>
  %b = sluice.read @bias : tensor<8xf32>
  %0 = call @embed(%w) : (tensor<16x8xf32>) -> tensor<4x8xf32>
  %1 = call @forward(%0, %w, %b) : (tensor<4x8xf32>, tensor<16x8xf32>, tensor<8xf32>) -> tensor<4x16xf32>
  sluice.store %0, @x : tensor<4x8xf32>
  return
}
func.func @train.backward(%g: tensor<4x16xf32>) {
  %w = sluice.read @table : tensor<16x8xf32>
  %0 = call @backward(%g, %w) : (tensor<4x16xf32>, tensor<16x8xf32>) -> tensor<4x8xf32>
  return
}
func.func @train.update(%g: tensor<16x8xf32>, %s: tensor<f32>) {
  %w = sluice.read @table : tensor<16x8xf32>
  %m = sluice.fetch @momentum : tensor<16x8xf32>
  %0:2 = call @update.table(%w, %g, %m, %s)
      : (tensor<16x8xf32>, tensor<16x8xf32>, tensor<16x8xf32>, tensor<f32>) -> (tensor<16x8xf32>, tensor<16x8xf32>)
  sluice.write %0#0, @table : tensor<16x8xf32>
  sluice.store %0#1, @momentum : tensor<16x8xf32>
  return
}

// -----

// Where a layer was dropped, the update by its moments writes the copy too; where all stays as it is, the copy stays.
// Each stage has an action for what the host writes.
// CHECK-LABEL: func.func @train.update
// CHECK: %[[MASTER:.*]] = sluice.read @moved : tensor<8x8xf32>
// CHECK: %[[NEW:.*]]:2 = scf.if
// CHECK: %[[THEN:.*]]:2 = func.call @update.moved
// CHECK: scf.yield %[[THEN]]#0, %[[THEN]]#1
// CHECK: %[[ELSE:.*]]:2 = func.call @update.dropped.moved
// CHECK: scf.yield %[[ELSE]]#0, %[[ELSE]]#1
// CHECK: sluice.write %[[NEW]]#0, @moved : tensor<8x8xf32>
// CHECK-NEXT: sluice.write %[[NEW]]#1, @moved : tensor<8x8xbf16>
// CHECK: %[[MASTER:.*]] = sluice.read @skipped : tensor<8x8xf32>
// CHECK-NEXT: %[[COPY:.*]] = sluice.read @skipped : tensor<8x8xbf16>
// CHECK: scf.if
// CHECK: } else {
// CHECK-NEXT: scf.yield %[[MASTER]], %[[COPY]] : tensor<8x8xf32>, tensor<8x8xbf16>
// CHECK: func.func @train.narrow.0() attributes {sluice.action = #sluice.action<narrow>, sluice.graph = "train",
// CHECK-SAME: {{^}} sluice.stage = 0 : i64}
// CHECK-NEXT: sluice.read @moved
// CHECK: func.func @train.narrow.1()
// CHECK-NEXT: sluice.read @skipped
// REMARK: NarrowWeights {{.*}}bytes=256, left=0, left_bytes=0, parameters=2
sluice.parameter @moved : tensor<8x8xf32> {init = #sluice.constant<0.0>, stage = 0 : i64}
sluice.parameter @skipped : tensor<8x8xf32> {init = #sluice.constant<0.0>, stage = 1 : i64}
func.func private @product(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>, %v: tensor<8x8xf32>) -> tensor<4x8xf32> {
  %0 = sluice.linear %x, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
  %1 = sluice.linear %0, %v {compute_type = bf16} : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
  return %1 : tensor<4x8xf32>
}
func.func private @update.moved(%w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.scale %w by 2.0 : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func private @update.dropped.moved(%w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.scale %w by 3.0 : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func private @update.skipped(%w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.scale %w by 4.0 : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func @train.forward(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = sluice.read @moved : tensor<8x8xf32>
  %v = sluice.read @skipped : tensor<8x8xf32>
  %0 = call @product(%x, %w, %v) : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
func.func @train.update(%there: i1) {
  %w = sluice.read @moved : tensor<8x8xf32>
  %0 = scf.if %there -> (tensor<8x8xf32>) {
    %new = func.call @update.moved(%w) : (tensor<8x8xf32>) -> tensor<8x8xf32>
    scf.yield %new : tensor<8x8xf32>
  } else {
    %new = func.call @update.dropped.moved(%w) : (tensor<8x8xf32>) -> tensor<8x8xf32>
    scf.yield %new : tensor<8x8xf32>
  }
  sluice.write %0, @moved : tensor<8x8xf32>
  %v = sluice.read @skipped : tensor<8x8xf32>
  %1 = scf.if %there -> (tensor<8x8xf32>) {
    %new = func.call @update.skipped(%v) : (tensor<8x8xf32>) -> tensor<8x8xf32>
    scf.yield %new : tensor<8x8xf32>
  } else {
    scf.yield %v : tensor<8x8xf32>
  }
  sluice.write %1, @skipped : tensor<8x8xf32>
  return
}

// -----

// What backward repeats of forward is called twice: both calls read the copies of what they read.
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: tensor<4x8xf32>, %{{[a-z0-9]+}}: tensor<8x8xbf16>)
// CHECK-LABEL: func.func @train.forward
// CHECK: sluice.read @first : tensor<8x8xbf16>
// CHECK-LABEL: func.func @train.backward
// CHECK: sluice.read @second : tensor<8x8xbf16>
// CHECK: func.func @train.narrow()
// REMARK: NarrowWeights {{.*}}bytes=256, left=0, left_bytes=0, parameters=2
sluice.parameter @first : tensor<8x8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @second : tensor<8x8xf32> {init = #sluice.constant<0.0>}
func.func private @layer(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> {
  %0 = sluice.linear %x, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
func.func @train.forward(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = sluice.read @first : tensor<8x8xf32>
  %0 = call @layer(%x, %w) : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
func.func @train.backward(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %w = sluice.read @second : tensor<8x8xf32>
  %0 = call @layer(%x, %w) {sluice.repeats} : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

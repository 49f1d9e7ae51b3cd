// Slots that stay as they are, each for one reason, beside one that is narrowed.
// RUN: sluice-opt %s --split-input-file --sluice-narrow-kept | FileCheck %s
// RUN: sluice-opt %s --split-input-file --sluice-narrow-kept --remarks-filter=numerics 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// A bias is added after the product: contractions are not all that it is for. A state is no kept slot, and f64 not f32.
// CHECK: sluice.slot kept @weight : tensor<8x8xbf16>
// CHECK-NEXT: sluice.slot kept @bias : tensor<8xf32>
// CHECK-NEXT: sluice.slot kept @wide : tensor<8x8xf64>
// CHECK-NEXT: sluice.slot state @state : tensor<8x8xf32>
// REMARK: NarrowKept {{.*}}bytes=128, slots=1
sluice.parameter @w : tensor<8x8xf32> {init = #sluice.constant<0.0>}
sluice.slot kept @weight : tensor<8x8xf32>
sluice.slot kept @bias : tensor<8xf32>
sluice.slot kept @wide : tensor<8x8xf64>
sluice.slot state @state : tensor<8x8xf32> of @w {role = "copy"}
func.func private @forward() -> (tensor<8x8xf32>, tensor<8xf32>, tensor<8x8xf64>, tensor<8x8xf32>) {
  %0 = sluice.zero : tensor<8x8xf32>
  %1 = sluice.zero : tensor<8xf32>
  %2 = sluice.zero : tensor<8x8xf64>
  %3 = sluice.zero : tensor<8x8xf32>
  return %0, %1, %2, %3 : tensor<8x8xf32>, tensor<8xf32>, tensor<8x8xf64>, tensor<8x8xf32>
}
// The weight is widened in front of the product, which sees through it.
// CHECK-LABEL: func.func private @backward
// CHECK: %[[W:.*]] = arith.extf %{{.*}} : tensor<8x8xbf16> to tensor<8x8xf32>
// CHECK-NEXT: sluice.linear %[[W]], %[[W]] bias %{{.*}} {compute_type = bf16}
// CHECK-NOT: arith.extf
func.func private @backward(%w: tensor<8x8xf32>, %b: tensor<8xf32>, %d: tensor<8x8xf64>, %s: tensor<8x8xf32>)
    -> tensor<8x8xf32> {
  %0 = sluice.linear %w, %w bias %b {compute_type = bf16}
      : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8xf32> to tensor<8x8xf32>
  %1 = sluice.matmul %d, %d : tensor<8x8xf64>, tensor<8x8xf64> to tensor<8x8xf64>
  %2 = sluice.matmul %s, %0 {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  return %2 : tensor<8x8xf32>
}
func.func @train.forward() {
  %0:4 = call @forward() : () -> (tensor<8x8xf32>, tensor<8xf32>, tensor<8x8xf64>, tensor<8x8xf32>)
  sluice.store %0#0, @weight : tensor<8x8xf32>
  sluice.store %0#1, @bias : tensor<8xf32>
  sluice.store %0#2, @wide : tensor<8x8xf64>
  sluice.store %0#3, @state : tensor<8x8xf32>
  return
}
func.func @train.backward() {
  %0 = sluice.fetch @weight : tensor<8x8xf32>
  %1 = sluice.fetch @bias : tensor<8xf32>
  %2 = sluice.fetch @wide : tensor<8x8xf64>
  %3 = sluice.fetch @state : tensor<8x8xf32>
  %4 = call @backward(%0, %1, %2, %3)
      : (tensor<8x8xf32>, tensor<8xf32>, tensor<8x8xf64>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return
}

// -----

// What is kept and never fetched has no reader that rounds it; what an action computes itself has no function to round
// it; what is returned as it is goes on in f32; a part of what is split may be wanted in full.
// CHECK: sluice.slot kept @unread : tensor<4x8xf32>
// CHECK-NEXT: sluice.slot kept @action : tensor<4x8xf32>
// CHECK-NEXT: sluice.slot kept @returned : tensor<4x8xf32>
// CHECK-NEXT: sluice.slot kept @split : tensor<4x8xf32>
// REMARK: NarrowKept {{.*}}bytes=0, slots=0
sluice.slot kept @unread : tensor<4x8xf32>
sluice.slot kept @action : tensor<4x8xf32>
sluice.slot kept @returned : tensor<4x8xf32>
sluice.slot kept @split : tensor<4x8xf32>
func.func private @forward() -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %0 = sluice.zero : tensor<4x8xf32>
  %1 = sluice.zero : tensor<4x8xf32>
  %2 = sluice.zero : tensor<4x8xf32>
  return %0, %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}
func.func private @backward(%a: tensor<4x8xf32>, %r: tensor<4x8xf32>, %s: tensor<4x8xf32>)
    -> (tensor<8x8xf32>, tensor<4x8xf32>, tensor<4x4xf32>) {
  %0 = sluice.matmul %a, %r transpose_lhs {compute_type = bf16} : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
  %p, %q = sluice.split %s : tensor<4x8xf32> to tensor<4x4xf32>, tensor<4x4xf32>
  %1 = sluice.matmul %p, %p {compute_type = bf16} : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
  %2 = sluice.add %1, %q : tensor<4x4xf32>, tensor<4x4xf32>
  return %0, %r, %2 : tensor<8x8xf32>, tensor<4x8xf32>, tensor<4x4xf32>
}
func.func @train.forward() {
  %0:3 = call @forward() : () -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>)
  %1 = sluice.zero : tensor<4x8xf32>
  sluice.store %0#0, @unread : tensor<4x8xf32>
  sluice.store %1, @action : tensor<4x8xf32>
  sluice.store %0#1, @returned : tensor<4x8xf32>
  sluice.store %0#2, @split : tensor<4x8xf32>
  return
}
func.func @train.backward() {
  %0 = sluice.fetch @action : tensor<4x8xf32>
  %1 = sluice.fetch @returned : tensor<4x8xf32>
  %2 = sluice.fetch @split : tensor<4x8xf32>
  %3:3 = call @backward(%0, %1, %2)
      : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) -> (tensor<8x8xf32>, tensor<4x8xf32>, tensor<4x4xf32>)
  return
}

// -----

// A function of backward that is called twice takes one type: what it gets in one call cannot be narrowed alone.
// CHECK: sluice.slot kept @kept : tensor<4x8xf32>
// REMARK: NarrowKept {{.*}}bytes=0, slots=0
sluice.slot kept @kept : tensor<4x8xf32>
func.func private @forward() -> tensor<4x8xf32> {
  %0 = sluice.zero : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}
func.func private @backward(%a: tensor<4x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.matmul %a, %a transpose_lhs {compute_type = bf16} : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func @train.forward() {
  %0 = call @forward() : () -> tensor<4x8xf32>
  sluice.store %0, @kept : tensor<4x8xf32>
  return
}
func.func @train.backward() {
  %0 = sluice.fetch @kept : tensor<4x8xf32>
  %1 = call @backward(%0) : (tensor<4x8xf32>) -> tensor<8x8xf32>
  %2 = sluice.zero : tensor<4x8xf32>
  %3 = call @backward(%2) : (tensor<4x8xf32>) -> tensor<8x8xf32>
  return
}

// RUN: sluice-opt %s --split-input-file --sluice-narrow-kept | FileCheck %s
// RUN: sluice-opt %s --split-input-file --sluice-narrow-kept --remarks-filter=numerics 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// What backward hands to contractions alone is kept as they round it, and forward goes on from there; what is
// rearranged is rearranged as it is kept.
// CHECK: sluice.slot kept @qkv : tensor<2x4x24xbf16>
// CHECK-LABEL: func.func private @forward
// CHECK-SAME: -> (tensor<2x4x8xf32>, tensor<2x4x24xbf16>, tensor<2x2x4xf32>)
// CHECK: %[[LINEAR:.*]] = sluice.linear
// CHECK: %[[KEPT:.*]] = arith.truncf %[[LINEAR]] : tensor<2x4x24xf32> to tensor<2x4x24xbf16>
// CHECK: %[[PARTS:.*]]:3 = sluice.split %[[KEPT]] : tensor<2x4x24xbf16> to tensor<2x4x8xbf16>
// CHECK-DAG: %[[Q:.*]] = arith.extf %[[PARTS]]#0
// CHECK-DAG: %[[K:.*]] = arith.extf %[[PARTS]]#1
// CHECK-DAG: %[[V:.*]] = arith.extf %[[PARTS]]#2
// CHECK: sluice.attention %[[Q]], %[[K]], %[[V]]
// CHECK: return %{{.*}}, %[[KEPT]], %
// CHECK-LABEL: func.func private @backward
// CHECK-SAME: %[[ARGUMENT:[a-z0-9]+]]: tensor<2x4x24xbf16>
// CHECK: sluice.split %[[ARGUMENT]] : tensor<2x4x24xbf16>
// CHECK: sluice.attention_backward
// CHECK-LABEL: func.func @train.forward
// CHECK: %[[CALL:.*]]:3 = call @forward
// CHECK: sluice.store %[[CALL]]#1, @qkv : tensor<2x4x24xbf16>
// CHECK-LABEL: func.func @train.backward
// CHECK: sluice.fetch @qkv : tensor<2x4x24xbf16>
// REMARK: NarrowKept {{.*}}bytes=384, slots=1
sluice.slot kept @qkv : tensor<2x4x24xf32>
sluice.slot kept @lse : tensor<2x2x4xf32>
func.func private @forward(%x: tensor<2x4x8xf32>, %w: tensor<8x24xf32>)
    -> (tensor<2x4x8xf32>, tensor<2x4x24xf32>, tensor<2x2x4xf32>) {
  %qkv = sluice.linear %x, %w {compute_type = bf16} : tensor<2x4x8xf32>, tensor<8x24xf32> to tensor<2x4x24xf32>
  %q, %k, %v = sluice.split %qkv : tensor<2x4x24xf32> to tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>
  %a, %l = sluice.attention %q, %k, %v heads 2 {compute_type = bf16}
      : tensor<2x4x8xf32>, tensor<2x4x8xf32> to tensor<2x2x4xf32>
  return %a, %qkv, %l : tensor<2x4x8xf32>, tensor<2x4x24xf32>, tensor<2x2x4xf32>
}
func.func private @backward(%qkv: tensor<2x4x24xf32>, %l: tensor<2x2x4xf32>, %g: tensor<2x4x8xf32>)
    -> tensor<2x4x24xf32> {
  %q, %k, %v = sluice.split %qkv : tensor<2x4x24xf32> to tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %g, %l heads 2 {compute_type = bf16}
      : tensor<2x4x8xf32>, tensor<2x2x4xf32>
  %d = sluice.concat %dq, %dk, %dv : tensor<2x4x8xf32>, tensor<2x4x8xf32>, tensor<2x4x8xf32> to tensor<2x4x24xf32>
  return %d : tensor<2x4x24xf32>
}
func.func @train.forward(%x: tensor<2x4x8xf32>, %w: tensor<8x24xf32>) {
  %0:3 = call @forward(%x, %w) : (tensor<2x4x8xf32>, tensor<8x24xf32>)
      -> (tensor<2x4x8xf32>, tensor<2x4x24xf32>, tensor<2x2x4xf32>)
  sluice.store %0#1, @qkv : tensor<2x4x24xf32>
  sluice.store %0#2, @lse : tensor<2x2x4xf32>
  return
}
func.func @train.backward(%g: tensor<2x4x8xf32>) {
  %0 = sluice.fetch @qkv : tensor<2x4x24xf32>
  %1 = sluice.fetch @lse : tensor<2x2x4xf32>
  %2 = call @backward(%0, %1, %g) : (tensor<2x4x24xf32>, tensor<2x2x4xf32>, tensor<2x4x8xf32>) -> tensor<2x4x24xf32>
  return
}

// -----

// A layer with a gate has nothing to keep where it is dropped, and forward goes on in f32 where it does more with what
// it keeps.
// CHECK: sluice.slot kept @x : tensor<4x8xbf16>
// CHECK-LABEL: func.func private @forward
// CHECK: %[[GELU:.*]] = sluice.gelu
// CHECK: %[[KEPT:.*]] = arith.truncf %[[GELU]]
// CHECK: sluice.scale %[[GELU]]
// CHECK: return %{{.*}}, %[[KEPT]]
// CHECK-LABEL: func.func private @backward
// CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : tensor<4x8xbf16> to tensor<4x8xf32>
// CHECK: sluice.matmul %[[WIDE]], %{{.*}} transpose_lhs
// CHECK-LABEL: func.func @train.forward
// CHECK: scf.if %{{.*}} -> (tensor<4x8xf32>, tensor<4x8xbf16>)
// CHECK: ub.poison : tensor<4x8xbf16>
// REMARK: NarrowKept {{.*}}bytes=64, slots=1
sluice.slot kept @x : tensor<4x8xf32>
func.func private @forward(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %y = sluice.gelu tanh %x : tensor<4x8xf32>
  %z = sluice.scale %y by 2.0 : tensor<4x8xf32>
  return %z, %y : tensor<4x8xf32>, tensor<4x8xf32>
}
func.func private @backward(%y: tensor<4x8xf32>, %g: tensor<4x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.matmul %y, %g transpose_lhs {compute_type = bf16} : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func @train.forward(%x: tensor<4x8xf32>, %open: i1) {
  %0:2 = scf.if %open -> (tensor<4x8xf32>, tensor<4x8xf32>) {
    %1:2 = func.call @forward(%x) : (tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>)
    scf.yield %1#0, %1#1 : tensor<4x8xf32>, tensor<4x8xf32>
  } else {
    %1 = ub.poison : tensor<4x8xf32>
    scf.yield %x, %1 : tensor<4x8xf32>, tensor<4x8xf32>
  }
  sluice.store %0#1, @x : tensor<4x8xf32>
  return
}
func.func @train.backward(%g: tensor<4x8xf32>, %open: i1) {
  %0 = sluice.fetch @x : tensor<4x8xf32>
  scf.if %open {
    %1 = func.call @backward(%0, %g) : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<8x8xf32>
  }
  return
}

// -----

// What backward does more with, or multiplies as it is, stays.
// CHECK: sluice.slot kept @gelu : tensor<4x8xf32>
// CHECK-NEXT: sluice.slot kept @f32 : tensor<4x8xf32>
// REMARK: NarrowKept {{.*}}bytes=0, slots=0
sluice.slot kept @gelu : tensor<4x8xf32>
sluice.slot kept @f32 : tensor<4x8xf32>
func.func private @forward(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %y = sluice.scale %x by 2.0 : tensor<4x8xf32>
  %z = sluice.scale %x by 3.0 : tensor<4x8xf32>
  return %y, %z : tensor<4x8xf32>, tensor<4x8xf32>
}
func.func private @backward(%y: tensor<4x8xf32>, %z: tensor<4x8xf32>)
    -> (tensor<8x8xf32>, tensor<4x8xf32>, tensor<8x8xf32>) {
  %0 = sluice.matmul %y, %y transpose_lhs {compute_type = bf16} : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
  %1 = sluice.gelu tanh %y : tensor<4x8xf32>
  %2 = sluice.matmul %z, %z transpose_lhs : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
  return %0, %1, %2 : tensor<8x8xf32>, tensor<4x8xf32>, tensor<8x8xf32>
}
func.func @train.forward(%x: tensor<4x8xf32>) {
  %0:2 = call @forward(%x) : (tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>)
  sluice.store %0#0, @gelu : tensor<4x8xf32>
  sluice.store %0#1, @f32 : tensor<4x8xf32>
  return
}
func.func @train.backward() {
  %0 = sluice.fetch @gelu : tensor<4x8xf32>
  %1 = sluice.fetch @f32 : tensor<4x8xf32>
  %2:3 = call @backward(%0, %1) : (tensor<4x8xf32>, tensor<4x8xf32>)
      -> (tensor<8x8xf32>, tensor<4x8xf32>, tensor<8x8xf32>)
  return
}

// -----

// Functions that several layers share stay, and so does what the action itself uses.
// CHECK: sluice.slot kept @shared : tensor<4x8xf32>
// CHECK-NEXT: sluice.slot kept @used : tensor<4x8xf32>
// REMARK: NarrowKept {{.*}}bytes=0, slots=0
sluice.slot kept @shared : tensor<4x8xf32>
sluice.slot kept @used : tensor<4x8xf32>
func.func private @forward(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = sluice.scale %x by 2.0 : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
func.func private @backward(%y: tensor<4x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.matmul %y, %y transpose_lhs {compute_type = bf16} : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func private @other(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = sluice.scale %x by 3.0 : tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}
func.func private @otherBackward(%y: tensor<4x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.matmul %y, %y transpose_lhs {compute_type = bf16} : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func @train.forward(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = call @forward(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  sluice.store %0, @shared : tensor<4x8xf32>
  %1 = call @forward(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  %2 = call @other(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32>
  sluice.store %2, @used : tensor<4x8xf32>
  return %2 : tensor<4x8xf32>
}
func.func @train.backward() {
  %0 = sluice.fetch @shared : tensor<4x8xf32>
  %1 = call @backward(%0) : (tensor<4x8xf32>) -> tensor<8x8xf32>
  %2 = sluice.fetch @used : tensor<4x8xf32>
  %3 = call @otherBackward(%2) : (tensor<4x8xf32>) -> tensor<8x8xf32>
  return
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" | FileCheck %s

// A vocabulary that no block divides has a shorter last block.
// CHECK-LABEL: @should_keep_logits_in_blocks
// CHECK-DAG: memref.alloc() : memref<8192x64xf32>
// CHECK-DAG: memref.alloc() : memref<8192x8xf32>
// CHECK: scf.for
func.func @should_keep_logits_in_blocks(%x: memref<8192x8xf32>, %w: memref<200x8xf32>, %t: memref<8192xi32>,
                                        %loss: memref<f32>, %l: memref<8192xf32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<8192x8xf32>, memref<200x8xf32>, memref<8192xi32>)
    outs(%loss, %l : memref<f32>, memref<8192xf32>) {block = array<i64: 64>}
  return
}

// CHECK-LABEL: @should_take_the_columns_of_the_target
// CHECK: memref.alloc() : memref<64x50xf32>
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c200{{.*}} step %c50
// CHECK-NOT: memref<64x200xf32>
func.func @should_take_the_columns_of_the_target(%x: memref<64x8xf32>, %w: memref<200x8xf32>, %t: memref<64xi32>,
                                                 %loss: memref<f32>, %l: memref<64xf32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<64x8xf32>, memref<200x8xf32>, memref<64xi32>)
    outs(%loss, %l : memref<f32>, memref<64xf32>) {block = array<i64: 50>}
  return
}

// The gradient of a weight that nothing was added to starts from zero, block by block.
// CHECK-LABEL: @should_overwrite_the_gradient_of_the_weight
// CHECK: linalg.contract {{.*}} outs(%arg5
// CHECK: %[[ROWS:.*]] = memref.subview %arg6
// CHECK: linalg.fill {{.*}} outs(%[[ROWS]]
// CHECK: linalg.contract {{.*}} outs(%[[ROWS]]
func.func @should_overwrite_the_gradient_of_the_weight(%g: memref<f32>, %x: memref<64x8xf32>, %w: memref<200x8xf32>,
    %t: memref<64xi32>, %l: memref<64xf32>, %dx: memref<64x8xf32>, %dw: memref<200x8xf32>) {
  sluice.blocked_cross_entropy_backward
    ins(%g, %x, %w, %t, %l : memref<f32>, memref<64x8xf32>, memref<200x8xf32>, memref<64xi32>, memref<64xf32>)
    outs(%dx, %dw : memref<64x8xf32>, memref<200x8xf32>) {block = array<i64: 50>}
  return
}

// CHECK-LABEL: @should_add_to_the_gradient_of_the_weight
// CHECK: %[[ROWS:.*]] = memref.subview %arg6
// CHECK-NOT: linalg.fill
// CHECK: linalg.contract {{.*}} outs(%[[ROWS]]
func.func @should_add_to_the_gradient_of_the_weight(%g: memref<f32>, %x: memref<64x8xf32>, %w: memref<200x8xf32>,
    %t: memref<64xi32>, %l: memref<64xf32>, %dx: memref<64x8xf32>, %dw: memref<200x8xf32>) {
  sluice.blocked_cross_entropy_backward
    ins(%g, %x, %w, %t, %l : memref<f32>, memref<64x8xf32>, memref<200x8xf32>, memref<64xi32>, memref<64xf32>)
    outs(%dx, %dw : memref<64x8xf32>, memref<200x8xf32>) {accumulate, block = array<i64: 50>}
  return
}

// With its gradient, the loss keeps the logits of a block of rows: five blocks of columns, of which the last is
// shorter.
// Rows are an odd number of cache lines apart. All blocks of rows add to the gradient of the weight.
// CHECK-LABEL: @should_compute_logits_once
// CHECK-DAG: memref.alloc() : memref<4x32x48xf32>
// CHECK-DAG: memref.alloc() : memref<32x16xf32>
// CHECK: linalg.fill {{.*}} outs(%arg6
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c64{{.*}} step %c32
// CHECK: linalg.contract {{.*}} outs(%{{.*}} : memref<32x48xf32
// CHECK-NOT: linalg.fill {{.*}} memref<48x8xf32
func.func @should_compute_logits_once(%g: memref<f32>, %x: memref<64x8xf32>, %w: memref<200x8xf32>, %t: memref<64xi32>,
                                      %loss: memref<f32>, %dx: memref<64x8xf32>, %dw: memref<200x8xf32>) {
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f32>, memref<64x8xf32>, memref<200x8xf32>, memref<64xi32>)
    outs(%loss, %dx, %dw : memref<f32>, memref<64x8xf32>, memref<200x8xf32>) {block = array<i64: 32, 48>}
  return
}

// A block that is larger than the logits is as large as they are.
// CHECK-LABEL: @should_not_exceed_a_small_vocabulary
// CHECK: memref.alloc() : memref<4x16xf32>
// CHECK-NOT: scf.for %
// CHECK: return
func.func @should_not_exceed_a_small_vocabulary(%g: memref<f32>, %x: memref<4x8xf32>, %w: memref<13x8xf32>,
    %t: memref<4xi32>, %loss: memref<f32>, %dx: memref<4x8xf32>, %dw: memref<13x8xf32>) {
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f32>, memref<4x8xf32>, memref<13x8xf32>, memref<4xi32>)
    outs(%loss, %dx, %dw : memref<f32>, memref<4x8xf32>, memref<13x8xf32>) {block = array<i64: 32, 48>}
  return
}

// The gradients of logits that products round to bf16 are kept as such, in a place of their own; their rows are an odd
// number of cache lines apart.
// CHECK-LABEL: @should_round_gradients_of_logits
// CHECK: %[[ALL:.*]] = memref.alloc() : memref<64x96xbf16>
// CHECK: %[[GRADIENTS:.*]] = memref.subview %[[ALL]][0, 0] [64, 50] [1, 1]
// CHECK: linalg.generic {{.*}} outs(%[[GRADIENTS]]
// CHECK: %[[GRADIENT:.*]] = arith.bitcast %{{.*}} : i16 to bf16
// CHECK-NEXT: linalg.yield %[[GRADIENT]]
// CHECK: linalg.contract {{.*}} ins(%[[GRADIENTS]]
// CHECK: linalg.contract {{.*}} ins(%[[GRADIENTS]]
func.func @should_round_gradients_of_logits(%g: memref<f32>, %x: memref<64x8xf32>, %w: memref<200x8xf32>,
    %t: memref<64xi32>, %l: memref<64xf32>, %dx: memref<64x8xf32>, %dw: memref<200x8xf32>) {
  sluice.blocked_cross_entropy_backward
    ins(%g, %x, %w, %t, %l : memref<f32>, memref<64x8xf32>, memref<200x8xf32>, memref<64xi32>, memref<64xf32>)
    outs(%dx, %dw : memref<64x8xf32>, memref<200x8xf32>) {block = array<i64: 50>, compute_type = bf16}
  return
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" | FileCheck %s

// Scores exist for one block of 64 queries and 64 keys; memory is at the start of the parallel body.
// CHECK-LABEL: @should_keep_scores_in_blocks
// CHECK: scf.forall (%{{.*}}) in (4) {
// CHECK: memref.alloc() : memref<64x64xf32>
// CHECK: scf.for
// CHECK: scf.for
// Keys before a query's own block are not masked.
// CHECK: linalg.contract {{.*}} outs(%{{.*}} : memref<64x64xf32>)
// CHECK-NOT: arith.select
// CHECK: math.exp
// CHECK-NOT: arith.select
// CHECK: linalg.contract {{.*}} outs(%{{.*}} : memref<64x8xf32>)
// The block on the diagonal is, and needs half of each product.
// CHECK: linalg.contract {{.*}}{sluice.triangle = array<i64: 0, 1>}
// CHECK: arith.select
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: arith.select
// CHECK: linalg.contract {{.*}}{sluice.triangle = array<i64: 0, 2>}
// CHECK-NOT: memref<256x256xf32>
func.func @should_keep_scores_in_blocks(%x: memref<2x256x16xf32>, %y: memref<2x256x16xf32>, %l: memref<2x2x256xf32>) {
  sluice.blocked_attention ins(%x, %x, %x : memref<2x256x16xf32>, memref<2x256x16xf32>, memref<2x256x16xf32>)
    outs(%y, %l : memref<2x256x16xf32>, memref<2x2x256xf32>)
    {causal, heads = 2, ordinal = 0, block = array<i64: 64>}
  return
}

// CHECK-LABEL: @should_take_the_block_of_the_target
// CHECK: memref.alloc() : memref<32x32xf32>
// CHECK: memref.alloc() : memref<8x32x8xf32>
// CHECK: scf.for %{{.*}} = %{{.*}} to %c256{{.*}} step %c32
// CHECK-NOT: 64x
func.func @should_take_the_block_of_the_target(%x: memref<2x256x16xf32>, %y: memref<2x256x16xf32>,
    %l: memref<2x2x256xf32>) {
  sluice.blocked_attention ins(%x, %x, %x : memref<2x256x16xf32>, memref<2x256x16xf32>, memref<2x256x16xf32>)
    outs(%y, %l : memref<2x256x16xf32>, memref<2x2x256xf32>)
    {causal, heads = 2, ordinal = 0, block = array<i64: 32>}
  return
}

// Without a mask every block of queries sees every block of keys, and no product has a triangle.
// CHECK-LABEL: @should_see_all_keys_without_a_mask
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c256{{.*}} step %c64
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c256{{.*}} step %c64
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c256{{.*}} step %c64
// CHECK-NOT: sluice.triangle
// CHECK-NOT: arith.select
// CHECK: return
func.func @should_see_all_keys_without_a_mask(%x: memref<2x256x16xf32>, %y: memref<2x256x16xf32>,
    %l: memref<2x2x256xf32>) {
  sluice.blocked_attention ins(%x, %x, %x : memref<2x256x16xf32>, memref<2x256x16xf32>, memref<2x256x16xf32>)
    outs(%y, %l : memref<2x256x16xf32>, memref<2x2x256xf32>)
    {heads = 2, ordinal = 0, block = array<i64: 64>}
  return
}

// A sequence shorter than a block is one block of its own length.
// CHECK-LABEL: @should_not_exceed_a_short_sequence
// CHECK: memref.alloc() : memref<24x24xf32>
// CHECK-NOT: scf.for %
// CHECK: return
func.func @should_not_exceed_a_short_sequence(%x: memref<1x24x16xf32>, %y: memref<1x24x16xf32>,
    %l: memref<1x2x24xf32>) {
  sluice.blocked_attention ins(%x, %x, %x : memref<1x24x16xf32>, memref<1x24x16xf32>, memref<1x24x16xf32>)
    outs(%y, %l : memref<1x24x16xf32>, memref<1x2x24xf32>)
    {causal, heads = 2, ordinal = 0, block = array<i64: 64>}
  return
}

// Backward goes over the queries of each block of keys, from their own block on, then what remains of the queries.
// CHECK-LABEL: @should_begin_at_the_diagonal
// CHECK: scf.forall
// CHECK: scf.for %[[KEYS:.*]] = %{{.*}} to %c128{{.*}} step %c64
// CHECK: linalg.contract {{.*}}{sluice.triangle = array<i64: 0, 1>}
// CHECK: arith.select
// CHECK: linalg.contract {{.*}}{sluice.triangle = array<i64: 2, 0>}
// CHECK: %[[NEXT:.*]] = arith.addi %[[KEYS]], %c64
// CHECK: scf.for %{{.*}} = %[[NEXT]] to
// CHECK-NOT: arith.select
// CHECK-NOT: sluice.triangle
// CHECK: linalg.contract {{.*}} outs(%{{.*}} : memref<22x64xf32>)
// CHECK: linalg.contract {{.*}}{sluice.triangle = array<i64: 0, 1>}{{.*}} outs(%{{.*}} : memref<22x22xf32>)
func.func @should_begin_at_the_diagonal(%x: memref<1x150x16xf32>, %y: memref<1x150x16xf32>, %l: memref<1x2x150xf32>) {
  sluice.blocked_attention_backward
    ins(%x, %x, %x, %x, %x, %l : memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x150x16xf32>,
        memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x2x150xf32>)
    outs(%y, %y, %y : memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x150x16xf32>)
    {causal, heads = 2, ordinal = 0, block = array<i64: 64>}
  return
}

// Every contraction inside rounds its operands.
// CHECK-LABEL: @should_hand_the_compute_type_on
// CHECK-COUNT-5: linalg.contract {{.*}} {sluice.compute_type = bf16}
// CHECK-NOT: linalg.contract
// CHECK: return
func.func @should_hand_the_compute_type_on(%x: memref<1x64x16xf32>, %y: memref<1x64x16xf32>, %l: memref<1x2x64xf32>) {
  sluice.blocked_attention_backward
    ins(%x, %x, %x, %x, %x, %l : memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>,
        memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x2x64xf32>)
    outs(%y, %y, %y : memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>)
    {heads = 2, ordinal = 0, compute_type = bf16, block = array<i64: 64>}
  return
}

// Queries, keys and values that come in bf16 are widened as their blocks are copied.
// CHECK-LABEL: @should_widen_blocks
// CHECK: %[[COPY:.*]] = memref.alloc() : memref<64x8xf32>
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<64x8xbf16, {{.*}}>) outs(%{{.*}} : memref<64x8xf32>)
// CHECK: arith.extui
// CHECK: linalg.transpose ins(%{{.*}} : memref<64x8xf32>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : memref<64x8xbf16, {{.*}}>) outs(%{{.*}} : memref<64x8xf32, {{.*}}>)
// CHECK: linalg.contract
func.func @should_widen_blocks(%x: memref<1x128x16xbf16>, %y: memref<1x128x16xf32>,
                               %l: memref<1x2x128xf32>) {
  sluice.blocked_attention ins(%x, %x, %x : memref<1x128x16xbf16>, memref<1x128x16xbf16>, memref<1x128x16xbf16>)
    outs(%y, %l : memref<1x128x16xf32>, memref<1x2x128xf32>)
    {heads = 2, ordinal = 0, compute_type = bf16, block = array<i64: 64>}
  return
}

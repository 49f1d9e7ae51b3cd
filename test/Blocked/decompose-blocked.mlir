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
func.func @should_keep_scores_in_blocks(%q: memref<2x256x16xf32>, %o: memref<2x256x16xf32>, %l: memref<2x2x256xf32>) {
  sluice.blocked_attention ins(%q, %q, %q : memref<2x256x16xf32>, memref<2x256x16xf32>, memref<2x256x16xf32>) outs(%o, %l : memref<2x256x16xf32>, memref<2x2x256xf32>) {causal, heads = 2, ordinal = 0}
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
  sluice.blocked_attention_backward ins(%x, %x, %x, %x, %x, %l : memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x2x150xf32>)
    outs(%y, %y, %y : memref<1x150x16xf32>, memref<1x150x16xf32>, memref<1x150x16xf32>) {causal, heads = 2, ordinal = 0}
  return
}

// A vocabulary that no block divides has a shorter last block.
// CHECK-LABEL: @should_keep_logits_in_blocks
// CHECK-DAG: memref.alloc() : memref<8192x64xf32>
// CHECK-DAG: memref.alloc() : memref<8192x8xf32>
// CHECK: scf.for
func.func @should_keep_logits_in_blocks(%x: memref<8192x8xf32>, %w: memref<200x8xf32>, %t: memref<8192xi32>, %loss: memref<f32>, %l: memref<8192xf32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<8192x8xf32>, memref<200x8xf32>, memref<8192xi32>) outs(%loss, %l : memref<f32>, memref<8192xf32>)
  return
}

// Each row of the table gets one sum, found in the order of the indices. Threads share columns, never rows.
// CHECK-LABEL: @should_scatter_sums_of_rows
// CHECK-DAG: %[[SEEN:.*]] = memref.alloc() : memref<5xi32>
// CHECK-DAG: %[[FIRSTS:.*]] = memref.alloc() : memref<3xi32>
// CHECK: linalg.fill ins(%c-1{{.*}} outs(%[[SEEN]]
// CHECK: scf.for
// CHECK: memref.load %arg1
// CHECK: memref.load %[[SEEN]]
// CHECK: memref.store {{.*}}, %[[FIRSTS]]
// CHECK: scf.forall (%{{.*}}) in (2) {
// CHECK: %[[SUMS:.*]] = memref.alloc() : memref<3x64xf32>
// CHECK: scf.for
// CHECK: memref.load %[[FIRSTS]]
// CHECK: memref.subview %[[SUMS]]
// CHECK: memref.subview %arg0
// CHECK: arith.addf
// CHECK: scf.for
// CHECK: memref.load %arg1
// CHECK: memref.subview %arg2
// CHECK: memref.subview %[[SUMS]]
// CHECK: arith.addf
func.func @should_scatter_sums_of_rows(%rows: memref<3x128xf32>, %i: memref<3xi32>, %table: memref<5x128xf32>) {
  sluice.scatter_rows ins(%rows, %i : memref<3x128xf32>, memref<3xi32>) outs(%table : memref<5x128xf32>)
  return
}

// Threads share columns; a block of 32 rows is read twice while it is in cache, and joins the rows before it.
// CHECK-LABEL: @should_sum_squares_around_the_mean_of_a_block
// CHECK: scf.forall (%{{.*}}) in (2) {
// CHECK: scf.for
// CHECK: %[[X:.*]] = memref.subview {{.*}} [32, 64]
// CHECK: linalg.generic {{.*}} ins(%[[X]], {{.*}} outs(%[[MEAN:.*]] : memref<64xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[X]], %{{.*}}, %[[MEAN]]
// CHECK: math.log
func.func @should_sum_squares_around_the_mean_of_a_block(%x: memref<2x64x128xf32>, %t: memref<2x64xi32>, %loss: memref<f32>, %m: memref<128xf32>, %v: memref<128xf32>, %r: memref<4xf32>) {
  sluice.blocked_standardization_loss ins(%x, %t : memref<2x64x128xf32>, memref<2x64xi32>) outs(%loss, %m, %v, %r : memref<f32>, memref<128xf32>, memref<128xf32>, memref<4xf32>) {epsilon = 1.0e-06}
  return
}

// Threads share small matrices; each takes the smaller of both products with itself, reads symmetric matrices transposed, and has memory of its own.
// CHECK-LABEL: @should_share_matrices
// CHECK: scf.forall (%[[NUMBER:.*]]) in (6) {
// CHECK: memref.alloc() : memref<8x8xf32>
// CHECK: arith.divui %[[NUMBER]]
// CHECK: arith.remui %[[NUMBER]]
// CHECK: %[[X:.*]] = memref.subview %arg1[%{{.*}}, 0, %{{.*}}] [1, 32, 8]
// CHECK: math.sqrt
// CHECK: scf.for {{.*}} step
// CHECK: linalg.contract {{.*}} ins(%[[X]], %[[X]] : {{.*}}) outs(%[[GRAM:.*]] : memref<8x8xf32>)
// CHECK: linalg.contract {{.*}} ins(%[[GRAM]], %[[GRAM]] : {{.*}}) outs(%[[POLYNOMIAL:.*]] : memref<8x8xf32>)
// CHECK: linalg.generic
// CHECK: linalg.contract {{.*}} ins(%[[X]], %[[POLYNOMIAL]] : {{.*}}) outs(%{{.*}} : memref<32x8xf32>)
func.func @should_share_matrices(%u: memref<2x32x24xf32>, %x: memref<2x32x24xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<2x32x24xf32>) outs(%x : memref<2x32x24xf32>) {parts = 3}
  return
}

// A large matrix is left to loops that share its products.
// CHECK-LABEL: @should_share_products
// CHECK-NOT: scf.forall
// CHECK: linalg.contract {{.*}} outs(%{{.*}} : memref<512x512xf32>)
// CHECK-NOT: scf.forall
func.func @should_share_products(%u: memref<2x512x2048xf32>, %x: memref<2x512x2048xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<2x512x2048xf32>) outs(%x : memref<2x512x2048xf32>) {parts = 1}
  return
}

// Every contraction inside rounds its operands.
// CHECK-LABEL: @should_hand_the_compute_type_on
// CHECK-COUNT-5: linalg.contract {{.*}} {sluice.compute_type = bf16}
// CHECK-NOT: linalg.contract
// CHECK: return
func.func @should_hand_the_compute_type_on(%x: memref<1x64x16xf32>, %y: memref<1x64x16xf32>, %l: memref<1x2x64xf32>) {
  sluice.blocked_attention_backward ins(%x, %x, %x, %x, %x, %l : memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x2x64xf32>)
    outs(%y, %y, %y : memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>) {heads = 2, ordinal = 0, compute_type = bf16}
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
func.func @should_widen_blocks(%x: memref<1x128x16xbf16>, %y: memref<1x128x16xf32>, %l: memref<1x2x128xf32>) {
  sluice.blocked_attention ins(%x, %x, %x : memref<1x128x16xbf16>, memref<1x128x16xbf16>, memref<1x128x16xbf16>) outs(%y, %l : memref<1x128x16xf32>, memref<1x2x128xf32>) {heads = 2, ordinal = 0, compute_type = bf16}
  return
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-cpu-block-strategy))" | FileCheck %s

// CHECK-LABEL: @should_set_blocks_of_rows_of_a_table
// CHECK: sluice.gather_rows {{.*}} {block = array<i64: 1>}
// CHECK: sluice.scatter_rows {{.*}} {block = array<i64: 64>}
func.func @should_set_blocks_of_rows_of_a_table(%i: memref<10xi32>, %table: memref<5x128xf32>,
                                                %rows: memref<10x128xf32>) {
  sluice.gather_rows ins(%i, %table : memref<10xi32>, memref<5x128xf32>) outs(%rows : memref<10x128xf32>)
  sluice.scatter_rows ins(%rows, %i : memref<10x128xf32>, memref<10xi32>) outs(%table : memref<5x128xf32>)
  return
}

// CHECK-LABEL: @should_keep_scores_in_a_first_level_cache
// CHECK: sluice.blocked_attention {{.*}} {block = array<i64: 64>, heads = 2 : i64
// CHECK: sluice.blocked_attention_backward {{.*}} {block = array<i64: 64>, heads = 2 : i64
func.func @should_keep_scores_in_a_first_level_cache(%x: memref<1x64x16xf32>, %y: memref<1x64x16xf32>,
                                                     %l: memref<1x2x64xf32>) {
  sluice.blocked_attention ins(%x, %x, %x : memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>)
    outs(%y, %l : memref<1x64x16xf32>, memref<1x2x64xf32>) {heads = 2, ordinal = 0}
  sluice.blocked_attention_backward
    ins(%x, %x, %x, %x, %x, %l : memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>,
        memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x2x64xf32>)
    outs(%y, %y, %y : memref<1x64x16xf32>, memref<1x64x16xf32>, memref<1x64x16xf32>) {heads = 2, ordinal = 0}
  return
}

// CHECK-LABEL: @should_compute_half_a_million_logits_at_a_time
// CHECK: block = array<i64: 2048>
func.func @should_compute_half_a_million_logits_at_a_time(%x: memref<256x8xf32>, %w: memref<50257x8xf32>,
    %t: memref<256xi32>,
    %loss: memref<f32>, %l: memref<256xf32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<256x8xf32>, memref<50257x8xf32>, memref<256xi32>)
    outs(%loss, %l : memref<f32>, memref<256xf32>)
  return
}

// CHECK-LABEL: @should_compute_64_columns_of_many_rows
// CHECK: block = array<i64: 64>
func.func @should_compute_64_columns_of_many_rows(%x: memref<65536x8xf32>, %w: memref<200x8xf32>, %t: memref<65536xi32>,
    %loss: memref<f32>, %l: memref<65536xf32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<65536x8xf32>, memref<200x8xf32>, memref<65536xi32>)
    outs(%loss, %l : memref<f32>, memref<65536xf32>)
  return
}

// CHECK-LABEL: @should_not_exceed_a_small_vocabulary
// CHECK: block = array<i64: 50>
func.func @should_not_exceed_a_small_vocabulary(%x: memref<4x8xf32>, %w: memref<50x8xf32>, %t: memref<4xi32>,
    %loss: memref<f32>, %l: memref<4xf32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<4x8xf32>, memref<50x8xf32>, memref<4xi32>)
    outs(%loss, %l : memref<f32>, memref<4xf32>)
  return
}

// CHECK-LABEL: @should_compute_as_many_logits_in_backward
// CHECK: block = array<i64: 2048>
func.func @should_compute_as_many_logits_in_backward(%g: memref<f32>, %x: memref<4x64x8xf32>, %w: memref<50257x8xf32>,
    %t: memref<4x64xi32>, %l: memref<4x64xf32>, %dx: memref<4x64x8xf32>, %dw: memref<50257x8xf32>) {
  sluice.blocked_cross_entropy_backward
    ins(%g, %x, %w, %t, %l : memref<f32>, memref<4x64x8xf32>, memref<50257x8xf32>, memref<4x64xi32>, memref<4x64xf32>)
    outs(%dx, %dw : memref<4x64x8xf32>, memref<50257x8xf32>)
  return
}

// CHECK-LABEL: @should_keep_the_logits_of_all_rows
// CHECK: block = array<i64: 256, 2048>
func.func @should_keep_the_logits_of_all_rows(%g: memref<f32>, %x: memref<256x8xf32>, %w: memref<50257x8xf32>,
    %t: memref<256xi32>, %loss: memref<f32>, %dx: memref<256x8xf32>, %dw: memref<50257x8xf32>) {
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f32>, memref<256x8xf32>, memref<50257x8xf32>, memref<256xi32>)
    outs(%loss, %dx, %dw : memref<f32>, memref<256x8xf32>, memref<50257x8xf32>)
  return
}

// 2^26 logits are 1335 rows: four blocks of 1024 are the fewest of equal size.
// CHECK-LABEL: @should_make_blocks_of_rows_equal
// CHECK: block = array<i64: 1024, 512>
func.func @should_make_blocks_of_rows_equal(%g: memref<f32>, %x: memref<4096x8xf32>, %w: memref<50257x8xf32>,
    %t: memref<4096xi32>, %loss: memref<f32>, %dx: memref<4096x8xf32>, %dw: memref<50257x8xf32>) {
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f32>, memref<4096x8xf32>, memref<50257x8xf32>, memref<4096xi32>)
    outs(%loss, %dx, %dw : memref<f32>, memref<4096x8xf32>, memref<50257x8xf32>)
  return
}

// Half as many rows at most, in seven blocks.
// CHECK-LABEL: @should_keep_fewer_logits_where_operands_are_rounded
// CHECK: block = array<i64: 586, 832>
func.func @should_keep_fewer_logits_where_operands_are_rounded(%g: memref<f32>, %x: memref<4096x8xf32>,
    %w: memref<50257x8xf32>,
    %t: memref<4096xi32>, %loss: memref<f32>, %dx: memref<4096x8xf32>, %dw: memref<50257x8xf32>) {
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f32>, memref<4096x8xf32>, memref<50257x8xf32>, memref<4096xi32>)
    outs(%loss, %dx, %dw : memref<f32>, memref<4096x8xf32>, memref<50257x8xf32>) {compute_type = bf16}
  return
}

// CHECK-LABEL: @should_share_small_matrices
// CHECK: block = array<i64: 1>
func.func @should_share_small_matrices(%u: memref<2x256x768xf32>, %x: memref<2x256x768xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<2x256x768xf32>) outs(%x : memref<2x256x768xf32>) {parts = 3}
  return
}

// CHECK-LABEL: @should_share_products_of_large_matrices
// CHECK: block = array<i64: 6>
func.func @should_share_products_of_large_matrices(%u: memref<2x264x768xf32>, %x: memref<2x264x768xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<2x264x768xf32>) outs(%x : memref<2x264x768xf32>) {parts = 3}
  return
}

// CHECK-LABEL: @should_read_rows_twice_from_a_first_level_cache
// CHECK: block = array<i64: 32, 64>
func.func @should_read_rows_twice_from_a_first_level_cache(%x: memref<2x64x128xf32>, %t: memref<2x64xi32>,
    %loss: memref<f32>, %m: memref<128xf32>, %v: memref<128xf32>, %r: memref<4xf32>) {
  sluice.blocked_standardization_loss ins(%x, %t : memref<2x64x128xf32>, memref<2x64xi32>)
    outs(%loss, %m, %v, %r : memref<f32>, memref<128xf32>, memref<128xf32>, memref<4xf32>) {epsilon = 1.0e-06}
  return
}

// CHECK-LABEL: @should_replace_the_block_of_another_target
// CHECK: block = array<i64: 1>
func.func @should_replace_the_block_of_another_target(%i: memref<10xi32>, %table: memref<5x128xf32>,
                                                      %rows: memref<10x128xf32>) {
  sluice.gather_rows ins(%i, %table : memref<10xi32>, memref<5x128xf32>) outs(%rows : memref<10x128xf32>)
    {block = array<i64: 4>}
  return
}

// CHECK-LABEL: @should_leave_other_ops
// CHECK-NOT: block
func.func @should_leave_other_ops(%a: memref<8x8xf32>, %c: memref<8x8xf32>) {
  linalg.matmul ins(%a, %a : memref<8x8xf32>, memref<8x8xf32>) outs(%c : memref<8x8xf32>)
  return
}

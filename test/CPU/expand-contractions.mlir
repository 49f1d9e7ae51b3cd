// RUN: sluice-opt %s --split-input-file --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// 2 x 8 blocks of C, 2 blocks of the sum; nothing is at an edge. Eight tasks want the same panels of A, which are packed
// before; those of B belong to a task.
// CHECK-LABEL: @whole_blocks_are_written_in_place
// CHECK: %[[A:.*]] = memref.alloc() {alignment = 64 : i64} : memref<6144xf32>
// CHECK-NOT: scf.forall
// CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64
// They are copied transposed, and nothing is written beyond a panel.
// CHECK: vector.load %arg0
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11]
// CHECK-NOT: vector.store {{.*}} vector<8xf32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<4xf32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<2xf32>
// CHECK: scf.forall (%{{.*}}) in (16)
// CHECK-NEXT: %[[B:.*]] = memref.alloc() {alignment = 64 : i64} : memref<1024xf32>
// CHECK-NOT: memref.alloc
// CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64
// Those of B are copied as they lie.
// CHECK: vector.load %arg1
// CHECK: vector.store %{{.*}}, %[[B]]
// A block of C is fetched row by row while its sums are computed, a row before each of eight stretches of them.
// CHECK: scf.for %[[STRETCH:.*]] = %c0 to %c64 step %c8 iter_args
// CHECK: memref.prefetch %arg2
// CHECK: %[[END:.*]] = arith.addi %[[STRETCH]], %c8
// CHECK: scf.for %{{.*}} = %[[STRETCH]] to %[[END]] step %c4 iter_args
// CHECK-NOT: memref.prefetch
// CHECK-COUNT-48: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-12: vector.store {{.*}} %arg2
// CHECK-NOT: linalg.
func.func @whole_blocks_are_written_in_place(%a: memref<48x128xf32>, %b: memref<128x128xf32>, %c: memref<48x128xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [24, 16, 64], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<48x128xf32>, memref<128x128xf32>) outs(%c : memref<48x128xf32>)
  return
}

// -----

// CHECK-LABEL: @a_is_read_where_it_lies
// CHECK-NOT: memref.alloc
// CHECK: scf.forall (%{{.*}}) in (4)
// CHECK-NEXT: memref.alloc() {alignment = 64 : i64} : memref<1024xf32>
// CHECK-NOT: memref.alloc
// CHECK: scf.for {{.*}} iter_args
// CHECK: memref.load %arg0[%[[ROW:.*]], %[[SUM:.*]]]
// CHECK-NEXT: vector.broadcast
func.func @a_is_read_where_it_lies(%a: memref<48x128xf32>, %b: memref<128x128xf32>, %c: memref<48x128xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [24, 64, 64], vector = 8, packs_a = false, packs_b = true>}
    ins(%a, %b : memref<48x128xf32>, memref<128x128xf32>) outs(%c : memref<48x128xf32>)
  return
}

// -----

// Rows beyond the last one are that one again, and not stored.
// CHECK-LABEL: @b_is_read_where_it_lies_too
// CHECK-NOT: memref.alloc
// CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c6
// CHECK: scf.for {{.*}} iter_args
// CHECK: vector.load %arg1{{.*}} vector<8xf32>
// CHECK: vector.load %arg1{{.*}} vector<8xf32>
// CHECK: %[[ROW:.*]] = arith.minui %[[I]], %c63
// CHECK: memref.load %arg0[%[[ROW]],
// CHECK: vector.maskedstore
func.func @b_is_read_where_it_lies_too(%a: memref<64x64xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [66, 64, 64], vector = 8, packs_a = false, packs_b = false>}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// -----

// Only what the lower triangle of C needs: rows from the block's own on.
// CHECK-LABEL: @of_a_lower_triangle_of_c_upper_rows_are_left_out
// CHECK: scf.for %[[J:.*]] = %c0 to %c64 step %c16
// CHECK: %[[REST:.*]] = arith.remui %[[J]], %c4
// CHECK: %[[FIRST:.*]] = arith.subi %[[J]], %[[REST]]
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %c64 step %c4
func.func @of_a_lower_triangle_of_c_upper_rows_are_left_out(%a: memref<64x64xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  linalg.matmul {sluice.triangle = array<i64: 0, 1>, sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [64, 64, 64], vector = 8, packs_a = false, packs_b = false>}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// -----

// A row of a lower triangle of A has terms up to its own number.
// CHECK-LABEL: @of_a_lower_triangle_of_a_later_terms_are_left_out
// CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c4
// CHECK: %[[END:.*]] = arith.minui %{{.*}}, %c64
// CHECK: scf.for %[[STRETCH:.*]] = %c0 to %[[END]] step %c8 iter_args
// CHECK: %[[LAST:.*]] = arith.minui %{{.*}}, %[[END]]
// CHECK: scf.for %{{.*}} = %[[STRETCH]] to %[[LAST]] step %c4 iter_args
func.func @of_a_lower_triangle_of_a_later_terms_are_left_out(%a: memref<64x64xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  linalg.matmul {sluice.triangle = array<i64: 0, 2>, sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [64, 64, 64], vector = 8, packs_a = false, packs_b = false>}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// -----

// The terms of a row of its transpose begin there.
// CHECK-LABEL: @of_its_transpose_earlier_terms_are_left_out
// CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c4
// CHECK: %[[FIRST:.*]] = arith.subi %[[I]],
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %c64 step %c8 iter_args
// CHECK: memref.load %arg0[%{{.*}}, %[[I]]]
func.func @of_its_transpose_earlier_terms_are_left_out(%a: memref<64x64xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  linalg.contract indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    {sluice.triangle = array<i64: 2, 0>, sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [64, 64, 64], vector = 8, packs_a = false, packs_b = false>}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// -----

// More than one block of C, or of the sum, is computed whole.
// CHECK-LABEL: @a_triangle_of_several_blocks_is_computed_whole
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c4
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c8 iter_args
func.func @a_triangle_of_several_blocks_is_computed_whole(%a: memref<64x64xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  linalg.matmul {sluice.triangle = array<i64: 0, 1>, sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [32, 64, 64], vector = 8, packs_a = false, packs_b = false>}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// -----

// CHECK-LABEL: @edges_are_padded_and_masked
// CHECK: vector.store %cst{{.*}}, %alloc
// The last term of a sum of 17 is by itself.
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c4 iter_args
// CHECK-COUNT-60: vector.fma
// CHECK-NOT: vector.fma
// CHECK: vector.create_mask
// CHECK: vector.maskedload %arg2
// CHECK: vector.maskedstore %arg2
func.func @edges_are_padded_and_masked(%a: memref<7x17xf32>, %b: memref<17x33xf32>, %c: memref<7x33xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [12, 48, 17], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<7x17xf32>, memref<17x33xf32>) outs(%c : memref<7x33xf32>)
  return
}

// -----

// Columns that are not contiguous go through a tile.
// CHECK-LABEL: @columns_apart
// CHECK: %[[TILE:.*]] = memref.alloc() {{.*}} : memref<6x16xf32>
// CHECK: vector.store {{.*}} %[[TILE]]
// CHECK: memref.load %[[TILE]]
// CHECK: memref.store {{.*}} %arg2
func.func @columns_apart(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32, strided<[64, 2]>>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32, strided<[64, 2]>>)
  return
}

// -----

// CHECK-LABEL: @a_fill_with_zero_becomes_the_first_store
// CHECK-NOT: linalg.fill
// CHECK: vector.fma
// CHECK-NOT: vector.load %arg2
// CHECK: vector.store {{.*}} %arg2
func.func @a_fill_with_zero_becomes_the_first_store(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// -----

// Ops in between touch other buffers; arguments are distinct.
// CHECK-LABEL: @a_fill_before_other_ops
// CHECK-NOT: linalg.fill {{.*}} outs(%arg2
// CHECK: linalg.generic
// CHECK-NOT: vector.load %arg2
// CHECK: vector.store {{.*}} %arg2
func.func @a_fill_before_other_ops(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>, %d: memref<6x8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [affine_map<(m, k) -> (m, k)>, affine_map<(m, k) -> (m, k)>], iterator_types = ["parallel", "parallel"]}
    ins(%d : memref<6x8xf32>) outs(%a : memref<6x8xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// -----

// CHECK-LABEL: @a_row_for_all_rows_is_added_to_the_first_sums
// CHECK-NOT: linalg.generic
// CHECK-NOT: vector.load %collapse_shape_
// CHECK: vector.load %arg3[%{{.*}}] : memref<16xf32>
// CHECK: vector.store {{.*}} %collapse_shape_
func.func @a_row_for_all_rows_is_added_to_the_first_sums(%a: memref<2x3x8xf32>, %b: memref<8x16xf32>, %c: memref<2x3x16xf32>, %row: memref<16xf32>) {
  linalg.generic {indexing_maps = [affine_map<(b, t, o) -> (o)>, affine_map<(b, t, o) -> (b, t, o)>], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%row : memref<16xf32>) outs(%c : memref<2x3x16xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  linalg.contract indexing_maps = [affine_map<(b, t, o, i) -> (b, t, i)>, affine_map<(b, t, o, i) -> (i, o)>, affine_map<(b, t, o, i) -> (b, t, o)>]
    {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<2x3x8xf32>, memref<8x16xf32>) outs(%c : memref<2x3x16xf32>)
  return
}

// -----

// CHECK-LABEL: @a_column_for_all_columns_is_not
// CHECK: linalg.generic
// CHECK: vector.load %arg2
func.func @a_column_for_all_columns_is_not(%a: memref<16x8xf32>, %b: memref<8x16xf32>, %c: memref<16x16xf32>, %column: memref<16xf32>) {
  linalg.generic {indexing_maps = [affine_map<(t, o) -> (t)>, affine_map<(t, o) -> (t, o)>], iterator_types = ["parallel", "parallel"]}
    ins(%column : memref<16xf32>) outs(%c : memref<16x16xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [16, 16, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<16x8xf32>, memref<8x16xf32>) outs(%c : memref<16x16xf32>)
  return
}

// -----

// CHECK-LABEL: @a_fill_that_somebody_reads_stays
// CHECK: linalg.fill
// CHECK: memref.load %arg2
// CHECK: vector.load %arg2
func.func @a_fill_that_somebody_reads_stays(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) -> f32 {
  %zero = arith.constant 0.0 : f32
  %index = arith.constant 0 : index
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  %seen = memref.load %c[%index, %index] : memref<6x16xf32>
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return %seen : f32
}

// -----

// CHECK-LABEL: @batch_and_sequence_are_one_sum
// CHECK: memref.collapse_shape %arg0 {{\[\[}}0, 1], [2]]
// CHECK: memref.collapse_shape %arg1 {{\[\[}}0, 1], [2]]
// CHECK: scf.for %{{.*}} = %c0 to %c256 step %c128
func.func @batch_and_sequence_are_one_sum(%a: memref<4x64x24xf32>, %b: memref<4x64x32xf32>, %c: memref<24x32xf32>) {
  linalg.contract indexing_maps = [affine_map<(i, o, b, t) -> (b, t, i)>, affine_map<(i, o, b, t) -> (b, t, o)>,
                     affine_map<(i, o, b, t) -> (i, o)>]
    {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [24, 32, 128], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<4x64x24xf32>, memref<4x64x32xf32>) outs(%c : memref<24x32xf32>)
  return
}

// -----

// Inside a parallel loop: no other one, and the buffers at its start.
// CHECK-LABEL: @a_parallel_loop_holds_sequential_ones
// CHECK: scf.forall (%{{.*}}) in (12)
// CHECK-NEXT: memref.alloc()
// CHECK-NEXT: memref.alloc()
// CHECK-NOT: scf.forall
// CHECK: memref.subview
// CHECK-NOT: memref.alloc
// CHECK: vector.fma
#slice = strided<[192, 1], offset: ?>
func.func @a_parallel_loop_holds_sequential_ones(%qkv: memref<12x64x192xf32>, %c: memref<12x66x64xf32>, %p: memref<12x66x64xf32>) {
  scf.forall (%h) in (12) {
    %v = memref.subview %qkv[%h, 0, 128] [1, 64, 64] [1, 1, 1] : memref<12x64x192xf32> to memref<64x64xf32, #slice>
    %ph = memref.subview %p[%h, 0, 0] [1, 66, 64] [1, 1, 1] : memref<12x66x64xf32> to memref<66x64xf32, strided<[64, 1], offset: ?>>
    %ch = memref.subview %c[%h, 0, 0] [1, 66, 64] [1, 1, 1] : memref<12x66x64xf32> to memref<66x64xf32, strided<[64, 1], offset: ?>>
    linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [66, 64, 64], vector = 8, packs_a = true, packs_b = true>}
      ins(%ph, %v : memref<66x64xf32, strided<[64, 1], offset: ?>>, memref<64x64xf32, #slice>)
      outs(%ch : memref<66x64xf32, strided<[64, 1], offset: ?>>)
  }
  return
}

// -----

// CHECK-LABEL: @vectors_of_128_bits_multiply_and_add
// CHECK-NOT: vector.fma
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @vectors_of_128_bits_multiply_and_add(%a: memref<4x8xf32>, %b: memref<8x8xf32>, %c: memref<4x8xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 8], cache = [4, 8, 8], vector = 4, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<4x8xf32>, memref<8x8xf32>) outs(%c : memref<4x8xf32>)
  return
}

// -----

// Panels of f32 hold what is rounded to bf16, in whole vectors: half of the last place that stays is added, and the rest cut off.
// CHECK-LABEL: @operands_are_rounded_as_they_are_packed
// CHECK: memref.alloc() {{.*}} : memref<128xf32>
// CHECK: vector.load %arg0
// CHECK: arith.cmpf uno
// CHECK: %[[X:.*]] = vector.load %arg1
// CHECK: %[[BITS:.*]] = arith.bitcast %[[X]] : vector<8xf32> to vector<8xi32>
// CHECK: arith.shrui %[[BITS]], %cst
// CHECK: arith.addi %[[BITS]], %cst
// CHECK: %[[SUM:.*]] = arith.addi
// CHECK: %[[IS_NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]]
// CHECK: %[[QUIET:.*]] = arith.ori %[[BITS]], %cst
// CHECK: %[[WORD:.*]] = arith.select %[[IS_NAN]], %[[QUIET]], %[[SUM]] : vector<8xi1>, vector<8xi32>
// CHECK: %[[CUT:.*]] = arith.andi %[[WORD]], %cst
// CHECK: %[[ROUNDED:.*]] = arith.bitcast %[[CUT]] : vector<8xi32> to vector<8xf32>
// CHECK: vector.store %[[ROUNDED]]
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: arith.cmpf
// CHECK: vector.fma
func.func @operands_are_rounded_as_they_are_packed(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// -----

// Pairs of bf16: of two rows of B one vector, of a row of A as it lies. The last term of 33 has a zero beside it.
// CHECK-LABEL: @two_terms_lie_together
// CHECK: %[[B:.*]] = memref.alloc() {{.*}} : memref<544xbf16>
// CHECK: %[[A:.*]] = memref.alloc() {{.*}} : memref<272xbf16>
// CHECK: arith.truncf {{.*}} : vector<32xf32> to vector<32xbf16>
// CHECK: vector.bitcast {{.*}} : vector<32xbf16> to vector<16xi32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<16xbf16>
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c2
// CHECK: %[[X:.*]] = arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: %[[Y:.*]] = arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: vector.interleave %[[X]], %[[Y]] : vector<16xbf16> -> vector<32xbf16>
// CHECK: vector.store %{{.*}}, %[[B]]
// CHECK: vector.interleave %{{.*}}, %cst
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c8 iter_args
// CHECK: vector.load %[[A]]{{.*}} vector<2xbf16>
// CHECK: vector.broadcast {{.*}} : i32 to vector<16xi32>
// CHECK: vector.bitcast {{.*}} : vector<16xi32> to vector<32xbf16>
// CHECK: x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK-NOT: vector.fma
func.func @two_terms_lie_together(%a: memref<8x33xf32>, %b: memref<33x16xf32>, %c: memref<8x16xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [8, 16], cache = [8, 16, 34], vector = 16, packs_a = true, packs_b = true, vnni = 2>}
    ins(%a, %b : memref<8x33xf32>, memref<33x16xf32>) outs(%c : memref<8x16xf32>)
  return
}

// -----

// Tiles of bf16: of A 32 terms of a row lie together, which are copied as they lie; of B pairs. Zeros fill up what 40 terms lack to 64. The sums become vectors again by way of a
// buffer.
// CHECK-LABEL: @tiles
// CHECK: %[[TILE:.*]] = memref.alloc() {{.*}} : memref<32x32xf32>
// CHECK: %[[B:.*]] = memref.alloc() {{.*}} : memref<2048xbf16>
// CHECK: %[[A:.*]] = memref.alloc() {{.*}} : memref<2048xbf16>
// CHECK: arith.truncf {{.*}} : vector<32xf32> to vector<32xbf16>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<32xbf16>
// CHECK: vector.maskedload %arg0{{.*}} into vector<32xf32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<32xbf16>
// CHECK: scf.for %{{.*}} = %c40 to %c64 step %c2
// CHECK-COUNT-2: vector.store %cst{{.*}}, %[[B]]
// CHECK: vector.interleave
// CHECK: vector.store %{{.*}}, %[[B]]{{.*}} vector<32xbf16>
// CHECK-COUNT-4: amx.tile_zero : !amx.tile<16x16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c32 iter_args
// CHECK-COUNT-2: amx.tile_load %[[A]][{{.*}}], %c32 : memref<2048xbf16> into !amx.tile<16x32xbf16>
// CHECK-COUNT-2: amx.tile_load %[[B]][{{.*}}], %c64 : memref<2048xbf16> into !amx.tile<16x32xbf16>
// CHECK-COUNT-4: amx.tile_mulf
// CHECK-COUNT-4: amx.tile_store %[[TILE]]
// CHECK: %[[ROW:.*]] = vector.load %[[TILE]][%c0, %c0]
// CHECK: arith.addf %{{.*}}, %[[ROW]]
// CHECK-COUNT-64: vector.store {{.*}} %arg2
func.func @tiles(%a: memref<32x40xf32>, %b: memref<40x32xf32>, %c: memref<32x32xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 64], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<32x40xf32>, memref<40x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

// C stays in cache from one block of the sum to the next, and to fetch it would delay tiles. A is so small that both blocks of C pack it.
// CHECK-LABEL: @tiles_of_several_blocks_of_the_sum
// CHECK-NOT: scf.forall
// CHECK: scf.forall (%{{.*}}) in (2)
// CHECK: amx.tile_zero
// CHECK-NOT: memref.prefetch %arg2
// CHECK: amx.tile_mulf
func.func @tiles_of_several_blocks_of_the_sum(%a: memref<256x768xf32>, %b: memref<768x768xf32>, %c: memref<256x768xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [256, 384, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<256x768xf32>, memref<768x768xf32>) outs(%c : memref<256x768xf32>)
  return
}

// -----

// A large A that is rounded as it is packed is packed before, once.
// CHECK-LABEL: @tiles_of_a_large_a
// CHECK: scf.forall (%{{.*}}) in (32)
// CHECK: arith.truncf
// CHECK: scf.forall (%{{.*}}) in (8)
// CHECK: amx.tile_mulf
// CHECK-LABEL: @tiles_of_a_large_narrow_a
// CHECK-NOT: scf.forall
// CHECK: scf.forall (%{{.*}}) in (8)
func.func @tiles_of_a_large_a(%a: memref<2048x768xf32>, %b: memref<768x768xf32>, %c: memref<2048x768xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [512, 384, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<2048x768xf32>, memref<768x768xf32>) outs(%c : memref<2048x768xf32>)
  return
}
func.func @tiles_of_a_large_narrow_a(%a: memref<2048x768xbf16>, %b: memref<768x768xf32>, %c: memref<2048x768xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [512, 384, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<2048x768xbf16>, memref<768x768xf32>) outs(%c : memref<2048x768xf32>)
  return
}

// -----

// What is bf16 in memory is packed as it is: terms of a row of A as they lie, and pairs of B.
// CHECK-LABEL: @tiles_of_narrow_operands
// CHECK-NOT: arith.truncf
// CHECK: %[[ROW:.*]] = vector.load %arg0{{.*}} vector<32xbf16>
// CHECK: vector.store %[[ROW]]
// CHECK: vector.load %arg1{{.*}} vector<16xbf16>
// CHECK: vector.interleave
// CHECK-NOT: arith.truncf
// CHECK: amx.tile_mulf
func.func @tiles_of_narrow_operands(%a: memref<32x32xbf16>, %b: memref<32x32xbf16>, %c: memref<32x32xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 32], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<32x32xbf16>, memref<32x32xbf16>) outs(%c : memref<32x32xf32>)
  return
}

// -----

// In panels of f32 it is widened, which is exact.
// CHECK-LABEL: @panels_of_narrow_operands
// CHECK: vector.load %arg1{{.*}} vector<16xbf16>
// CHECK: arith.extui {{.*}} : vector<16xi16> to vector<16xi32>
// CHECK: arith.shli
// CHECK: vector.store {{.*}} vector<16xf32>
// CHECK: vector.fma
func.func @panels_of_narrow_operands(%a: memref<8x16xbf16>, %b: memref<16x16xbf16>, %c: memref<8x16xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [8, 16], cache = [8, 16, 16], vector = 16, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<8x16xbf16>, memref<16x16xbf16>) outs(%c : memref<8x16xf32>)
  return
}

// -----

// Four panels of B are packed row by row, then used one after the other; the last two of six by themselves.
// CHECK-LABEL: @panels_together
// CHECK: memref.alloc() {{.*}} : memref<4096xbf16>
// CHECK: scf.for %[[START:.*]] = %c0 to %c192 step %c128
// CHECK: %[[LEFT:.*]] = arith.subi %c192, %[[START]]
// CHECK: %[[COUNT:.*]] = arith.minui %[[LEFT]], %c128
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c128
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c2
// CHECK-COUNT-16: vector.load %arg1
// CHECK: scf.for %{{.*}} = %c0 to %[[COUNT]] step %c32
// CHECK: amx.tile_mulf
func.func @panels_together(%a: memref<32x32xbf16>, %b: memref<32x192xbf16>, %c: memref<32x192xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 192, 32], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32, panels = 4>}
    ins(%a, %b : memref<32x32xbf16>, memref<32x192xbf16>) outs(%c : memref<32x192xf32>)
  return
}

// -----

// Rows of C that share sets of a cache stay in a buffer, whose rows do not, until their sums are complete.
// CHECK-LABEL: @tiles_of_rows_that_share_sets
// CHECK: %[[KEPT:.*]] = memref.alloc() {{.*}} : memref<64x272xf32>
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %{{.*}}, %c256
// CHECK: scf.if %[[LAST]]
// CHECK: memref.prefetch %arg2
// CHECK: amx.tile_mulf
// CHECK: scf.if %[[LAST]] {
// CHECK-NOT: vector.load %[[KEPT]][
// CHECK: vector.store %{{.*}}, %arg2
// CHECK: } else {
// CHECK: vector.store %{{.*}}, %[[KEPT]][
// CHECK: scf.if %[[LAST]] {
// CHECK: vector.load %[[KEPT]][
// CHECK: vector.store %{{.*}}, %arg2
// CHECK: } else {
// CHECK: vector.load %[[KEPT]][
// CHECK: vector.store %{{.*}}, %[[KEPT]][
func.func @tiles_of_rows_that_share_sets(%a: memref<64x512xf32>, %b: memref<512x512xf32>, %c: memref<64x512xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<64x512xf32>)
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [64, 256, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<64x512xf32>, memref<512x512xf32>) outs(%c : memref<64x512xf32>)
  return
}

// -----

// So do rows of C that several tasks write to.
// CHECK-LABEL: @tiles_of_rows_of_several_tasks
// CHECK: scf.forall (%{{.*}}) in (2)
// CHECK: memref.alloc() {{.*}} : memref<64x80xf32>
// CHECK-LABEL: @tiles_of_rows_of_one_task
// CHECK: scf.forall (%{{.*}}) in (2)
// CHECK: memref.alloc() {{.*}} : memref<32x16xf32>
// CHECK-NOT: memref.alloc() {{.*}}xf32>
// CHECK: return
func.func @tiles_of_rows_of_several_tasks(%a: memref<64x512xf32>, %b: memref<512x144xf32>, %c: memref<64x144xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<64x144xf32>)
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 16], cache = [64, 80, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<64x512xf32>, memref<512x144xf32>) outs(%c : memref<64x144xf32>)
  return
}
func.func @tiles_of_rows_of_one_task(%a: memref<64x512xf32>, %b: memref<512x144xf32>, %c: memref<64x144xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<64x144xf32>)
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 16], cache = [32, 144, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<64x512xf32>, memref<512x144xf32>) outs(%c : memref<64x144xf32>)
  return
}

// -----

// Where rows of A are neighbours, pairs of terms are transposed as integers.
// CHECK-LABEL: @tiles_of_a_transposed
// CHECK: vector.interleave {{.*}} : vector<16xbf16> -> vector<32xbf16>
// CHECK: vector.bitcast {{.*}} : vector<32xbf16> to vector<16xi32>
// CHECK: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK: vector.bitcast {{.*}} : vector<16xi32> to vector<32xbf16>
// CHECK: amx.tile_mulf
func.func @tiles_of_a_transposed(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  linalg.contract indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    {sluice.compute_type = bf16, sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 32], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

// Four rows fill vectors of eight with two terms each.
// CHECK-LABEL: @rows_that_fill_vectors_are_interleaved
// CHECK-COUNT-4: vector.load %arg0{{.*}} vector<8xf32>
// CHECK: vector.shuffle {{.*}} [0, 8, 1, 9, 2, 10, 3, 11]
// CHECK: vector.shuffle {{.*}} [4, 12, 5, 13, 6, 14, 7, 15]
// CHECK-COUNT-6: vector.shuffle
// CHECK-NOT: vector.shuffle
// CHECK-COUNT-4: vector.store %{{.*}}, %alloc{{.*}} vector<8xf32>
func.func @rows_that_fill_vectors_are_interleaved(%a: memref<8x16xf32>, %b: memref<16x16xf32>, %c: memref<8x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [8, 16, 16], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<8x16xf32>, memref<16x16xf32>) outs(%c : memref<8x16xf32>)
  return
}

// -----

// Where rows are neighbours, those of a pair of lines are packed together: eight panels of four rows, 16 terms of four apart. What is left goes panel by panel.
// CHECK-LABEL: @panels_that_share_a_line_are_packed_together
// CHECK: scf.for %[[TERM:.*]] = %c0 to %c16 step %c1
// CHECK: vector.load %arg0[%[[TERM]], %c0] : memref<16x36xf32>, vector<4xf32>
// CHECK: %[[AT:.*]] = arith.muli %[[TERM]], %c4
// CHECK: %[[SECOND:.*]] = vector.load %arg0[%[[TERM]], %c4]
// CHECK: %[[AT_SECOND:.*]] = arith.addi %[[AT]], %c64
// CHECK: vector.store %[[SECOND]], %{{.*}}[%[[AT_SECOND]]]
// CHECK: vector.load %arg0[%[[TERM]], %c28]
// CHECK: scf.for %[[LAST:.*]] = %c0 to %c16 step %c1
// CHECK-NEXT: vector.load %arg0[%[[LAST]], %c32] : memref<16x36xf32>, vector<4xf32>
// CHECK: vector.fma
func.func @panels_that_share_a_line_are_packed_together(%a: memref<16x36xf32>, %b: memref<16x16xf32>, %c: memref<36x16xf32>) {
  linalg.contract indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    {sluice_cpu.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [36, 16, 16], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<16x36xf32>, memref<16x16xf32>) outs(%c : memref<36x16xf32>)
  return
}

// -----

// Of the last panel, of 8 columns, one vector a row is computed, and stored without masks. It is packed by vectors all
// the same, with zeros behind the last column.
// CHECK-LABEL: @of_the_last_panel_vectors_of_c_are_computed
// CHECK: %[[ZEROS:.*]] = arith.constant dense<0.000000e+00> : vector<8xf32>
// CHECK: scf.for %[[J:.*]] = %c0 to %c40 step %c16
// CHECK: vector.maskedload %arg1{{.*}}, %{{.*}}, %[[ZEROS]]
// CHECK: %[[END:.*]] = arith.addi %[[J]], %c16
// CHECK: %[[INSIDE:.*]] = arith.cmpi ule, %[[END]], %c40
// CHECK: scf.if %[[INSIDE]] {
// CHECK-COUNT-48: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-12: vector.store {{.*}} %arg2
// CHECK: } else {
// CHECK-COUNT-24: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-6: vector.store {{.*}} %arg2
// CHECK-NOT: vector.maskedstore
// CHECK: return
func.func @of_the_last_panel_vectors_of_c_are_computed(%a: memref<6x64xf32>, %b: memref<64x40xf32>, %c: memref<6x40xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 48, 64], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<6x64xf32>, memref<64x40xf32>) outs(%c : memref<6x40xf32>)
  return
}

// -----

// B is read where it lies where its rows are whole vectors.
// CHECK-LABEL: @whole_vectors_are_read_in_place
// CHECK: memref.alloc() {alignment = 64 : i64} : memref<384xf32>
// CHECK-NOT: memref.alloc
// CHECK: vector.load %arg1
func.func @whole_vectors_are_read_in_place(%a: memref<6x64xf32>, %b: memref<64x40xf32>, %c: memref<6x40xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 48, 64], vector = 8, packs_a = true, packs_b = false>}
    ins(%a, %b : memref<6x64xf32>, memref<64x40xf32>) outs(%c : memref<6x40xf32>)
  return
}

// -----

// Rows of a panel that there are not are zeros, in place of the last one, which is read again.
// CHECK-LABEL: @rows_left_over_are_transposed_too
// CHECK: scf.if
// CHECK: } else {
// CHECK: %[[ROW:.*]] = arith.minui
// CHECK: %[[AT:.*]] = arith.addi %{{.*}}, %[[ROW]]
// CHECK: vector.load %arg0[%[[AT]],
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<8xf32>
// CHECK: vector.shuffle
func.func @rows_left_over_are_transposed_too(%a: memref<9x64xf32>, %b: memref<64x16xf32>, %c: memref<9x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [12, 16, 64], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<9x64xf32>, memref<64x16xf32>) outs(%c : memref<9x16xf32>)
  return
}

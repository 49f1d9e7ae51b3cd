// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// Of a triangle that is one block, the points that do not count are left out; what shares a register block with points
// that count is computed.

#one_block = #sluice_cpu.strategy<register = [4, 16], cache = [64, 64, 64],
    vector = 8, packs_a = false, packs_b = false>
#two_blocks_of_c = #sluice_cpu.strategy<register = [4, 16], cache = [32, 64, 64],
    vector = 8, packs_a = false, packs_b = false>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// Only what the lower triangle of C needs: rows from the block's own on.
// CHECK-LABEL: @of_a_lower_triangle_of_c_upper_rows_are_left_out
// CHECK: scf.for %[[J:.*]] = %c0 to %c64 step %c16
// CHECK: %[[REST:.*]] = arith.remui %[[J]], %c4
// CHECK: %[[FIRST:.*]] = arith.subi %[[J]], %[[REST]]
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %c64 step %c4
func.func @of_a_lower_triangle_of_c_upper_rows_are_left_out(%a: memref<64x64xf32>, %b: memref<64x64xf32>,
                                                            %c: memref<64x64xf32>) {
  linalg.matmul {sluice.triangle = array<i64: 0, 1>, sluice_cpu.strategy = #one_block}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// A row of a lower triangle of A has terms up to its own number.
// CHECK-LABEL: @of_a_lower_triangle_of_a_later_terms_are_left_out
// CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c4
// CHECK: %[[END:.*]] = arith.minui %{{.*}}, %c64
// CHECK: scf.for %[[STRETCH:.*]] = %c0 to %[[END]] step %c8 iter_args
// CHECK: %[[LAST:.*]] = arith.minui %{{.*}}, %[[END]]
// CHECK: scf.for %{{.*}} = %[[STRETCH]] to %[[LAST]] step %c4 iter_args
func.func @of_a_lower_triangle_of_a_later_terms_are_left_out(%a: memref<64x64xf32>, %b: memref<64x64xf32>,
                                                             %c: memref<64x64xf32>) {
  linalg.matmul {sluice.triangle = array<i64: 0, 2>, sluice_cpu.strategy = #one_block}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// The terms of a row of its transpose begin there.
// CHECK-LABEL: @of_its_transpose_earlier_terms_are_left_out
// CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c4
// CHECK: %[[FIRST:.*]] = arith.subi %[[I]],
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %c64 step %c8 iter_args
// CHECK: memref.load %arg0[%{{.*}}, %[[I]]]
func.func @of_its_transpose_earlier_terms_are_left_out(%a: memref<64x64xf32>, %b: memref<64x64xf32>,
                                                       %c: memref<64x64xf32>) {
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice.triangle = array<i64: 2, 0>, sluice_cpu.strategy = #one_block}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// More than one block of C, or of the sum, is computed whole.
// CHECK-LABEL: @a_triangle_of_several_blocks_is_computed_whole
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c4
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c8 iter_args
func.func @a_triangle_of_several_blocks_is_computed_whole(%a: memref<64x64xf32>, %b: memref<64x64xf32>,
                                                          %c: memref<64x64xf32>) {
  linalg.matmul {sluice.triangle = array<i64: 0, 1>, sluice_cpu.strategy = #two_blocks_of_c}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

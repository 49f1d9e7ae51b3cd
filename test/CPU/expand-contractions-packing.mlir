// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// How rows come into panels by whole vectors.

#two_panels_of_a = #sluice_cpu.strategy<register = [4, 16], cache = [8, 16, 16],
    vector = 8, packs_a = true, packs_b = true>
#nine_panels_of_a = #sluice_cpu.strategy<register = [4, 16], cache = [36, 16, 16],
    vector = 8, packs_a = true, packs_b = true>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// Four rows fill vectors of eight with two terms each.
// CHECK-LABEL: @rows_that_fill_vectors_are_interleaved
// CHECK-COUNT-4: vector.load %arg0{{.*}} vector<8xf32>
// CHECK: vector.shuffle {{.*}} [0, 8, 1, 9, 2, 10, 3, 11]
// CHECK: vector.shuffle {{.*}} [4, 12, 5, 13, 6, 14, 7, 15]
// CHECK-COUNT-6: vector.shuffle
// CHECK-NOT: vector.shuffle
// CHECK-COUNT-4: vector.store %{{.*}}, %alloc{{.*}} vector<8xf32>
func.func @rows_that_fill_vectors_are_interleaved(%a: memref<8x16xf32>, %b: memref<16x16xf32>, %c: memref<8x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #two_panels_of_a}
    ins(%a, %b : memref<8x16xf32>, memref<16x16xf32>) outs(%c : memref<8x16xf32>)
  return
}

// Where rows are neighbours, those of a pair of lines are packed together: eight panels of four rows, 16 terms of four
// apart. What is left goes panel by panel.
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
func.func @panels_that_share_a_line_are_packed_together(%a: memref<16x36xf32>, %b: memref<16x16xf32>,
                                                        %c: memref<36x16xf32>) {
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice_cpu.strategy = #nine_panels_of_a}
    ins(%a, %b : memref<16x36xf32>, memref<16x16xf32>) outs(%c : memref<36x16xf32>)
  return
}

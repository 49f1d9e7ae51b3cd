// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics | FileCheck %s
// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v4 --sluice-vectorize-generics \
// RUN:   | FileCheck %s --check-prefix=WIDE

// In a parallel loop a matrix is transposed by squares that fit the registers; elsewhere, or where squares leave
// something over, lanes are gathered or scattered while the other side streams.

#straight = affine_map<(d0, d1) -> (d0, d1)>
#transposed = affine_map<(d0, d1) -> (d1, d0)>

// 8 x 8 of 32 bits: 8 loads, 8 shuffles in each of 3 rounds, 8 stores. Vectors of 512 bits have squares of 16.
// CHECK-LABEL: @should_transpose_squares_of_a_vector
// CHECK-COUNT-8: vector.load {{.*}} vector<8xf32>
// CHECK-COUNT-24: vector.shuffle
// CHECK-COUNT-8: vector.store {{.*}} vector<8xf32>
// WIDE-LABEL: @should_transpose_squares_of_a_vector
// WIDE-COUNT-16: vector.load {{.*}} vector<16xf32>
// WIDE-COUNT-64: vector.shuffle
// WIDE-COUNT-16: vector.store {{.*}} vector<16xf32>
func.func @should_transpose_squares_of_a_vector(%a: memref<32x16xf32>, %b: memref<16x32xf32>) {
  scf.forall (%i) in (2) {
    linalg.transpose ins(%a : memref<32x16xf32>) outs(%b : memref<16x32xf32>) permutation = [1, 0]
  }
  return
}

// CHECK-LABEL: @should_transpose_larger_squares_of_narrow_elements
// CHECK-COUNT-16: vector.load {{.*}} vector<16xbf16>
// CHECK: vector.shuffle
func.func @should_transpose_larger_squares_of_narrow_elements(%a: memref<32x16xbf16>, %b: memref<16x32xbf16>) {
  scf.forall (%i) in (2) {
    linalg.transpose ins(%a : memref<32x16xbf16>) outs(%b : memref<16x32xbf16>) permutation = [1, 0]
  }
  return
}

// CHECK-LABEL: @should_not_transpose_by_squares_what_they_do_not_cover
// CHECK-NOT: vector.shuffle
// CHECK: vector.from_elements
func.func @should_not_transpose_by_squares_what_they_do_not_cover(%a: memref<32x12xf32>, %b: memref<12x32xf32>) {
  scf.forall (%i) in (2) {
    linalg.transpose ins(%a : memref<32x12xf32>) outs(%b : memref<12x32xf32>) permutation = [1, 0]
  }
  return
}

// CHECK-LABEL: @should_not_transpose_by_squares_what_is_computed_on_the_way
// CHECK-NOT: vector.shuffle
// CHECK: arith.addf {{.*}} : vector<8xf32>
func.func @should_not_transpose_by_squares_what_is_computed_on_the_way(%a: memref<32x16xf32>, %b: memref<16x32xf32>) {
  scf.forall (%i) in (2) {
    linalg.generic {indexing_maps = [#transposed, #straight], iterator_types = ["parallel", "parallel"]}
        ins(%a : memref<32x16xf32>) outs(%b : memref<16x32xf32>) {
    ^bb0(%x: f32, %y: f32):
      %z = arith.addf %x, %x : f32
      linalg.yield %z : f32
    }
  }
  return
}

// CHECK-LABEL: @should_not_transpose_by_squares_rows_with_steps
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @should_not_transpose_by_squares_rows_with_steps(%a: memref<32x16xf32, strided<[64, 2]>>,
                                                           %b: memref<16x32xf32>) {
  scf.forall (%i) in (2) {
    linalg.transpose ins(%a : memref<32x16xf32, strided<[64, 2]>>) outs(%b : memref<16x32xf32>) permutation = [1, 0]
  }
  return
}

// Sixteen columns at a time, so that all of a cache line is used before it is dropped; the rows stream.
// CHECK-LABEL: @should_stream_along_the_rows_of_what_is_gathered
// CHECK: scf.for %[[COLUMNS:.*]] = %c0{{.*}} to %c64{{.*}} step %c16
// CHECK: scf.for %[[ROW:.*]] = %c0{{.*}} to %c32{{.*}} step %c1
// CHECK: scf.for %{{.*}} = %[[COLUMNS]]
// CHECK-COUNT-8: memref.load %arg0[{{.*}}, %[[ROW]]]
// CHECK: vector.store
func.func @should_stream_along_the_rows_of_what_is_gathered(%a: memref<64x32xf32>, %b: memref<32x64xf32>) {
  linalg.transpose ins(%a : memref<64x32xf32>) outs(%b : memref<32x64xf32>) permutation = [1, 0]
  return
}

// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics | FileCheck %s
// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v4 --sluice-vectorize-generics \
// RUN:   | FileCheck %s --check-prefix=WIDE

#row = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>
#transposed = affine_map<(d0, d1) -> (d1, d0)>

// Contiguous dimensions are one long row; the last elements are a vector of their own.
// CHECK-LABEL: func @small_elementwise_op_is_one_loop_with_a_tail
// CHECK-COUNT-3: memref.collapse_shape {{.*}} : memref<3x9xf32> into memref<27xf32>
// CHECK-NOT: scf.forall
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<8xf32>
// CHECK: arith.addf {{.*}} : vector<8xf32>
// CHECK: vector.store {{.*}} vector<8xf32>
// CHECK: }
// CHECK: arith.addf {{.*}} : vector<3xf32>
// CHECK: vector.store {{.*}} vector<3xf32>
// WIDE-LABEL: func @small_elementwise_op_is_one_loop_with_a_tail
// WIDE: arith.addf {{.*}} : vector<16xf32>
// WIDE: arith.addf {{.*}} : vector<11xf32>
func.func @small_elementwise_op_is_one_loop_with_a_tail(%a: memref<3x9xf32>, %b: memref<3x9xf32>, %c: memref<3x9xf32>) {
  linalg.add ins(%a, %b : memref<3x9xf32>, memref<3x9xf32>) outs(%c : memref<3x9xf32>)
  return
}

// CHECK-LABEL: func @large_op_is_spread_over_blocks_of_rows
// CHECK: scf.forall ({{.*}}) in (69) {
// CHECK: arith.minsi
// CHECK: scf.for
// CHECK: scf.for
// CHECK: vector.load %{{.*}} : memref<384xf32>, vector<8xf32>
// CHECK: vector.load %{{.*}} : memref<1024x384xf32>, vector<8xf32>
func.func @large_op_is_spread_over_blocks_of_rows(%a: memref<1024x384xf32>, %bias: memref<384xf32>) {
  linalg.generic {indexing_maps = [#column, #row], iterator_types = ["parallel", "parallel"]}
      ins(%bias : memref<384xf32>) outs(%a : memref<1024x384xf32>) {
  ^bb0(%b: f32, %x: f32):
    %y = arith.addf %x, %b : f32
    %z = arith.mulf %y, %y : f32
    linalg.yield %z : f32
  }
  return
}

// CHECK-LABEL: func @large_op_in_a_parallel_loop_stays_in_its_thread
// CHECK: scf.forall
// CHECK-NOT: scf.forall
// CHECK: vector.store
func.func @large_op_in_a_parallel_loop_stays_in_its_thread(%a: memref<4x65536xf32>, %x: f32) {
  scf.forall (%i) in (4) {
    %row = memref.subview %a[%i, 0] [1, 65536] [1, 1]
        : memref<4x65536xf32> to memref<65536xf32, strided<[1], offset: ?>>
    linalg.fill ins(%x : f32) outs(%row : memref<65536xf32, strided<[1], offset: ?>>)
  }
  return
}

// What is the same along a row is computed once, on scalars.
// CHECK-LABEL: func @values_of_a_row_stay_scalar
// CHECK: %[[SCALE:.*]] = memref.load
// CHECK: %[[ROOT:.*]] = math.rsqrt %[[SCALE]] : f32
// CHECK: scf.for
// CHECK: vector.broadcast %[[ROOT]] : f32 to vector<8xf32>
// CHECK: arith.mulf {{.*}} : vector<8xf32>
func.func @values_of_a_row_stay_scalar(%a: memref<4x32xf32>, %variance: memref<4xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, #row], iterator_types = ["parallel", "parallel"]}
      ins(%variance : memref<4xf32>) outs(%a : memref<4x32xf32>) {
  ^bb0(%v: f32, %x: f32):
    %r = math.rsqrt %v : f32
    %y = arith.mulf %x, %r : f32
    linalg.yield %y : f32
  }
  return
}

// A block of a parallel loop is transposed by squares, unless they leave something over.
// CHECK-LABEL: @blocks_are_transposed_in_registers
// CHECK: scf.for %[[R:.*]] = %{{.*}} to %c64{{.*}} step %c8
// CHECK: scf.for %[[C:.*]] = %{{.*}} to %c32{{.*}} step %c8
// CHECK: vector.load %arg0[%[[R]], %[[C]]] : memref<64x32xf32>, vector<8xf32>
// CHECK-COUNT-7: vector.load %arg0{{.*}} vector<8xf32>
// CHECK-COUNT-24: vector.shuffle
// CHECK: vector.store %{{.*}}, %arg1[%[[C]], %[[R]]] : memref<32x64xf32>, vector<8xf32>
// CHECK-COUNT-7: vector.store %{{.*}}, %arg1{{.*}} vector<8xf32>
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @blocks_are_transposed_in_registers(%a: memref<64x32xf32>, %b: memref<32x64xf32>, %odd: memref<60x32xf32>,
    %c: memref<32x60xf32>) {
  scf.forall (%i) in (2) {
    linalg.transpose ins(%a : memref<64x32xf32>) outs(%b : memref<32x64xf32>) permutation = [1, 0]
    linalg.transpose ins(%odd : memref<60x32xf32>) outs(%c : memref<32x60xf32>) permutation = [1, 0]
  }
  return
}

// A transposition gathers a few columns and streams along the rows.
// CHECK-LABEL: func @transposition_gathers_lanes
// CHECK: scf.for
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-8: memref.load
// CHECK: vector.from_elements
// CHECK: vector.store
func.func @transposition_gathers_lanes(%a: memref<64x32xf32>, %b: memref<32x64xf32>) {
  linalg.transpose ins(%a : memref<64x32xf32>) outs(%b : memref<32x64xf32>) permutation = [1, 0]
  return
}

// CHECK-LABEL: func @strided_copy_is_vectorized_along_rows
// CHECK-NOT: memref.copy
// CHECK: vector.load {{.*}} vector<8xf32>
// CHECK: vector.store {{.*}} vector<8xf32>
func.func @strided_copy_is_vectorized_along_rows(%a: memref<12x32xf32, strided<[768, 1], offset: ?>>,
    %b: memref<12x32xf32>) {
  memref.copy %a, %b : memref<12x32xf32, strided<[768, 1], offset: ?>> to memref<12x32xf32>
  return
}

// CHECK-LABEL: func @copy_of_bytes_fills_the_register
// CHECK: vector.load {{.*}} vector<32xi8>
func.func @copy_of_bytes_fills_the_register(%a: memref<64xi8>, %b: memref<64xi8>) {
  linalg.copy ins(%a : memref<64xi8>) outs(%b : memref<64xi8>)
  return
}

// CHECK-LABEL: func @position_in_a_row_is_a_vector
// CHECK: vector.step : vector<8xindex>
// CHECK: arith.index_cast {{.*}} : vector<8xindex> to vector<8xi32>
// CHECK: arith.mului_extended {{.*}} : vector<8xi32>
func.func @position_in_a_row_is_a_vector(%a: memref<8xi32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%a : memref<8xi32>) {
  ^bb0(%x: i32):
    %i = linalg.index 0 : index
    %j = arith.index_cast %i : index to i32
    %low, %high = arith.mului_extended %j, %x : i32
    linalg.yield %high : i32
  }
  return
}

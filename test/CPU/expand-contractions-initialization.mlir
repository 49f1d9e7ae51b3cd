// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// What sets C before a contraction is erased: the first block of the sum stores instead of adding.

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>
#rows_of_four = #sluice_cpu.strategy<register = [4, 16], cache = [16, 16, 8],
    vector = 8, packs_a = true, packs_b = true>
#id = affine_map<(m, k) -> (m, k)>
#t = affine_map<(t, o) -> (t)>
#to = affine_map<(t, o) -> (t, o)>
#o = affine_map<(b, t, o) -> (o)>
#bto = affine_map<(b, t, o) -> (b, t, o)>
#bti = affine_map<(b, t, o, i) -> (b, t, i)>
#io = affine_map<(b, t, o, i) -> (i, o)>
#c = affine_map<(b, t, o, i) -> (b, t, o)>

// CHECK-LABEL: @a_fill_with_zero_becomes_the_first_store
// CHECK-NOT: linalg.fill
// CHECK: vector.fma
// CHECK-NOT: vector.load %arg2
// CHECK: vector.store {{.*}} %arg2
func.func @a_fill_with_zero_becomes_the_first_store(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// Ops in between touch other buffers; arguments are distinct.
// CHECK-LABEL: @a_fill_before_ops_on_other_buffers_does_too
// CHECK-NOT: linalg.fill {{.*}} outs(%arg2
// CHECK: linalg.generic
// CHECK-NOT: vector.load %arg2
// CHECK: vector.store {{.*}} %arg2
func.func @a_fill_before_ops_on_other_buffers_does_too(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>,
                                                       %d: memref<6x8xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%d : memref<6x8xf32>) outs(%a : memref<6x8xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// CHECK-LABEL: @a_row_for_all_rows_is_added_to_the_first_sums
// CHECK-NOT: linalg.generic
// CHECK-NOT: vector.load %collapse_shape_
// CHECK: vector.load %arg3[%{{.*}}] : memref<16xf32>
// CHECK: vector.store {{.*}} %collapse_shape_
func.func @a_row_for_all_rows_is_added_to_the_first_sums(%a: memref<2x3x8xf32>, %b: memref<8x16xf32>,
                                                         %c: memref<2x3x16xf32>, %row: memref<16xf32>) {
  linalg.generic {indexing_maps = [#o, #bto], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%row : memref<16xf32>) outs(%c : memref<2x3x16xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  linalg.contract indexing_maps = [#bti, #io, #c] {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<2x3x8xf32>, memref<8x16xf32>) outs(%c : memref<2x3x16xf32>)
  return
}

// CHECK-LABEL: @a_column_for_all_columns_is_copied
// CHECK: linalg.generic
// CHECK: vector.load %arg2
func.func @a_column_for_all_columns_is_copied(%a: memref<16x8xf32>, %b: memref<8x16xf32>, %c: memref<16x16xf32>,
                                              %column: memref<16xf32>) {
  linalg.generic {indexing_maps = [#t, #to], iterator_types = ["parallel", "parallel"]}
    ins(%column : memref<16xf32>) outs(%c : memref<16x16xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  linalg.matmul {sluice_cpu.strategy = #rows_of_four}
    ins(%a, %b : memref<16x8xf32>, memref<8x16xf32>) outs(%c : memref<16x16xf32>)
  return
}

// CHECK-LABEL: @a_fill_that_somebody_reads_stays
// CHECK: linalg.fill
// CHECK: memref.load %arg2
// CHECK: vector.load %arg2
func.func @a_fill_that_somebody_reads_stays(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) -> f32 {
  %zero = arith.constant 0.0 : f32
  %index = arith.constant 0 : index
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  %seen = memref.load %c[%index, %index] : memref<6x16xf32>
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return %seen : f32
}

// RUN: sluice-opt %s --sluice-expand-contractions | FileCheck %s

// An op behind a contraction that cannot run by vectors of a block of C stays where it is.

#rows_of_six = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 16], vector = 8, packs_a = true, packs_b = true>
#rows_of_four = #sluice_cpu.strategy<register = [4, 16], cache = [16, 16, 16],
    vector = 8, packs_a = true, packs_b = true>
#id = affine_map<(d0, d1) -> (d0, d1)>
#transposed = affine_map<(d0, d1) -> (d1, d0)>
#columns_apart = strided<[64, 2]>

// CHECK-LABEL: @c_is_read_transposed
// CHECK: vector.fma
// CHECK: linalg.generic
func.func @c_is_read_transposed(%a: memref<16x16xf32>, %b: memref<16x16xf32>, %c: memref<16x16xf32>,
                                %y: memref<16x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #rows_of_four}
    ins(%a, %b : memref<16x16xf32>, memref<16x16xf32>) outs(%c : memref<16x16xf32>)
  linalg.generic {indexing_maps = [#id, #transposed, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c, %c : memref<16x16xf32>, memref<16x16xf32>) outs(%y : memref<16x16xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// CHECK-LABEL: @it_knows_where_it_is
// CHECK: vector.fma
// CHECK: linalg.index
func.func @it_knows_where_it_is(%a: memref<6x16xf32>, %b: memref<16x16xf32>, %c: memref<6x16xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.matmul {sluice_cpu.strategy = #rows_of_six}
    ins(%a, %b : memref<6x16xf32>, memref<16x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%c : memref<6x16xf32>) {
  ^bb0(%p: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %below = arith.cmpi ule, %j, %i : index
    %0 = arith.select %below, %p, %zero : f32
    linalg.yield %0 : f32
  }
  return
}

// CHECK-LABEL: @columns_of_c_lie_apart
// CHECK: memref.store {{.*}} %arg2
// CHECK: linalg.generic
func.func @columns_of_c_lie_apart(%a: memref<6x16xf32>, %b: memref<16x16xf32>, %c: memref<6x16xf32, #columns_apart>,
                                  %y: memref<6x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #rows_of_six}
    ins(%a, %b : memref<6x16xf32>, memref<16x16xf32>) outs(%c : memref<6x16xf32, #columns_apart>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<6x16xf32, #columns_apart>) outs(%y : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %p : f32
    linalg.yield %0 : f32
  }
  return
}

// A quotient of integers has no value on the lanes beyond an edge.
// CHECK-LABEL: @it_may_trap
// CHECK: vector.fma
// CHECK: linalg.generic
func.func @it_may_trap(%a: memref<6x16xf32>, %b: memref<16x16xf32>, %c: memref<6x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #rows_of_six}
    ins(%a, %b : memref<6x16xf32>, memref<16x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%c : memref<6x16xf32>) {
  ^bb0(%p: f32):
    %0 = arith.bitcast %p : f32 to i32
    %1 = arith.divui %0, %0 : i32
    %2 = arith.uitofp %1 : i32 to f32
    linalg.yield %2 : f32
  }
  return
}

// CHECK-LABEL: @elements_are_wider_than_the_sums
// CHECK: vector.fma
// CHECK: linalg.generic
func.func @elements_are_wider_than_the_sums(%a: memref<16x16xf32>, %b: memref<16x16xf32>, %c: memref<16x16xf32>,
                                            %y: memref<16x16xf64>) {
  linalg.matmul {sluice_cpu.strategy = #rows_of_four}
    ins(%a, %b : memref<16x16xf32>, memref<16x16xf32>) outs(%c : memref<16x16xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<16x16xf32>) outs(%y : memref<16x16xf64>) {
  ^bb0(%p: f32, %r: f64):
    %0 = arith.extf %p : f32 to f64
    linalg.yield %0 : f64
  }
  return
}

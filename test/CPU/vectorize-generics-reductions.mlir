// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics | FileCheck %s

#matrix = affine_map<(d0, d1) -> (d0, d1)>
#first = affine_map<(d0, d1) -> (d0)>
#second = affine_map<(d0, d1) -> (d1)>

// Four accumulators, combined pairwise, then lane halves pairwise, then with the destination.
// CHECK-LABEL: func @sum_of_a_row_has_four_accumulators
// CHECK: scf.for
// CHECK: %[[SUMS:.*]]:4 = scf.for {{.*}} iter_args(
// CHECK-COUNT-4: arith.addf {{.*}} : vector<8xf32>
// CHECK: scf.yield
// CHECK: %[[A:.*]] = arith.addf %[[SUMS]]#0, %[[SUMS]]#1
// CHECK: %[[B:.*]] = arith.addf %[[SUMS]]#2, %[[SUMS]]#3
// CHECK: arith.addf %[[A]], %[[B]]
// CHECK: arith.addf {{.*}} : vector<4xf32>
// CHECK: arith.addf {{.*}} : vector<2xf32>
// CHECK: arith.addf {{.*}} : vector<1xf32>
// CHECK: %[[BEFORE:.*]] = memref.load %arg1
// CHECK: arith.addf %[[BEFORE]], {{.*}} : f32
// CHECK: memref.store
func.func @sum_of_a_row_has_four_accumulators(%a: memref<4x768xf32>, %s: memref<4xf32>) {
  linalg.generic {indexing_maps = [#matrix, #first], iterator_types = ["parallel", "reduction"]}
      ins(%a : memref<4x768xf32>) outs(%s : memref<4xf32>) {
  ^bb0(%x: f32, %y: f32):
    %z = arith.addf %y, %x : f32
    linalg.yield %z : f32
  }
  return
}

// The tail is filled up with values that change nothing.
// CHECK-LABEL: func @maximum_of_a_row_with_a_tail
// CHECK: arith.constant dense<0xFF800000> : vector<8xf32>
// CHECK: arith.maximumf {{.*}} : vector<4xf32>
// CHECK: vector.insert_strided_slice {{.*}} : vector<4xf32> into vector<8xf32>
func.func @maximum_of_a_row_with_a_tail(%a: memref<4x100xf32>, %s: memref<4xf32>) {
  linalg.reduce {arith.maximumf} ins(%a : memref<4x100xf32>) outs(%s : memref<4xf32>) dimensions = [1]
  return
}

// Eight rows in one pass over the destination, in ascending order.
// CHECK-LABEL: func @sum_over_rows_keeps_the_order_of_rows
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[ROW:.*]] = vector.load %arg0
// CHECK: %[[BEFORE:.*]] = vector.load %arg1
// CHECK: %[[S0:.*]] = arith.addf %[[BEFORE]], %[[ROW]]
// CHECK: %[[S1:.*]] = arith.addf %[[S0]],
// CHECK-COUNT-6: arith.addf
// CHECK-NOT: arith.addf
// CHECK: vector.store {{.*}} %arg1
func.func @sum_over_rows_keeps_the_order_of_rows(%a: memref<64x32xf32>, %s: memref<32xf32>) {
  linalg.generic {indexing_maps = [#matrix, #second], iterator_types = ["reduction", "parallel"]}
      ins(%a : memref<64x32xf32>) outs(%s : memref<32xf32>) {
  ^bb0(%x: f32, %y: f32):
    %z = arith.addf %y, %x : f32
    linalg.yield %z : f32
  }
  return
}

// Threads share out columns, never the rows that are added.
// CHECK-LABEL: func @large_sum_over_rows_is_spread_over_columns
// CHECK: scf.forall ({{.*}}) in (12) {
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c4096
// CHECK: scf.for
func.func @large_sum_over_rows_is_spread_over_columns(%a: memref<4096x768xf32>, %s: memref<768xf32>) {
  linalg.reduce {arith.addf} ins(%a : memref<4096x768xf32>) outs(%s : memref<768xf32>) dimensions = [0]
  return
}

// CHECK-LABEL: func @full_sum_in_double_precision_is_sequential
// CHECK-NOT: scf.forall
// CHECK: arith.extf {{.*}} : vector<8xf32> to vector<8xf64>
// CHECK: arith.mulf {{.*}} : vector<8xf64>
// CHECK: memref.store {{.*}} : memref<f64>
func.func @full_sum_in_double_precision_is_sequential(%a: memref<512x512xf32>, %s: memref<f64>) {
  linalg.generic {indexing_maps = [#matrix, affine_map<(d0, d1) -> ()>], iterator_types = ["reduction", "reduction"]}
      ins(%a : memref<512x512xf32>) outs(%s : memref<f64>) {
  ^bb0(%x: f32, %y: f64):
    %e = arith.extf %x : f32 to f64
    %q = arith.mulf %e, %e : f64
    %z = arith.addf %y, %q : f64
    linalg.yield %z : f64
  }
  return
}

// The position of the maximum depends on the order: no vectors along the row.
// CHECK-LABEL: func @entangled_reductions_go_lane_by_lane_over_rows
// CHECK: scf.for
// CHECK-NOT: vector.reduction
// CHECK: arith.cmpf ogt, {{.*}} : vector<8xf32>
// CHECK: arith.select {{.*}} : vector<8xi1>, vector<8xi32>
func.func @entangled_reductions_go_lane_by_lane_over_rows(%a: memref<16x32xf32>, %m: memref<16xf32>,
    %p: memref<16xi32>) {
  linalg.generic {indexing_maps = [#matrix, #first, #first], iterator_types = ["parallel", "reduction"]}
      ins(%a : memref<16x32xf32>) outs(%m, %p : memref<16xf32>, memref<16xi32>) {
  ^bb0(%x: f32, %y: f32, %i: i32):
    %j = linalg.index 1 : index
    %k = arith.index_cast %j : index to i32
    %g = arith.cmpf ogt, %x, %y : f32
    %v = arith.select %g, %x, %y : f32
    %w = arith.select %g, %k, %i : i32
    linalg.yield %v, %w : f32, i32
  }
  return
}

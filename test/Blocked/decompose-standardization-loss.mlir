// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" | FileCheck %s

// Threads share columns; a block of 32 rows is read twice while it is in cache, and joins the rows before it.
// CHECK-LABEL: @should_sum_squares_around_the_mean_of_a_block
// CHECK: scf.forall (%{{.*}}) in (2) {
// CHECK: scf.for
// CHECK: %[[X:.*]] = memref.subview {{.*}} [32, 64]
// CHECK: linalg.generic {{.*}} ins(%[[X]], {{.*}} outs(%[[MEAN:.*]] : memref<64xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[X]], %{{.*}}, %[[MEAN]]
// CHECK: math.log
func.func @should_sum_squares_around_the_mean_of_a_block(%x: memref<2x64x128xf32>, %t: memref<2x64xi32>,
    %loss: memref<f32>, %m: memref<128xf32>, %v: memref<128xf32>, %r: memref<4xf32>) {
  sluice.blocked_standardization_loss ins(%x, %t : memref<2x64x128xf32>, memref<2x64xi32>)
    outs(%loss, %m, %v, %r : memref<f32>, memref<128xf32>, memref<128xf32>, memref<4xf32>)
    {epsilon = 1.0e-06, block = array<i64: 32, 64>}
  return
}

// CHECK-LABEL: @should_take_rows_and_columns_of_the_target
// CHECK: scf.forall (%{{.*}}) in (4) {
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c128{{.*}} step %c16
// CHECK: memref.subview {{.*}} [16, 32]
func.func @should_take_rows_and_columns_of_the_target(%x: memref<2x64x128xf32>, %t: memref<2x64xi32>,
    %loss: memref<f32>, %m: memref<128xf32>, %v: memref<128xf32>, %r: memref<4xf32>) {
  sluice.blocked_standardization_loss ins(%x, %t : memref<2x64x128xf32>, memref<2x64xi32>)
    outs(%loss, %m, %v, %r : memref<f32>, memref<128xf32>, memref<128xf32>, memref<4xf32>)
    {epsilon = 1.0e-06, block = array<i64: 16, 32>}
  return
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" | FileCheck %s

// A task copies the rows of its block, and the last task what remains.
// CHECK-LABEL: @should_gather_a_block_of_rows_in_a_task
// CHECK: scf.forall (%[[TASK:.*]]) in (2) {
// CHECK: %[[FIRST:.*]] = arith.muli %[[TASK]], %c4
// CHECK: scf.for
// CHECK: %[[ROW:.*]] = arith.addi %[[FIRST]]
// CHECK: memref.load %arg0[%[[ROW]]]
// CHECK: memref.subview %arg1[%{{.*}}, 0] [1, 128]
// CHECK: memref.subview %arg2[%[[ROW]], 0] [1, 128]
// CHECK: scf.for %{{.*}} to %c2
// CHECK: arith.addi %{{.*}}, %c8
func.func @should_gather_a_block_of_rows_in_a_task(%i: memref<10xi32>, %table: memref<5x128xf32>,
                                                   %rows: memref<10x128xf32>) {
  sluice.gather_rows ins(%i, %table : memref<10xi32>, memref<5x128xf32>) outs(%rows : memref<10x128xf32>)
    {block = array<i64: 4>}
  return
}

// CHECK-LABEL: @should_gather_a_row_in_a_task
// CHECK: scf.forall (%[[ROW:.*]]) in (10) {
// CHECK-NOT: scf.for
// CHECK: memref.load %{{.*}}[%[[ROW]]] : memref<10xi32>
func.func @should_gather_a_row_in_a_task(%i: memref<2x5xi32>, %table: memref<5x128xf32>, %rows: memref<2x5x128xf32>) {
  sluice.gather_rows ins(%i, %table : memref<2x5xi32>, memref<5x128xf32>) outs(%rows : memref<2x5x128xf32>)
    {block = array<i64: 1>}
  return
}

// Each row of the table gets one sum, found in the order of the indices. Threads share columns, never rows.
// CHECK-LABEL: @should_scatter_sums_of_rows
// CHECK-DAG: %[[SEEN:.*]] = memref.alloc() : memref<5xi32>
// CHECK-DAG: %[[FIRSTS:.*]] = memref.alloc() : memref<3xi32>
// CHECK: linalg.fill ins(%c-1{{.*}} outs(%[[SEEN]]
// CHECK: scf.for
// CHECK: memref.load %arg1
// CHECK: memref.load %[[SEEN]]
// CHECK: memref.store {{.*}}, %[[FIRSTS]]
// CHECK: scf.forall (%{{.*}}) in (2) {
// CHECK: %[[SUMS:.*]] = memref.alloc() : memref<3x64xf32>
// CHECK: scf.for
// CHECK: memref.load %[[FIRSTS]]
// CHECK: memref.subview %[[SUMS]]
// CHECK: memref.subview %arg0
// CHECK: arith.addf
// CHECK: scf.for
// CHECK: memref.load %arg1
// CHECK: memref.subview %arg2
// CHECK: memref.subview %[[SUMS]]
// CHECK: arith.addf
func.func @should_scatter_sums_of_rows(%rows: memref<3x128xf32>, %i: memref<3xi32>, %table: memref<5x128xf32>) {
  sluice.scatter_rows ins(%rows, %i : memref<3x128xf32>, memref<3xi32>) outs(%table : memref<5x128xf32>)
    {block = array<i64: 64>}
  return
}

// CHECK-LABEL: @should_scatter_the_columns_that_remain
// CHECK: scf.forall (%{{.*}}) in (2) {
// CHECK: memref.alloc() : memref<3x48xf32>
// CHECK: memref.subview %arg2[%{{.*}}, 96] [1, 32]
func.func @should_scatter_the_columns_that_remain(%rows: memref<3x128xf32>, %i: memref<3xi32>,
                                                  %table: memref<5x128xf32>) {
  sluice.scatter_rows ins(%rows, %i : memref<3x128xf32>, memref<3xi32>) outs(%table : memref<5x128xf32>)
    {block = array<i64: 48>}
  return
}

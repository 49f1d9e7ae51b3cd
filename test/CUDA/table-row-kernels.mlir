// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-table-row-kernels),canonicalize,cse)' \
// RUN:   | FileCheck %s

// CHECK-LABEL: func.func @gather
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c6, {{.*}} in (%{{.*}} = %c256,
// CHECK: %[[WORD:.*]] = memref.load %arg0[%[[NUMBER:.*]]] : memref<64xi32>
// CHECK: %[[ROW:.*]] = arith.index_cast %[[WORD]]
// CHECK: %[[VALUES:.*]] = vector.load %arg1[%[[ROW]], %[[COLUMN:.*]]] {alignment = 16 : i64}
// CHECK: vector.store {{.*}}, %arg2[%[[NUMBER]], %[[COLUMN]]] {alignment = 16 : i64}
func.func @gather(%indices: memref<64xi32>, %table: memref<256x96xf32>, %rows: memref<64x96xf32>) {
  sluice.gather_rows ins(%indices, %table : memref<64xi32>, memref<256x96xf32>) outs(%rows : memref<64x96xf32>)
  return
}

// A block a row. The first of those that name the same row adds all of them up in order, and nothing is atomic.
// CHECK-LABEL: func.func @scatter
// CHECK: gpu.launch blocks(%[[NUMBER:[a-z0-9]+]], {{.*}} in (%{{.*}} = %c64, {{.*}} in (%{{.*}} = %c128,
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[NUMBER]] step %c128
// CHECK: gpu.shuffle xor
// CHECK: gpu.barrier
// CHECK: scf.for %{{.*}} to %c96 step %c512
// CHECK: scf.for %{{.*}} = %[[NUMBER]] to %c64 step %c1
// CHECK: vector.load %arg0
// CHECK: vector.load %arg2
// CHECK: vector.store %{{.*}}, %arg2
// CHECK-NOT: atomic
func.func @scatter(%rows: memref<64x96xf32>, %indices: memref<64xi32>, %table: memref<256x96xf32>) {
  sluice.scatter_rows ins(%rows, %indices : memref<64x96xf32>, memref<64xi32>) outs(%table : memref<256x96xf32>)
  return
}

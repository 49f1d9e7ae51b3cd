// RUN: sluice-opt %s --sluice-cuda-contractions --canonicalize --cse | FileCheck %s

#strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 64, 8], warp = [16, 32], stages = 3, group = 8,
                                  parts = 3>

// 25 tiles of the sum in parts of 9, 9 and 7. Each has its own sums, which are added in their order.
// CHECK-LABEL: @parts
// CHECK: %[[PARTS:.*]] = memref.alloc() {alignment = 64 : i64} : memref<6144xf32>
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c1, %{{[^)]*}} = %c3, %{{[^)]*}} = %c1)
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c9 : index
// CHECK: %[[LEFT:.*]] = arith.subi %c25, %[[FIRST]] : index
// CHECK: %[[COUNT:.*]] = arith.minui %[[LEFT]], %c9 : index
// CHECK: scf.for %{{.*}} = %c0 to %[[COUNT]]
// CHECK: vector.store %{{.*}}, %[[PARTS]]
// CHECK: sluice.kernel = #sluice.kernel<"linear", flops = 1, bytes = 1>
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c2, %{{[^)]*}} = %c1, %{{[^)]*}} = %c1)
// CHECK-SAME: threads({{[^)]*}}) in (%{{[^)]*}} = %c256,
// CHECK-COUNT-3: vector.load %[[PARTS]]{{.*}} {alignment = 16 : i64} : memref<6144xf32>, vector<4xf32>
// CHECK-NOT: vector.load
// CHECK: vector.store
// CHECK: sluice.kernel = #sluice.kernel<"linear", flops = 0, bytes = 0>
// CHECK: return
func.func @parts(%a: memref<200x32xf32>, %b: memref<200x64xf32>, %c: memref<32x64xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<32x64xf32>)
  linalg.contract
    indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    {sluice_cuda.strategy = #strategy, sluice.kernel = #sluice.kernel<"linear", flops = 1, bytes = 1>}
    ins(%a, %b : memref<200x32xf32>, memref<200x64xf32>) outs(%c : memref<32x64xf32>)
  return
}

// No part is empty: 4 tiles are 2 parts of 2.
// CHECK-LABEL: @no_part_is_empty
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c1, %{{[^)]*}} = %c2, %{{[^)]*}} = %c1)
func.func @no_part_is_empty(%a: memref<32x32xf32>, %b: memref<32x64xf32>, %c: memref<32x64xf32>) {
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<32x32xf32>, memref<32x64xf32>) outs(%c : memref<32x64xf32>)
  return
}

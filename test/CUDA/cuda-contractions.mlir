// RUN: sluice-opt %s --sluice-cuda-contractions --canonicalize --cse | FileCheck %s

#strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 64, 8], warp = [16, 32], stages = 3, group = 8,
                                  parts = 1>

// 3 x 6 blocks of 2 x 2 warps; 3 stages of (32 + 64) x 8 elements, two of which are copied before the loop.
// CHECK-LABEL: @blocks
// CHECK-NOT: linalg
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c18, %{{[^)]*}} = %c1, %{{[^)]*}} = %c1)
// CHECK-SAME: threads({{[^)]*}}) in (%{{[^)]*}} = %c128, %{{[^)]*}} = %c1, %{{[^)]*}} = %c1)
// CHECK-SAME: workgroup(%[[TILES:.*]] : memref<2304xf32, #gpu.address_space<workgroup>>)
// CHECK-COUNT-2: nvvm.cp.async.commit.group
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c1 iter_args
// CHECK: nvvm.cp.async.wait.group 1
// CHECK-NEXT: gpu.barrier
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: nvvm.cp.async.commit.group
// CHECK: vector.load %[[TILES]]{{.*}} {alignment = 16 : i64}
// A thread has 4 x 4 of C, and 8 terms.
// CHECK-COUNT-32: vector.fma
// CHECK-NOT: vector.fma
// CHECK: scf.yield
// CHECK-COUNT-4: vector.store %{{.*}} {alignment = 16 : i64} : memref<36864xf32>, vector<4xf32>
// CHECK-NOT: vector.store
// CHECK: gpu.terminator
// CHECK-NEXT: } {sluice.kernel = #sluice.kernel<"linear", flops = 9437184, bytes = 393216>}
// CHECK-NEXT: return
func.func @blocks(%a: memref<96x128xf32>, %b: memref<128x384xf32>, %c: memref<96x384xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<96x384xf32>)
  linalg.matmul {sluice_cuda.strategy = #strategy,
                 sluice.kernel = #sluice.kernel<"linear", flops = 9437184, bytes = 393216>}
    ins(%a, %b : memref<96x128xf32>, memref<128x384xf32>) outs(%c : memref<96x384xf32>)
  return
}

// Without a fill C is added to.
// CHECK-LABEL: @adds
// CHECK-COUNT-32: vector.fma
// CHECK: %[[OLD:.*]] = vector.load %{{.*}} {alignment = 16 : i64} : memref<36864xf32>, vector<4xf32>
// CHECK: %[[NEW:.*]] = arith.addf %[[OLD]], %{{.*}} : vector<4xf32>
// CHECK: vector.store %[[NEW]], %{{.*}} {alignment = 16 : i64} : memref<36864xf32>
func.func @adds(%a: memref<96x128xf32>, %b: memref<128x384xf32>, %c: memref<96x384xf32>) {
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<96x128xf32>, memref<128x384xf32>) outs(%c : memref<96x384xf32>)
  return
}

// The gradient of a weight sums over batch and sequence: A and B are read by rows of terms, which lie apart.
// CHECK-LABEL: @both_leading_dimensions_are_summed
// CHECK: scf.for %{{.*}} = %c0 to %c12 step %c1
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK-NOT: cache = ca
func.func @both_leading_dimensions_are_summed(%x: memref<2x48x64xf32>, %g: memref<2x48x64xf32>,
    %w: memref<64x64xf32>) {
  linalg.contract
    indexing_maps = [affine_map<(i, o, b, t) -> (b, t, i)>, affine_map<(i, o, b, t) -> (b, t, o)>,
                     affine_map<(i, o, b, t) -> (i, o)>]
    {sluice_cuda.strategy = #strategy}
    ins(%x, %g : memref<2x48x64xf32>, memref<2x48x64xf32>) outs(%w : memref<64x64xf32>)
  return
}

// Each sample is a matrix of its own.
// CHECK-LABEL: @a_dimension_of_all_is_a_grid
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c1, %{{[^)]*}} = %c1, %{{[^)]*}} = %c5)
func.func @a_dimension_of_all_is_a_grid(%a: memref<5x32x64xf32>, %b: memref<5x64x64xf32>, %c: memref<5x32x64xf32>) {
  linalg.batch_matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<5x32x64xf32>, memref<5x64x64xf32>) outs(%c : memref<5x32x64xf32>)
  return
}

// Rows that are not whole vectors are copied by elements, and what is beyond an edge is neither read nor written.
// CHECK-LABEL: @edges
// CHECK: %[[IS_INSIDE:.*]] = arith.cmpi ult, %{{.*}}, %c33 : index
// CHECK: arith.select %[[IS_INSIDE]]
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 4, cache = ca, %{{.*}} : !llvm.ptr<3>, !llvm.ptr<1>, i32
// CHECK-COUNT-32: vector.fma
// CHECK: arith.cmpi ult, %{{.*}}, %c65
// CHECK-NEXT: scf.if
// CHECK: arith.cmpi ult, %{{.*}}, %c33
// CHECK-NEXT: scf.if
// CHECK: memref.store
func.func @edges(%a: memref<33x17xf32>, %b: memref<17x65xf32>, %c: memref<33x65xf32>) {
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<33x17xf32>, memref<17x65xf32>) outs(%c : memref<33x65xf32>)
  return
}

// A view of columns that begin at a multiple of 16 bytes has whole vectors.
// CHECK-LABEL: @views
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [64], sizes: [12160], strides: [1]
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK-NOT: cache = ca
func.func @views(%joined: memref<64x192xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  %a = memref.subview %joined[0, 64] [64, 64] [1, 1]
    : memref<64x192xf32> to memref<64x64xf32, strided<[192, 1], offset: 64>>
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<64x64xf32, strided<[192, 1], offset: 64>>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// CHECK-LABEL: @a_view_off_by_one_has_none
// CHECK: cache = ca
func.func @a_view_off_by_one_has_none(%joined: memref<64x192xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  %a = memref.subview %joined[0, 1] [64, 64] [1, 1]
    : memref<64x192xf32> to memref<64x64xf32, strided<[192, 1], offset: 1>>
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<64x64xf32, strided<[192, 1], offset: 1>>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// RUN: sluice-opt %s --sluice-cuda-contractions --canonicalize --cse | FileCheck %s

#strategy = #sluice_cuda.strategy<instruction = mma, block = [32, 64, 32], warp = [16, 32], stages = 3, group = 8,
                                  parts = 1>
#tf32 = #sluice_cuda.strategy<instruction = mma, block = [32, 64, 32], warp = [16, 32], stages = 3, group = 8,
                              parts = 1>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mk = affine_map<(m, n, k) -> (m, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#nk = affine_map<(m, n, k) -> (n, k)>

// Tiles are bf16. What is so in memory is copied as it is; f32 is loaded before the products of a tile and rounded and
// stored behind them. Terms of A are contiguous, columns of B are: these are turned as they are loaded.
// CHECK-LABEL: @both_ways
// CHECK: workgroup(%[[TILES:.*]] : memref<9216xbf16, #gpu.address_space<workgroup>>)
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK: llvm.inline_asm has_side_effects ".pragma \22nounroll\22;"
// CHECK: nvvm.cp.async.wait.group 1
// CHECK-NEXT: gpu.barrier
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: %[[LOW:.*]] = vector.load %{{.*}} {alignment = 16 : i64} : memref<8192xf32>, vector<4xf32>
// CHECK: %[[HIGH:.*]] = vector.load %{{.*}} {alignment = 16 : i64} : memref<8192xf32>, vector<4xf32>
// CHECK: %[[WIDE:.*]] = vector.shuffle %[[LOW]], %[[HIGH]]
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>, num = 4
// CHECK: nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<bf16>
// CHECK-SAME: shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: %[[NARROW:.*]] = arith.truncf %[[WIDE]] : vector<8xf32> to vector<8xbf16>
// CHECK: vector.store %[[NARROW]], %[[TILES]]{{.*}} {alignment = 16 : i64}
// CHECK: scf.yield
// CHECK: vector.store %{{.*}} {alignment = 8 : i64} : memref<2048xf32>, vector<2xf32>
func.func @both_ways(%a: memref<32x128xbf16>, %b: memref<128x64xf32>, %c: memref<32x64xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<32x64xf32>)
  linalg.matmul {sluice_cuda.strategy = #strategy, sluice.compute_type = bf16}
    ins(%a, %b : memref<32x128xbf16>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  return
}

// CHECK-LABEL: @the_other_ways
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>, num = 4
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
func.func @the_other_ways(%a: memref<128x32xbf16>, %b: memref<64x128xbf16>, %c: memref<32x64xf32>) {
  linalg.contract indexing_maps = [#km, #nk, #mn] {sluice_cuda.strategy = #strategy, sluice.compute_type = bf16}
    ins(%a, %b : memref<128x32xbf16>, memref<64x128xbf16>) outs(%c : memref<32x64xf32>)
  return
}

// Factors of f16 are as those of bf16, but registers have pairs of them.
// CHECK-LABEL: @f16
// CHECK: workgroup(%[[TILES:.*]] : memref<9216xf16, #gpu.address_space<workgroup>>)
// CHECK: scf.for
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: %[[WORD:.*]] = llvm.bitcast %{{.*}} : i32 to vector<2xf16>
// CHECK: nvvm.mma.sync A[%[[WORD]], {{.*}} shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK-SAME: (vector<2xf16>, vector<2xf16>, f32)
// CHECK: %[[NARROW:.*]] = arith.truncf %{{.*}} : vector<8xf32> to vector<8xf16>
// CHECK: vector.store %[[NARROW]], %[[TILES]]
func.func @f16(%a: memref<32x128xf16>, %b: memref<128x64xf32>, %c: memref<32x64xf32>) {
  linalg.matmul {sluice_cuda.strategy = #strategy, sluice.compute_type = f16}
    ins(%a, %b : memref<32x128xf16>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  return
}

// Tiles of tf32 are f32, which is copied as it is. ldmatrix moves pairs of 16 bits, and so turns no 32: of rows of B a
// lane reads four columns as a vector, which it then has of C, too.
// CHECK-LABEL: @tf32
// CHECK: workgroup(%[[TILES:.*]] : memref<9216xf32, #gpu.address_space<workgroup>>)
// CHECK: scf.for {{.*}} -> (vector<4xf32>, vector<4xf32>, vector<4xf32>, vector<4xf32>)
// CHECK-COUNT-6: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK-NOT: arith.truncf
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK: %[[COLUMNS:.*]] = vector.load %[[TILES]]{{.*}} {alignment = 16 : i64} {{.*}} vector<4xf32>
// CHECK: %[[FIRST:.*]] = vector.extract %[[COLUMNS]][0]
// CHECK: %[[WORD:.*]] = arith.bitcast %[[FIRST]] : f32 to i32
// CHECK: nvvm.mma.sync {{.*}} B[%[[WORD]], {{.*}} multiplicandAPtxType = #nvvm.mma_type<tf32>
// CHECK-SAME: shape = #nvvm.shape<m = 16, n = 8, k = 8>
// CHECK: vector.store %{{.*}} {alignment = 16 : i64} : memref<2048xf32>, vector<4xf32>
func.func @tf32(%a: memref<32x128xf32>, %b: memref<128x64xf32>, %c: memref<32x64xf32>) {
  linalg.matmul {sluice_cuda.strategy = #tf32, sluice.compute_type = tf32}
    ins(%a, %b : memref<32x128xf32>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  return
}

// Where terms of both lie side by side, ldmatrix loads both. Rows of A are vectors of two where a warp has 16 of them.
// CHECK-LABEL: @tf32_the_other_ways
// CHECK: vector.load %{{.*}} {alignment = 8 : i64} {{.*}} vector<2xf32>
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK: vector.store %{{.*}} {alignment = 8 : i64} : memref<2048xf32>, vector<2xf32>
func.func @tf32_the_other_ways(%a: memref<128x32xf32>, %b: memref<64x128xf32>, %c: memref<32x64xf32>) {
  linalg.contract indexing_maps = [#km, #nk, #mn] {sluice_cuda.strategy = #tf32, sluice.compute_type = tf32}
    ins(%a, %b : memref<128x32xf32>, memref<64x128xf32>) outs(%c : memref<32x64xf32>)
  return
}

// Rows that are no whole chunks are loaded by elements.
// CHECK-LABEL: @edges
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: memref.load %{{.*}} : memref<561xbf16>
// CHECK: vector.from_elements
// CHECK: nvvm.mma.sync
func.func @edges(%a: memref<33x17xbf16>, %b: memref<65x17xbf16>, %c: memref<33x65xf32>) {
  linalg.contract indexing_maps = [#mk, #nk, #mn] {sluice_cuda.strategy = #strategy, sluice.compute_type = bf16}
    ins(%a, %b : memref<33x17xbf16>, memref<65x17xbf16>) outs(%c : memref<33x65xf32>)
  return
}

// Rows that begin at whole chunks are copied as they are; of the last chunk of a row what there is, zero behind it.
// CHECK-LABEL: @part_of_a_chunk
// CHECK: %[[LEFT:.*]] = arith.minui %{{.*}}, %c8
// CHECK: %[[VALID:.*]] = arith.select %{{.*}}, %[[LEFT]], %c0
// CHECK: %[[BYTES:.*]] = arith.muli %{{.*}}
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}}
// CHECK-NOT: memref.load
// CHECK: nvvm.mma.sync
func.func @part_of_a_chunk(%a: memref<33x17xbf16, strided<[24, 1]>>, %b: memref<64x17xbf16, strided<[24, 1]>>,
                           %c: memref<33x64xf32>) {
  linalg.contract indexing_maps = [#mk, #nk, #mn] {sluice_cuda.strategy = #strategy, sluice.compute_type = bf16}
    ins(%a, %b : memref<33x17xbf16, strided<[24, 1]>>, memref<64x17xbf16, strided<[24, 1]>>)
    outs(%c : memref<33x64xf32>)
  return
}

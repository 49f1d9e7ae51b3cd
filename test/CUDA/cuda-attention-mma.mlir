// RUN: sluice-opt %s --sluice-cuda-attention --canonicalize --cse | FileCheck %s

// Tiles are bf16: 64 queries, and two places for 32 keys and values each. What is so in memory is copied as it is, the
// next block while one is multiplied, for which threads meet once. Scores stay in registers: rounded, they are what a
// thread needs of the left matrix. Keys are multiplied as they lie, values are turned as they are loaded.
// CHECK-LABEL: @forward
// CHECK-NOT: sluice.blocked_attention
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c2, %{{[^)]*}} = %c4, %{{[^)]*}} = %c1)
// CHECK-SAME: threads({{[^)]*}}) in (%{{[^)]*}} = %c128,
// CHECK-SAME: workgroup(%[[TILES:.*]] : memref<12288xbf16, #gpu.address_space<workgroup>>)
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %[[SEEN:.*]] step %c1 {{.*}} -> (f32, f32, f32, f32, vector<2xf32>
// CHECK: llvm.inline_asm has_side_effects ".pragma \22nounroll\22;"
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: gpu.barrier
// CHECK: arith.cmpi ult, %{{.*}}, %[[SEEN]]
// CHECK: scf.if
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: nvvm.cp.async.commit.group
// CHECK-NOT: gpu.barrier
// CHECK-NOT: nvvm.bar.warp.sync
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK: nvvm.mma.sync {{.*}} multiplicandAPtxType = #nvvm.mma_type<bf16>
// CHECK-SAME: shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: arith.cmpi ule
// CHECK: gpu.shuffle xor %{{.*}}, %c2_i32
// CHECK-NOT: gpu.shuffle xor %{{.*}}, %c4_i32
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"
// CHECK: %[[ROUNDED:.*]] = arith.truncf %{{.*}} : vector<2xf32> to vector<2xbf16>
// CHECK-NEXT: %[[LEFT:.*]] = llvm.bitcast %[[ROUNDED]] : vector<2xbf16> to i32
// CHECK: nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>, num = 4
// CHECK: nvvm.mma.sync A[%[[LEFT]],
// CHECK: scf.yield
// CHECK: vector.store %{{.*}} {alignment = 8 : i64} : memref<32768xf32>, vector<2xf32>
func.func @forward(%q: memref<2x128x128xbf16>, %k: memref<2x128x128xbf16>, %v: memref<2x128x128xbf16>,
    %result: memref<2x128x128xf32>, %logsumexp: memref<2x2x128xf32>) {
  sluice.blocked_attention ins(%q, %k, %v : memref<2x128x128xbf16>, memref<2x128x128xbf16>, memref<2x128x128xbf16>)
    outs(%result, %logsumexp : memref<2x128x128xf32>, memref<2x2x128xf32>)
    {causal, compute_type = bf16, heads = 2, ordinal = 0}
  return
}

// What is f32 is rounded on its way, behind the products. Lines of a head are no multiples of 16 bytes here: they are
// loaded by elements, and are zero from 12 to 16.
// CHECK-LABEL: @odd_heads
// CHECK-SAME: %[[QUERY:.*]]: memref<1x64x36xf32>
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: scf.for
// CHECK-COUNT-4: nvvm.mma.sync
// CHECK: llvm.call_intrinsic
// CHECK: nvvm.mma.sync
// CHECK: scf.if
// CHECK: memref.load %{{.*}} : memref<2304xf32>
// CHECK: %[[ROUNDED:.*]] = arith.truncf %{{.*}} : vector<8xf32> to vector<8xbf16>
// CHECK: vector.store %[[ROUNDED]], %{{.*}} {alignment = 16 : i64} : memref<6144xbf16
func.func @odd_heads(%q: memref<1x64x36xf32>, %result: memref<1x64x36xf32>, %logsumexp: memref<1x3x64xf32>) {
  sluice.blocked_attention ins(%q, %q, %q : memref<1x64x36xf32>, memref<1x64x36xf32>, memref<1x64x36xf32>)
    outs(%result, %logsumexp : memref<1x64x36xf32>, memref<1x3x64xf32>) {compute_type = bf16, heads = 3, ordinal = 0}
  return
}

// Heads of 128 are one tile, too. Backward has blocks of 16 columns then, so that all are in 48 KiB. Of the gradients
// of keys each block has four products, of 16 instructions each.
// The gradient is rounded once, so that all columns are copied as they are.
// CHECK-LABEL: @backward_of_wide_heads
// CHECK-SAME: %[[GRADIENT:arg0]]: memref<1x128x128xf32>
// CHECK: %[[ROUNDED:.*]] = memref.alloc() {{.*}} : memref<1x128x128xbf16>
// CHECK: linalg.generic {{.*}} ins(%[[GRADIENT]] : memref<1x128x128xf32>) outs(%[[ROUNDED]] : memref<1x128x128xbf16>)
// CHECK: arith.truncf
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c2, %{{[^)]*}} = %c1, %{{[^)]*}} = %c1)
// CHECK-SAME: memref<24576xbf16, #gpu.address_space<workgroup>>
// CHECK: scf.for
// CHECK: nvvm.mma.sync
// CHECK: gpu.launch
// CHECK-SAME: memref<24576xbf16, #gpu.address_space<workgroup>>
// CHECK: scf.for
// CHECK-COUNT-4: nvvm.cp.async.shared.global
// CHECK-NOT: vector.store
// CHECK-COUNT-64: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// CHECK: return
func.func @backward_of_wide_heads(%g: memref<1x128x128xf32>, %q: memref<1x128x128xbf16>, %k: memref<1x128x128xbf16>,
    %v: memref<1x128x128xbf16>, %result: memref<1x128x128xf32>, %logsumexp: memref<1x1x128xf32>,
    %dq: memref<1x128x128xf32>, %dk: memref<1x128x128xf32>, %dv: memref<1x128x128xf32>) {
  sluice.blocked_attention_backward
    ins(%g, %q, %k, %v, %result, %logsumexp : memref<1x128x128xf32>, memref<1x128x128xbf16>, memref<1x128x128xbf16>,
        memref<1x128x128xbf16>, memref<1x128x128xf32>, memref<1x1x128xf32>)
    outs(%dq, %dk, %dv : memref<1x128x128xf32>, memref<1x128x128xf32>, memref<1x128x128xf32>)
    {causal, compute_type = bf16, heads = 1, ordinal = 0}
  return
}

// Factors of f16 are as those of bf16, but registers have pairs of them.
// CHECK-LABEL: @f16
// CHECK: gpu.launch
// CHECK-SAME: workgroup(%{{.*}} : memref<12288xf16, #gpu.address_space<workgroup>>)
// CHECK: nvvm.mma.sync {{.*}} (vector<2xf16>, vector<2xf16>, f32)
// CHECK: arith.truncf %{{.*}} : vector<2xf32> to vector<2xf16>
// CHECK: nvvm.mma.sync {{.*}} (vector<2xf16>, vector<2xf16>, f32)
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : memref<2x128x128xf16>)
// CHECK-COUNT-2: gpu.launch
func.func @f16(%q: memref<2x128x128xf16>, %k: memref<2x128x128xf16>, %v: memref<2x128x128xf16>,
    %result: memref<2x128x128xf32>, %logsumexp: memref<2x2x128xf32>, %g: memref<2x128x128xf32>,
    %dq: memref<2x128x128xf32>, %dk: memref<2x128x128xf32>, %dv: memref<2x128x128xf32>) {
  sluice.blocked_attention ins(%q, %k, %v : memref<2x128x128xf16>, memref<2x128x128xf16>, memref<2x128x128xf16>)
    outs(%result, %logsumexp : memref<2x128x128xf32>, memref<2x2x128xf32>)
    {causal, compute_type = f16, heads = 2, ordinal = 0}
  sluice.blocked_attention_backward
    ins(%g, %q, %k, %v, %result, %logsumexp : memref<2x128x128xf32>, memref<2x128x128xf16>, memref<2x128x128xf16>,
        memref<2x128x128xf16>, memref<2x128x128xf32>, memref<2x2x128xf32>)
    outs(%dq, %dk, %dv : memref<2x128x128xf32>, memref<2x128x128xf32>, memref<2x128x128xf32>)
    {causal, compute_type = f16, heads = 2, ordinal = 0}
  return
}

// RUN: sluice-opt %s --sluice-cuda-attention --canonicalize --cse | FileCheck %s

!query = memref<2x128x128xf32, strided<[49152, 384, 1]>>
!key = memref<2x128x128xf32, strided<[49152, 384, 1], offset: 128>>
!value = memref<2x128x128xf32, strided<[49152, 384, 1], offset: 256>>

// 2 blocks of 64 queries for each of 2 x 2 heads, of 4 warps; keys in blocks of 32. Queries are copied once, keys and
// values of each block as groups of their own, so that scores do not wait for values.
// CHECK-LABEL: @forward
// CHECK-NOT: sluice.blocked_attention
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c2, %{{[^)]*}} = %c4, %{{[^)]*}} = %c1)
// CHECK-SAME: threads({{[^)]*}}) in (%{{[^)]*}} = %c128, %{{[^)]*}} = %c1, %{{[^)]*}} = %c1)
// CHECK-SAME: memref<10240xf32, #gpu.address_space<workgroup>>
// Of the keys behind the block's last query none is read, and only where some are behind its first one are they masked.
// CHECK: %[[END:.*]] = arith.addi %{{.*}}, %c95 : index
// CHECK: %[[BLOCKS:.*]] = arith.divui %[[END]], %c32 : index
// CHECK: %[[SEEN:.*]] = arith.minui %[[BLOCKS]], %c4 : index
// CHECK: scf.for %{{.*}} = %c0 to %[[SEEN]] step %c1
// CHECK: gpu.barrier
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.wait.group 1
// CHECK-NEXT: gpu.barrier
// CHECK: vector.fma
// CHECK: %[[IS_CUT:.*]] = arith.cmpi ugt
// CHECK: scf.if %[[IS_CUT]] -> (vector<4xf32>
// CHECK: arith.cmpi ule
// CHECK: gpu.shuffle xor
// CHECK: math.exp
// CHECK: nvvm.bar.warp.sync
// CHECK: vector.store {{.*}}#gpu.address_space<workgroup>>
// CHECK: nvvm.bar.warp.sync
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: gpu.barrier
// CHECK: vector.fma
// CHECK: math.log
// CHECK: memref.store %{{.*}} : memref<512xf32>
// CHECK: vector.store %{{.*}} : memref<32768xf32>, vector<4xf32>
// CHECK: sluice.kernel = #sluice.kernel<"attn", flops = 4, bytes = 5>
func.func @forward(%joined: memref<2x128x384xf32>, %result: memref<2x128x128xf32>, %logsumexp: memref<2x2x128xf32>) {
  %q = memref.subview %joined[0, 0, 0] [2, 128, 128] [1, 1, 1] : memref<2x128x384xf32> to !query
  %k = memref.subview %joined[0, 0, 128] [2, 128, 128] [1, 1, 1] : memref<2x128x384xf32> to !key
  %v = memref.subview %joined[0, 0, 256] [2, 128, 128] [1, 1, 1] : memref<2x128x384xf32> to !value
  sluice.blocked_attention ins(%q, %k, %v : !query, !key, !value)
    outs(%result, %logsumexp : memref<2x128x128xf32>, memref<2x2x128xf32>)
    {causal, heads = 2, ordinal = 0, sluice.kernel = #sluice.kernel<"attn", flops = 4, bytes = 5>}
  return
}

// Without a mask and with whole blocks there is nothing to compare.
// CHECK-LABEL: @all_keys
// CHECK: scf.for %{{.*}} = %c0 to %c4 step %c1
// CHECK-NOT: arith.cmpi ule
// CHECK-NOT: arith.select
// CHECK: return
func.func @all_keys(%q: memref<2x128x128xf32>, %k: memref<2x128x128xf32>, %v: memref<2x128x128xf32>,
    %result: memref<2x128x128xf32>, %logsumexp: memref<2x2x128xf32>) {
  sluice.blocked_attention ins(%q, %k, %v : memref<2x128x128xf32>, memref<2x128x128xf32>, memref<2x128x128xf32>)
    outs(%result, %logsumexp : memref<2x128x128xf32>, memref<2x2x128xf32>) {heads = 2, ordinal = 0}
  return
}

// Heads of 96 are two tiles: of the scores each block has both, of the outputs one.
// CHECK-LABEL: @wide_heads
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c1, %{{[^)]*}} = %c1, %{{[^)]*}} = %c2)
func.func @wide_heads(%q: memref<1x64x96xf32>, %k: memref<1x64x96xf32>, %v: memref<1x64x96xf32>,
    %result: memref<1x64x96xf32>, %logsumexp: memref<1x1x64xf32>) {
  sluice.blocked_attention ins(%q, %k, %v : memref<1x64x96xf32>, memref<1x64x96xf32>, memref<1x64x96xf32>)
    outs(%result, %logsumexp : memref<1x64x96xf32>, memref<1x1x64xf32>) {causal, heads = 1, ordinal = 0}
  return
}

// The mask's words are read once, and a factor is drawn for each score.
// CHECK-LABEL: @dropout
// CHECK: gpu.launch
// CHECK: memref.load %{{.*}} : memref<4xi32>
// CHECK: arith.fptoui %{{.*}} : f64 to i32
// CHECK: scf.for
// CHECK: arith.mului_extended
// CHECK: arith.cmpi uge
// CHECK: arith.select
func.func @dropout(%q: memref<1x64x32xf32>, %k: memref<1x64x32xf32>, %v: memref<1x64x32xf32>, %words: memref<4xi32>,
    %layer: memref<1xi32>, %rate: memref<f64>, %result: memref<1x64x32xf32>, %logsumexp: memref<1x1x64xf32>) {
  sluice.blocked_attention
    ins(%q, %k, %v, %words, %layer, %rate : memref<1x64x32xf32>, memref<1x64x32xf32>, memref<1x64x32xf32>,
        memref<4xi32>, memref<1xi32>, memref<f64>)
    outs(%result, %logsumexp : memref<1x64x32xf32>, memref<1x1x64xf32>) {causal, heads = 1, ordinal = 0}
  return
}

// First the gradients of queries, with the sums of gradient x result; then those of keys and values, whose first block
// of queries is the one that begins to see them.
// CHECK-LABEL: @backward
// CHECK: %[[DELTAS:.*]] = memref.alloc() {alignment = 64 : i64} : memref<512xf32>
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c4, %{{[^)]*}} = %c4, %{{[^)]*}} = %c1)
// CHECK-SAME: threads({{[^)]*}}) in (%{{[^)]*}} = %c64,
// CHECK: memref.store %{{.*}}, %[[DELTAS]]
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c1
// CHECK: memref<32768xf32>, vector<4xf32>
// CHECK: sluice.kernel = #sluice.kernel<"attn", flops = 4, bytes = 5>
// CHECK: gpu.launch blocks({{[^)]*}}) in (%{{[^)]*}} = %c4, %{{[^)]*}} = %c4, %{{[^)]*}} = %c1)
// CHECK: scf.for %{{.*}} = %{{[0-9]+}} to %c4 step %c1
// CHECK: arith.cmpi uge
// CHECK: vector.load %[[DELTAS]]
// CHECK: sluice.kernel = #sluice.kernel<"attn", flops = 0, bytes = 0>
// CHECK: return
func.func @backward(%g: memref<2x128x128xf32>, %q: memref<2x128x128xf32>, %k: memref<2x128x128xf32>,
    %v: memref<2x128x128xf32>, %result: memref<2x128x128xf32>, %logsumexp: memref<2x2x128xf32>,
    %dq: memref<2x128x128xf32>, %dk: memref<2x128x128xf32>, %dv: memref<2x128x128xf32>) {
  sluice.blocked_attention_backward
    ins(%g, %q, %k, %v, %result, %logsumexp : memref<2x128x128xf32>, memref<2x128x128xf32>, memref<2x128x128xf32>,
        memref<2x128x128xf32>, memref<2x128x128xf32>, memref<2x2x128xf32>)
    outs(%dq, %dk, %dv : memref<2x128x128xf32>, memref<2x128x128xf32>, memref<2x128x128xf32>)
    {causal, heads = 2, ordinal = 0, sluice.kernel = #sluice.kernel<"attn", flops = 4, bytes = 5>}
  return
}

// RUN: sluice-opt %s --sluice-cuda-contractions --canonicalize --cse | FileCheck %s

#strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 64, 8], warp = [16, 32], stages = 3, group = 8,
                                  parts = 1>

// What is bf16 in memory is widened on its way to shared memory, through registers. All that is multiplied is rounded.
// CHECK-LABEL: @contraction
// CHECK: %[[NARROW:.*]] = vector.load %{{.*}} {alignment = 8 : i64} : memref<4096xbf16>, vector<4xbf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[NARROW]] : vector<4xbf16> to vector<4xf32>
// CHECK: vector.store %[[WIDE]], %{{.*}} {alignment = 16 : i64} : memref<2304xf32, #gpu.address_space<workgroup>>
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg
// CHECK: scf.for
// CHECK: %[[ROUNDED:.*]] = arith.truncf %{{.*}} : vector<4xf32> to vector<4xbf16>
// CHECK-NEXT: arith.extf %[[ROUNDED]] : vector<4xbf16> to vector<4xf32>
// CHECK: vector.fma
func.func @contraction(%a: memref<32x128xbf16>, %b: memref<128x64xf32>, %c: memref<32x64xf32>) {
  linalg.matmul {sluice_cuda.strategy = #strategy, sluice.compute_type = bf16}
    ins(%a, %b : memref<32x128xbf16>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  return
}

// Without a type to compute in nothing is rounded.
// CHECK-LABEL: @f32
// CHECK-NOT: arith.truncf
// CHECK: return
func.func @f32(%a: memref<32x128xf32>, %b: memref<128x64xf32>, %c: memref<32x64xf32>) {
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<32x128xf32>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  return
}

// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-cuda-block-strategy))' | FileCheck %s

// 1 GiB of logits at most, in whole rows where gradients are computed with them.
// CHECK-LABEL: func.func @head
// CHECK: sluice.blocked_cross_entropy_with_gradient {{.*}} {block = array<i64: 4096, 50257>}
// CHECK: sluice.blocked_cross_entropy ins{{.*}} {block = array<i64: 32768>}
func.func @head(%g: memref<f32>, %x: memref<8192x64xf32>, %w: memref<50257x64xf32>, %t: memref<8192xi32>,
                %loss: memref<f32>, %dx: memref<8192x64xf32>, %dw: memref<50257x64xf32>, %l: memref<8192xf32>) {
  sluice.blocked_cross_entropy_with_gradient ins(%g, %x, %w, %t : memref<f32>, memref<8192x64xf32>,
      memref<50257x64xf32>, memref<8192xi32>)
    outs(%loss, %dx, %dw : memref<f32>, memref<8192x64xf32>, memref<50257x64xf32>)
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<8192x64xf32>, memref<50257x64xf32>, memref<8192xi32>)
    outs(%loss, %l : memref<f32>, memref<8192xf32>)
  return
}

// All matrices, and all rows and columns.
// CHECK-LABEL: func.func @others
// CHECK: block = array<i64: 18>
// CHECK: block = array<i64: 128, 96>
func.func @others(%u: memref<6x384x1152xf32>, %v: memref<6x384x1152xf32>, %x: memref<2x64x96xf32>,
                  %t: memref<2x64xi32>, %loss: memref<f32>, %m: memref<96xf32>, %s: memref<96xf32>,
                  %r: memref<4xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<6x384x1152xf32>) outs(%v : memref<6x384x1152xf32>) {parts = 3 : i64}
  sluice.blocked_standardization_loss ins(%x, %t : memref<2x64x96xf32>, memref<2x64xi32>)
    outs(%loss, %m, %s, %r : memref<f32>, memref<96xf32>, memref<96xf32>, memref<4xf32>) {epsilon = 1.0e-06}
  return
}

// What has a kernel of its own gets no block.
// CHECK-LABEL: func.func @rows
// CHECK-NOT: block
func.func @rows(%i: memref<64xi32>, %table: memref<256x96xf32>, %rows: memref<64x96xf32>) {
  sluice.gather_rows ins(%i, %table : memref<64xi32>, memref<256x96xf32>) outs(%rows : memref<64x96xf32>)
  return
}

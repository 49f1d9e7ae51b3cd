// RUN: sluice-opt %s --sluice-cuda-strategy | FileCheck %s

#kn = affine_map<(m, n, k) -> (k, n)>
#km = affine_map<(m, n, k) -> (k, m)>
#mn = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @a_large_product_has_large_blocks
// CHECK: #sluice_cuda.strategy<instruction = fma, block = [128, 128, 16], warp = [32, 64], stages = 3, group = 8,
// CHECK-SAME: {{^}} parts = 1>
func.func @a_large_product_has_large_blocks(%a: memref<8192x768xf32>, %b: memref<768x2304xf32>,
    %c: memref<8192x2304xf32>) {
  linalg.matmul ins(%a, %b : memref<8192x768xf32>, memref<768x2304xf32>) outs(%c : memref<8192x2304xf32>)
  return
}

// 12 large blocks would keep few processors busy, 48 of half the size too.
// CHECK-LABEL: @a_small_product_has_small_blocks
// CHECK: block = [32, 32, 16], warp = [16, 32], stages = 4, group = 8, parts = 1>
func.func @a_small_product_has_small_blocks(%a: memref<256x64xf32>, %b: memref<64x768xf32>, %c: memref<256x768xf32>) {
  linalg.matmul ins(%a, %b : memref<256x64xf32>, memref<64x768xf32>) outs(%c : memref<256x768xf32>)
  return
}

// CHECK-LABEL: @blocks_share_a_long_sum
// CHECK: block = [128, 128, 16], {{.*}} parts = 4>
func.func @blocks_share_a_long_sum(%x: memref<8x1024x768xf32>, %g: memref<8x1024x768xf32>, %w: memref<768x768xf32>) {
  linalg.contract indexing_maps = [affine_map<(i, o, b, t) -> (b, t, i)>, affine_map<(i, o, b, t) -> (b, t, o)>,
                                   affine_map<(i, o, b, t) -> (i, o)>]
    ins(%x, %g : memref<8x1024x768xf32>, memref<8x1024x768xf32>) outs(%w : memref<768x768xf32>)
  return
}

// CHECK-LABEL: @no_part_is_short
// CHECK: parts = 2>
func.func @no_part_is_short(%a: memref<512x32xf32>, %b: memref<512x32xf32>, %c: memref<32x32xf32>) {
  linalg.contract indexing_maps = [#km, #kn, #mn] ins(%a, %b : memref<512x32xf32>, memref<512x32xf32>)
    outs(%c : memref<32x32xf32>)
  return
}

// CHECK-LABEL: @bf16_is_for_tensor_cores
// CHECK: #sluice_cuda.strategy<instruction = mma, block = [128, 128, 32], warp = [64, 32], stages = 3, group = 8,
func.func @bf16_is_for_tensor_cores(%a: memref<8192x768xf32>, %b: memref<768x2304xf32>, %c: memref<8192x2304xf32>) {
  linalg.matmul {sluice.compute_type = bf16}
    ins(%a, %b : memref<8192x768xf32>, memref<768x2304xf32>) outs(%c : memref<8192x2304xf32>)
  return
}

// CHECK-LABEL: @so_is_f16
// CHECK: #sluice_cuda.strategy<instruction = mma, block = [128, 128, 32], warp = [64, 32], stages = 3, group = 8,
func.func @so_is_f16(%a: memref<8192x768xf16>, %b: memref<768x2304xf16>, %c: memref<8192x2304xf32>) {
  linalg.matmul {sluice.compute_type = f16}
    ins(%a, %b : memref<8192x768xf16>, memref<768x2304xf16>) outs(%c : memref<8192x2304xf32>)
  return
}

// Elements of 32 bits: as many bytes of terms.
// CHECK-LABEL: @so_is_tf32
// CHECK: #sluice_cuda.strategy<instruction = mma, block = [128, 128, 16], warp = [64, 32], stages = 3, group = 8,
func.func @so_is_tf32(%a: memref<8192x768xf32>, %b: memref<768x2304xf32>, %c: memref<8192x2304xf32>) {
  linalg.matmul {sluice.compute_type = tf32}
    ins(%a, %b : memref<8192x768xf32>, memref<768x2304xf32>) outs(%c : memref<8192x2304xf32>)
  return
}

// CHECK-LABEL: @other_ops_have_none
// CHECK-NOT: sluice_cuda.strategy
func.func @other_ops_have_none(%x: memref<32xf32>, %y: memref<32xf32>) {
  linalg.add ins(%x, %x : memref<32xf32>, memref<32xf32>) outs(%y : memref<32xf32>)
  return
}

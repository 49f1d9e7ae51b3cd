// Every row of the tables of strategies, on matrices that are smaller than those it is for, against f64: blocks, warps,
// stages and parts of sums, with edges, from an initial sum.
// RUN: sluice-opt %s --sluice-cuda-contractions --canonicalize --cse -o %t.mlir
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %t.mlir --target=cuda --against-f64 --reference=%s

#fma128 = #sluice_cuda.strategy<instruction = fma, block = [128, 128, 16], warp = [32, 64], stages = 3, group = 8,
                                parts = 1>
#fma64 = #sluice_cuda.strategy<instruction = fma, block = [64, 64, 16], warp = [32, 32], stages = 4, group = 8,
                               parts = 1>
#fma32 = #sluice_cuda.strategy<instruction = fma, block = [32, 32, 16], warp = [16, 32], stages = 4, group = 8,
                               parts = 3>
#mma128 = #sluice_cuda.strategy<instruction = mma, block = [128, 128, 32], warp = [64, 32], stages = 3, group = 8,
                                parts = 1>
#mma64 = #sluice_cuda.strategy<instruction = mma, block = [64, 64, 32], warp = [32, 32], stages = 4, group = 8,
                               parts = 1>
#mma32 = #sluice_cuda.strategy<instruction = mma, block = [32, 32, 32], warp = [16, 32], stages = 4, group = 8,
                               parts = 3>
#tf128 = #sluice_cuda.strategy<instruction = mma, block = [128, 128, 16], warp = [64, 32], stages = 3, group = 8,
                               parts = 1>
#tf64 = #sluice_cuda.strategy<instruction = mma, block = [64, 64, 16], warp = [32, 32], stages = 4, group = 8,
                              parts = 1>
#tf32 = #sluice_cuda.strategy<instruction = mma, block = [32, 32, 32], warp = [16, 32], stages = 4, group = 8,
                              parts = 3>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>
#nk = affine_map<(m, n, k) -> (n, k)>

func.func @fma_blocks_of_128(%a: memref<200x49xf32>, %b: memref<49x140xf32>, %c: memref<200x140xf32>)
    attributes {sluice.tolerance = 2.0e-06} {
  linalg.matmul {sluice_cuda.strategy = #fma128}
    ins(%a, %b : memref<200x49xf32>, memref<49x140xf32>) outs(%c : memref<200x140xf32>)
  return
}

func.func @fma_blocks_of_64(%a: memref<81x70xf32>, %b: memref<90x81xf32>, %c: memref<70x90xf32>)
    attributes {sluice.tolerance = 2.0e-06} {
  linalg.contract indexing_maps = [#km, #nk, #mn] {sluice_cuda.strategy = #fma64}
    ins(%a, %b : memref<81x70xf32>, memref<90x81xf32>) outs(%c : memref<70x90xf32>)
  return
}

func.func @fma_parts_of_sums(%a: memref<150x40xf32>, %b: memref<150x36xf32>, %c: memref<40x36xf32>)
    attributes {sluice.tolerance = 4.0e-06} {
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice_cuda.strategy = #fma32}
    ins(%a, %b : memref<150x40xf32>, memref<150x36xf32>) outs(%c : memref<40x36xf32>)
  return
}

func.func @mma_blocks_of_128(%a: memref<200x72xbf16>, %b: memref<72x136xbf16>, %c: memref<200x136xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  linalg.matmul {sluice_cuda.strategy = #mma128, sluice.compute_type = bf16}
    ins(%a, %b : memref<200x72xbf16>, memref<72x136xbf16>) outs(%c : memref<200x136xf32>)
  return
}

func.func @mma_blocks_of_64(%a: memref<81x70xbf16>, %b: memref<90x81xbf16>, %c: memref<70x90xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  linalg.contract indexing_maps = [#km, #nk, #mn] {sluice_cuda.strategy = #mma64, sluice.compute_type = bf16}
    ins(%a, %b : memref<81x70xbf16>, memref<90x81xbf16>) outs(%c : memref<70x90xf32>)
  return
}

func.func @mma_parts_of_sums(%a: memref<300x40xbf16>, %b: memref<300x40xbf16>, %c: memref<40x40xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice_cuda.strategy = #mma32, sluice.compute_type = bf16}
    ins(%a, %b : memref<300x40xbf16>, memref<300x40xbf16>) outs(%c : memref<40x40xf32>)
  return
}

// What a tf32 does not have is cut off, and is not in f64.
func.func @tf32_blocks_of_128(%a: memref<200x72xf32>, %b: memref<72x136xf32>, %c: memref<200x136xf32>)
    attributes {sluice.tolerance = 4.0e-03} {
  linalg.matmul {sluice_cuda.strategy = #tf128, sluice.compute_type = tf32}
    ins(%a, %b : memref<200x72xf32>, memref<72x136xf32>) outs(%c : memref<200x136xf32>)
  return
}

func.func @tf32_blocks_of_64(%a: memref<81x70xf32>, %b: memref<90x81xf32>, %c: memref<70x90xf32>)
    attributes {sluice.tolerance = 4.0e-03} {
  linalg.contract indexing_maps = [#km, #nk, #mn] {sluice_cuda.strategy = #tf64, sluice.compute_type = tf32}
    ins(%a, %b : memref<81x70xf32>, memref<90x81xf32>) outs(%c : memref<70x90xf32>)
  return
}

func.func @tf32_parts_of_sums(%a: memref<300x40xf32>, %b: memref<300x40xf32>, %c: memref<40x40xf32>)
    attributes {sluice.tolerance = 4.0e-03} {
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice_cuda.strategy = #tf32, sluice.compute_type = tf32}
    ins(%a, %b : memref<300x40xf32>, memref<300x40xf32>) outs(%c : memref<40x40xf32>)
  return
}

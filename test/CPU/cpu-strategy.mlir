// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v4 --sluice-cpu-strategy \
// RUN:   | FileCheck %s --check-prefixes=CHECK,AVX512
// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-cpu-strategy \
// RUN:   | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: sluice-opt %s --sluice-set-target=processor=znver4 --sluice-cpu-strategy \
// RUN:   | FileCheck %s --check-prefixes=CHECK,AVX512BF16
// RUN: sluice-opt %s --sluice-set-target=processor=sapphirerapids --sluice-cpu-strategy \
// RUN:   | FileCheck %s --check-prefixes=CHECK,AMX
// RUN: sluice-opt %s --sluice-set-target=processor=znver3 --sluice-cpu-strategy \
// RUN:   | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: sluice-opt %s --sluice-set-target=processor=x86-64 --sluice-cpu-strategy \
// RUN:   | FileCheck %s --check-prefixes=CHECK,SSE
// RUN: not sluice-opt %s --sluice-set-target=processor=abacus --sluice-cpu-strategy 2>&1 \
// RUN:   | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: error: unknown processor 'abacus'

#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mk = affine_map<(m, n, k) -> (m, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#nk = affine_map<(m, n, k) -> (n, k)>

// CHECK-LABEL: @a_large_product_has_many_blocks
// AVX512: #sluice_cpu.strategy<register = [8, 48], cache = [256, 1152, 256], vector = 16, packs_a = true,
// AVX512-SAME: {{^}} packs_b = true>
// AVX2: #sluice_cpu.strategy<register = [4, 24], cache = [256, 96, 256], vector = 8, packs_a = true, packs_b = true>
// SSE: #sluice_cpu.strategy<register = [4, 8], cache = [256, 96, 256], vector = 4, packs_a = true, packs_b = true>
func.func @a_large_product_has_many_blocks(%a: memref<256x768xf32>, %b: memref<768x2304xf32>,
    %c: memref<256x2304xf32>) {
  linalg.matmul ins(%a, %b : memref<256x768xf32>, memref<768x2304xf32>) outs(%c : memref<256x2304xf32>)
  return
}

// CHECK-LABEL: @f64_has_half_the_lanes
// AVX512: register = [8, 24], {{.*}} vector = 8,
// AVX2: register = [6, 8], {{.*}} vector = 4,
// SSE: register = [4, 4], {{.*}} vector = 2,
func.func @f64_has_half_the_lanes(%a: memref<256x768xf64>, %b: memref<768x256xf64>, %c: memref<256x256xf64>) {
  linalg.matmul ins(%a, %b : memref<256x768xf64>, memref<768x256xf64>) outs(%c : memref<256x256xf64>)
  return
}

// CHECK-LABEL: @blocks_do_not_exceed_the_shape_rounded_up
// AVX512: register = [8, 48], cache = [8, 48, 7]
// AVX2: register = [6, 16], cache = [6, 32, 7]
// SSE: cache = [8, 24, 7]
func.func @blocks_do_not_exceed_the_shape_rounded_up(%a: memref<5x7xf32>, %b: memref<7x17xf32>, %c: memref<5x17xf32>) {
  linalg.matmul ins(%a, %b : memref<5x7xf32>, memref<7x17xf32>) outs(%c : memref<5x17xf32>)
  return
}

// The batch and the sequence are one sum of 1200 terms, in 5 even blocks.
// CHECK-LABEL: @dimensions_next_to_each_other_are_one
// AVX2: register = [4, 24], cache = [64, 72, 240]
func.func @dimensions_next_to_each_other_are_one(%a: memref<4x300x64xf32>, %b: memref<4x300x64xf32>,
    %c: memref<64x64xf32>) {
  linalg.contract indexing_maps = [affine_map<(i, o, b, t) -> (b, t, i)>, affine_map<(i, o, b, t) -> (b, t, o)>,
                                   affine_map<(i, o, b, t) -> (i, o)>]
    ins(%a, %b : memref<4x300x64xf32>, memref<4x300x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// Of a narrow C an element of A is used so few times that it is read where it lies, but not across rows, nor where rows
// are left over.
// CHECK-LABEL: @narrow_results_do_not_pack_a
// AVX2: packs_a = false
// AVX2: packs_a = true
// AVX2: packs_a = true
func.func @narrow_results_do_not_pack_a(%a: memref<768x128xf32>, %at: memref<128x768xf32>, %odd: memref<769x128xf32>,
    %b: memref<128x384xf32>, %c: memref<768x384xf32>, %d: memref<769x384xf32>) {
  linalg.matmul ins(%a, %b : memref<768x128xf32>, memref<128x384xf32>) outs(%c : memref<768x384xf32>)
  linalg.contract indexing_maps = [#km, #kn, #mn]
      ins(%at, %b : memref<128x768xf32>, memref<128x384xf32>) outs(%c : memref<768x384xf32>)
  linalg.matmul ins(%odd, %b : memref<769x128xf32>, memref<128x384xf32>) outs(%d : memref<769x384xf32>)
  return
}

// Matrices that stay in the first-level cache are read where they lie, A along either of its dimensions, B along rows
// of whole vectors. Rows far apart are not in one cache.
// CHECK-LABEL: @small_matrices_are_not_packed
// AVX2: register = [4, 24], {{.*}} packs_a = false, packs_b = false>
// AVX2: packs_a = false, packs_b = false>
// AVX2: packs_a = false, packs_b = true>
// AVX2: packs_a = false, packs_b = true>
func.func @small_matrices_are_not_packed(%a: memref<64x64xf32>, %b: memref<64x64xf32>, %odd: memref<64x41xf32>,
    %apart: memref<64x64xf32, strided<[1152, 1]>>, %c: memref<64x64xf32>, %d: memref<64x41xf32>) {
  linalg.matmul ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  linalg.contract indexing_maps = [#km, #kn, #mn]
      ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  linalg.matmul ins(%a, %odd : memref<64x64xf32>, memref<64x41xf32>) outs(%d : memref<64x41xf32>)
  linalg.matmul ins(%apart, %apart : memref<64x64xf32, strided<[1152, 1]>>, memref<64x64xf32, strided<[1152, 1]>>)
      outs(%c : memref<64x64xf32>)
  return
}

// CHECK-LABEL: @integers_and_row_sums_have_no_strategy
// CHECK-NOT: #sluice_cpu.strategy
// CHECK: return
func.func @integers_and_row_sums_have_no_strategy(%a: memref<8x8xi32>, %b: memref<8x8xi32>, %c: memref<8x8xi32>,
    %x: memref<8x8xf32>, %y: memref<8x8xf32>, %z: memref<8xf32>) {
  linalg.matmul ins(%a, %b : memref<8x8xi32>, memref<8x8xi32>) outs(%c : memref<8x8xi32>)
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>,
      affine_map<(r, c) -> (r)>],
                  iterator_types = ["parallel", "reduction"]}
    ins(%x, %y : memref<8x8xf32>, memref<8x8xf32>) outs(%z : memref<8xf32>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %0 = arith.mulf %p, %q : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// Operands that are rounded are packed. Where the processor adds two products of bf16 at a time, two terms lie
// together, in blocks of an even number of terms, and twice as many of bf16 fit as of f32. Where it has a matrix unit,
// blocks are made of its tiles.
// CHECK-LABEL: @operands_that_are_rounded_are_packed
// AVX512: packs_a = true, packs_b = true>
// AVX512: packs_a = true, packs_b = true>
// AVX512BF16: #sluice_cpu.strategy<register = [8, 48], cache = [384, 384, 320], vector = 16, packs_a = true,
// AVX512BF16-SAME: {{^}} packs_b = true, vnni = 2>
// AVX512BF16: cache = [384, 384, 8], vector = 16, packs_a = true, packs_b = true, vnni = 2>
// AMX: #sluice_cpu.strategy<register = [32, 32], cache = [384, 384, 224], vector = 16, packs_a = true, packs_b = true,
// AMX-SAME: {{^}} vnni = 2, tile = 32>
// AMX: cache = [384, 384, 32], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
// AVX2: packs_a = true, packs_b = true>
// AVX2: packs_a = true, packs_b = true>
// CHECK-LABEL: @f32_is_not
func.func @operands_that_are_rounded_are_packed(%a: memref<768x640xf32>, %b: memref<640x384xf32>,
    %c: memref<768x384xf32>, %p: memref<768x7xf32>, %q: memref<7x384xf32>) {
  linalg.matmul {sluice.compute_type = bf16}
      ins(%a, %b : memref<768x640xf32>, memref<640x384xf32>) outs(%c : memref<768x384xf32>)
  linalg.matmul {sluice.compute_type = bf16}
      ins(%p, %q : memref<768x7xf32>, memref<7x384xf32>) outs(%c : memref<768x384xf32>)
  return
}
// AVX512BF16-NOT: vnni
// AMX-NOT: vnni
// CHECK-LABEL: @f16_and_tf32_are_f32_in_panels
func.func @f32_is_not(%a: memref<768x640xf32>, %b: memref<640x384xf32>, %c: memref<768x384xf32>) {
  linalg.matmul ins(%a, %b : memref<768x640xf32>, memref<640x384xf32>) outs(%c : memref<768x384xf32>)
  return
}
// CHECK-NOT: vnni
// CHECK: packs_a = true, packs_b = true>
// CHECK-NOT: vnni
// CHECK: packs_a = true, packs_b = true>
// CHECK: return
func.func @f16_and_tf32_are_f32_in_panels(%a: memref<768x640xf32>, %b: memref<640x384xf32>, %c: memref<768x384xf32>) {
  linalg.matmul {sluice.compute_type = f16}
      ins(%a, %b : memref<768x640xf32>, memref<640x384xf32>) outs(%c : memref<768x384xf32>)
  linalg.matmul {sluice.compute_type = tf32}
      ins(%a, %b : memref<768x640xf32>, memref<640x384xf32>) outs(%c : memref<768x384xf32>)
  return
}

// Three blocks would leave one of two threads idle for a third of the time.
// CHECK-LABEL: @blocks_are_even_for_the_threads
// AMX: cache = [256, 384, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
func.func @blocks_are_even_for_the_threads(%a: memref<256x768xf32>, %b: memref<768x2304xf32>,
    %c: memref<256x2304xf32>) {
  linalg.matmul {sluice.compute_type = bf16}
      ins(%a, %b : memref<256x768xf32>, memref<768x2304xf32>) outs(%c : memref<256x2304xf32>)
  return
}

// 49 MiB of A come from memory with each column of blocks: no more of them than threads.
// CHECK-LABEL: @a_in_memory_is_read_seldom
// AVX512: cache = [256, 384, 256], vector = 16, packs_a = true, packs_b = true>
// AVX2: cache = [256, 384, 256], vector = 8, packs_a = true, packs_b = true>
func.func @a_in_memory_is_read_seldom(%a: memref<256x50257xf32>, %b: memref<768x50257xf32>, %c: memref<256x768xf32>) {
  linalg.contract indexing_maps = [#mk, #nk, #mn]
      ins(%a, %b : memref<256x50257xf32>, memref<768x50257xf32>) outs(%c : memref<256x768xf32>)
  return
}

// What is bf16 in memory and so large that it lies there: a panel's row is a line of the cache, or parts of two, so
// four panels are packed together. What is narrow is packed by each of many blocks of C, whose sums are kept beside it.
// CHECK-LABEL: @narrow_operands_in_memory
// AVX512: packs_a = true, packs_b = true>
// AMX: cache = [256, 384, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32, panels = 4>
// AMX: cache = [512, 384, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
// AMX: cache = [512, 768, 256], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
func.func @narrow_operands_in_memory(%a: memref<256x768xbf16>, %b: memref<768x50257xbf16>, %c: memref<256x50257xf32>,
    %p: memref<2048x2304xbf16>, %r: memref<2048x2304xf32>, %q: memref<2304x768xbf16>, %s: memref<2048x768xf32>) {
  linalg.matmul {sluice.compute_type = bf16}
      ins(%a, %b : memref<256x768xbf16>, memref<768x50257xbf16>) outs(%c : memref<256x50257xf32>)
  linalg.matmul {sluice.compute_type = bf16}
      ins(%p, %q : memref<2048x2304xbf16>, memref<2304x768xbf16>) outs(%s : memref<2048x768xf32>)
  linalg.matmul {sluice.compute_type = bf16}
      ins(%r, %q : memref<2048x2304xf32>, memref<2304x768xbf16>) outs(%s : memref<2048x768xf32>)
  return
}

// Where one block of terms is the whole sum, C is passed over once: A is packed for all of its columns, unless tiles
// would read an f32 B from memory for every block of rows.
// CHECK-LABEL: @a_short_sum_packs_a_once
// AVX512: cache = [384, 50304, 256]
// AMX: register = [8, 48], cache = [384, 50304, 256]
// AMX: cache = [384, 50272, 256], {{.*}} tile = 32, panels = 4>
// AMX: cache = [384, 768, 256], {{.*}} tile = 32>
func.func @a_short_sum_packs_a_once(%a: memref<256x768xf32>, %b: memref<256x50257xf32>, %c: memref<768x50257xf32>,
    %p: memref<256x768xbf16>, %q: memref<256x50257xbf16>) {
  linalg.contract indexing_maps = [#km, #kn, #mn]
      ins(%a, %b : memref<256x768xf32>, memref<256x50257xf32>) outs(%c : memref<768x50257xf32>)
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice.compute_type = bf16}
      ins(%p, %q : memref<256x768xbf16>, memref<256x50257xbf16>) outs(%c : memref<768x50257xf32>)
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice.compute_type = bf16}
      ins(%a, %b : memref<256x768xf32>, memref<256x50257xf32>) outs(%c : memref<768x50257xf32>)
  return
}

// 17 blocks of 2976 columns would leave a thread idle for a thirty-fourth of the time.
// CHECK-LABEL: @columns_are_split_before_rows
// AVX512: cache = [256, 768, 256]
func.func @columns_are_split_before_rows(%a: memref<256x768xf32>, %b: memref<768x50257xf32>,
    %c: memref<256x50257xf32>) {
  linalg.matmul ins(%a, %b : memref<256x768xf32>, memref<768x50257xf32>) outs(%c : memref<256x50257xf32>)
  return
}

// Of the last panel only vectors with columns of C are computed, so that the wider block leaves over no more than the
// narrower one. Rows of C that are 4 KiB apart share sets of a cache: fewer of them are in a block, where sums go
// through it again.
// CHECK-LABEL: @a_last_panel_has_whole_vectors
// AVX512: register = [8, 48], cache = [256, 1056, 256]
func.func @a_last_panel_has_whole_vectors(%a: memref<1024x1024xf32>, %b: memref<1024x1024xf32>,
    %c: memref<1024x1024xf32>) {
  linalg.matmul ins(%a, %b : memref<1024x1024xf32>, memref<1024x1024xf32>) outs(%c : memref<1024x1024xf32>)
  return
}

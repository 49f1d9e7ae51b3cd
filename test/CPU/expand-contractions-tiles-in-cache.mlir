// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// Tiles are so fast that they wait for caches: what they wait for less is packed once, not fetched, or kept beside C.

#wide_blocks_of_c = #sluice_cpu.strategy<register = [32, 32], cache = [256, 384, 256],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
#large_blocks_of_c = #sluice_cpu.strategy<register = [32, 32], cache = [512, 384, 256],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
#two_blocks_of_c = #sluice_cpu.strategy<register = [32, 32], cache = [64, 256, 256],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
#all_rows_in_a_task = #sluice_cpu.strategy<register = [32, 16], cache = [64, 80, 256],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
#all_columns_in_a_task = #sluice_cpu.strategy<register = [32, 16], cache = [32, 144, 256],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>

// C stays in cache from one block of the sum to the next, and to fetch it would delay tiles. A is so small that both
// blocks of C pack it.
// CHECK-LABEL: @a_block_of_c_that_stays_in_cache_is_not_fetched
// CHECK-NOT: scf.forall
// CHECK: scf.forall (%{{.*}}) in (2)
// CHECK: amx.tile_zero
// CHECK-NOT: memref.prefetch %arg2
// CHECK: amx.tile_mulf
func.func @a_block_of_c_that_stays_in_cache_is_not_fetched(%a: memref<256x768xf32>, %b: memref<768x768xf32>,
                                                           %c: memref<256x768xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #wide_blocks_of_c}
    ins(%a, %b : memref<256x768xf32>, memref<768x768xf32>) outs(%c : memref<256x768xf32>)
  return
}

// A large A that is rounded as it is packed is packed before, once.
// CHECK-LABEL: @a_large_a_is_rounded_once
// CHECK: scf.forall (%{{.*}}) in (32)
// CHECK: arith.truncf
// CHECK: scf.forall (%{{.*}}) in (8)
// CHECK: amx.tile_mulf
// CHECK-LABEL: @a_large_a_that_is_not_rounded_is_packed_by_each_task
// CHECK-NOT: scf.forall
// CHECK: scf.forall (%{{.*}}) in (8)
func.func @a_large_a_is_rounded_once(%a: memref<2048x768xf32>, %b: memref<768x768xf32>, %c: memref<2048x768xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #large_blocks_of_c}
    ins(%a, %b : memref<2048x768xf32>, memref<768x768xf32>) outs(%c : memref<2048x768xf32>)
  return
}
func.func @a_large_a_that_is_not_rounded_is_packed_by_each_task(%a: memref<2048x768xbf16>, %b: memref<768x768xf32>,
                                                                %c: memref<2048x768xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #large_blocks_of_c}
    ins(%a, %b : memref<2048x768xbf16>, memref<768x768xf32>) outs(%c : memref<2048x768xf32>)
  return
}

// Rows of C that share sets of a cache stay in a buffer, whose rows do not, until their sums are complete.
// CHECK-LABEL: @sums_of_rows_that_share_sets_are_kept_in_a_buffer
// CHECK: %[[KEPT:.*]] = memref.alloc() {{.*}} : memref<64x272xf32>
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %{{.*}}, %c256
// CHECK: scf.if %[[LAST]]
// CHECK: memref.prefetch %arg2
// CHECK: amx.tile_mulf
// CHECK: scf.if %[[LAST]] {
// CHECK-NOT: vector.load %[[KEPT]][
// CHECK: vector.store %{{.*}}, %arg2
// CHECK: } else {
// CHECK: vector.store %{{.*}}, %[[KEPT]][
// CHECK: scf.if %[[LAST]] {
// CHECK: vector.load %[[KEPT]][
// CHECK: vector.store %{{.*}}, %arg2
// CHECK: } else {
// CHECK: vector.load %[[KEPT]][
// CHECK: vector.store %{{.*}}, %[[KEPT]][
func.func @sums_of_rows_that_share_sets_are_kept_in_a_buffer(%a: memref<64x512xf32>, %b: memref<512x512xf32>,
                                                             %c: memref<64x512xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<64x512xf32>)
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #two_blocks_of_c}
    ins(%a, %b : memref<64x512xf32>, memref<512x512xf32>) outs(%c : memref<64x512xf32>)
  return
}

// So do rows of C that several tasks write to.
// CHECK-LABEL: @sums_of_rows_of_several_tasks_are_kept_in_a_buffer
// CHECK: scf.forall (%{{.*}}) in (2)
// CHECK: memref.alloc() {{.*}} : memref<64x80xf32>
// CHECK-LABEL: @sums_of_rows_of_one_task_are_kept_in_c
// CHECK: scf.forall (%{{.*}}) in (2)
// CHECK: memref.alloc() {{.*}} : memref<32x16xf32>
// CHECK-NOT: memref.alloc() {{.*}}xf32>
// CHECK: return
func.func @sums_of_rows_of_several_tasks_are_kept_in_a_buffer(%a: memref<64x512xf32>, %b: memref<512x144xf32>,
                                                              %c: memref<64x144xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<64x144xf32>)
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #all_rows_in_a_task}
    ins(%a, %b : memref<64x512xf32>, memref<512x144xf32>) outs(%c : memref<64x144xf32>)
  return
}
func.func @sums_of_rows_of_one_task_are_kept_in_c(%a: memref<64x512xf32>, %b: memref<512x144xf32>,
                                                  %c: memref<64x144xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<64x144xf32>)
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #all_columns_in_a_task}
    ins(%a, %b : memref<64x512xf32>, memref<512x144xf32>) outs(%c : memref<64x144xf32>)
  return
}

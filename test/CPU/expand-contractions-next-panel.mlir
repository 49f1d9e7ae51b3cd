// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// A panel of a large B that is packed right before it is used is fetched while the one before it is multiplied.

#uneven_blocks_of_the_sum = #sluice_cpu.strategy<register = [6, 16], cache = [192, 48, 240],
    vector = 8, packs_a = true, packs_b = true>
#thirteen_blocks_of_rows = #sluice_cpu.strategy<register = [6, 16], cache = [78, 48, 256],
    vector = 8, packs_a = true, packs_b = true>
#one_block_of_the_sum = #sluice_cpu.strategy<register = [6, 16], cache = [192, 48, 256],
    vector = 8, packs_a = true, packs_b = true>
#mk = affine_map<(m, n, k) -> (m, k)>
#nk = affine_map<(m, n, k) -> (n, k)>
#mn = affine_map<(m, n, k) -> (m, n)>

// A panel of B that is packed right before it is used is fetched while the one before it is multiplied: of a large B,
// 240 x 16 elements of which a term is one line: eight lines with each of 32 blocks of C, one before each stretch of
// the sum, all inside of B.
// CHECK-LABEL: @the_next_panel_of_a_large_b_is_fetched
// CHECK: scf.for %[[K:.*]] = %c0 to %c768 step %c240
// CHECK: scf.for %[[J:.*]] = %c0 to %c48 step %c16
// CHECK: vector.load %arg1
// CHECK: %[[NEXT:.*]] = arith.addi %[[J]], %c16
// CHECK: %[[IN_BLOCK:.*]] = arith.cmpi ult, %[[NEXT]], %c48
// CHECK: %[[COLUMN:.*]] = arith.minui %{{.*}}, %c752
// CHECK: %[[TERM:.*]] = arith.minui %{{.*}}, %c528
// CHECK: scf.for %[[I:.*]] = %c0 to %c192 step %c6
// CHECK: scf.for {{.*}} = %c0 to %{{.*}} step %c32 iter_args
// CHECK: %[[LINE:.*]] = arith.minui %{{.*}}, %c239
// CHECK: %[[ROW:.*]] = arith.addi %[[TERM]], %[[LINE]]
// CHECK: memref.prefetch %arg1[%[[ROW]], %[[COLUMN]]], read, locality<2>, data
// CHECK: vector.fma
func.func @the_next_panel_of_a_large_b_is_fetched(%a: memref<192x768xf32>, %b: memref<768x768xf32>,
                                                  %c: memref<192x768xf32>) {
  linalg.matmul {sluice_cpu.strategy = #uneven_blocks_of_the_sum}
    ins(%a, %b : memref<192x768xf32>, memref<768x768xf32>) outs(%c : memref<192x768xf32>)
  return
}

// Where the terms are contiguous, 16 rows of 16 lines: 20 with each of 13 blocks, four neighbours before each stretch.
// CHECK-LABEL: @lines_run_along_the_sum
// CHECK: scf.for {{.*}} = %c0 to %c256 step %c32 iter_args
// CHECK: %[[GROUP:.*]] = arith.minui %{{.*}}, %c63
// CHECK: arith.divui %[[GROUP]], %c4
// CHECK: arith.remui %[[GROUP]], %c4
// CHECK-COUNT-4: memref.prefetch %arg1[{{.*}}], read, locality<2>, data
// CHECK-NOT: memref.prefetch %arg1
// CHECK: vector.fma
func.func @lines_run_along_the_sum(%a: memref<78x768xf32>, %b: memref<768x768xf32>, %c: memref<78x768xf32>) {
  linalg.contract indexing_maps = [#mk, #nk, #mn] {sluice_cpu.strategy = #thirteen_blocks_of_rows}
    ins(%a, %b : memref<78x768xf32>, memref<768x768xf32>) outs(%c : memref<78x768xf32>)
  return
}

// CHECK-LABEL: @a_small_b_stays_in_cache
// CHECK-NOT: memref.prefetch %arg1
// CHECK: return
func.func @a_small_b_stays_in_cache(%a: memref<192x256xf32>, %b: memref<256x240xf32>, %c: memref<192x240xf32>) {
  linalg.matmul {sluice_cpu.strategy = #one_block_of_the_sum}
    ins(%a, %b : memref<192x256xf32>, memref<256x240xf32>) outs(%c : memref<192x240xf32>)
  return
}

// RUN: sluice-opt %s --sluice-expand-contractions | FileCheck %s

// Sums that round stochastically: four products share the words of a counter, (element, product div 4, 2 x ordinal, 0).
// Elements are counted in the whole result, of which this is a block; products over all chunks.

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 4], vector = 16, packs_a = true, packs_b = true>

// CHECK-LABEL: @chunks_draw_by_the_product
// CHECK-SAME: %[[LOW:[a-z0-9]+]]: i32, %[[HIGH:[a-z0-9]+]]: i32)
// CHECK: scf.for %[[CHUNK:.*]] = %c0{{.*}} to %c8 step %c4
// CHECK: scf.for {{.*}} iter_args
// CHECK: scf.for {{.*}} iter_args
// CHECK: arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]> : vector<16xi32>
// CHECK: %[[PRODUCT:.*]] = arith.addi %[[CHUNK]], %{{.*}} : index
// CHECK-NEXT: %[[WORD:.*]] = arith.index_cast %[[PRODUCT]] : index to i32
// CHECK: arith.shrui %[[WORD]], %c2_i32
// CHECK: arith.constant dense<6> : vector<16xi32>
// CHECK: vector.broadcast %[[LOW]] : i32 to vector<16xi32>
// CHECK: vector.broadcast %[[HIGH]] : i32 to vector<16xi32>
// CHECK-COUNT-20: arith.mului_extended {{.*}} : vector<16xi32>
// CHECK-COUNT-4: arith.fptosi {{.*}} : vector<16xf32> to vector<16xi32>
// The second row draws for itself, and then both for what the chunks before gave.
// CHECK: arith.constant dense<6> : vector<16xi32>
// CHECK-COUNT-20: arith.mului_extended {{.*}} : vector<16xi32>
// CHECK: scf.yield
// CHECK: scf.yield
// CHECK: arith.constant dense<7> : vector<16xi32>
// CHECK-COUNT-20: arith.mului_extended {{.*}} : vector<16xi32>
// CHECK: vector.store
// CHECK: arith.constant dense<7> : vector<16xi32>
// CHECK: vector.store
func.func @chunks_draw_by_the_product(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>, %low: i32,
                                      %high: i32) {
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                   affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
    attrs = {sluice_cpu.strategy = #strategy,
             sluice.accumulation = #sluice.accumulation<e6m9, chunk = 4, rounding = stochastic>,
             sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]} {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = sluice.rounded_sum %sum plus %x times %y key %low, %high ordinal 3
    linalg.yield %0 : f32
  }
  return
}

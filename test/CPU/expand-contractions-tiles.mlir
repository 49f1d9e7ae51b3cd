// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// Tiles of bf16: how operands come into panels, and sums out of tiles.

#two_tiles_of_terms = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 64],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
#one_tile_of_terms = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 32],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>
#four_panels_of_b = #sluice_cpu.strategy<register = [32, 32], cache = [32, 192, 32],
    vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32, panels = 4>
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mn = affine_map<(m, n, k) -> (m, n)>

// Tiles of bf16: of A 32 terms of a row lie together, which are copied as they lie; of B pairs. Zeros fill up what 40
// terms lack to 64. The sums become vectors again by way of a buffer.
// CHECK-LABEL: @sums_of_tiles_become_vectors_by_way_of_a_buffer
// CHECK: %[[TILE:.*]] = memref.alloc() {{.*}} : memref<32x32xf32>
// CHECK: %[[B:.*]] = memref.alloc() {{.*}} : memref<2048xbf16>
// CHECK: %[[A:.*]] = memref.alloc() {{.*}} : memref<2048xbf16>
// CHECK: arith.truncf {{.*}} : vector<32xf32> to vector<32xbf16>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<32xbf16>
// CHECK: vector.maskedload %arg0{{.*}} into vector<32xf32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<32xbf16>
// CHECK: scf.for %{{.*}} = %c40 to %c64 step %c2
// CHECK-COUNT-2: vector.store %cst{{.*}}, %[[B]]
// CHECK: vector.interleave
// CHECK: vector.store %{{.*}}, %[[B]]{{.*}} vector<32xbf16>
// CHECK-COUNT-4: amx.tile_zero : !amx.tile<16x16xf32>
// CHECK: scf.for %{{.*}} = %c0 to %c64 step %c32 iter_args
// CHECK-COUNT-2: amx.tile_load %[[A]][{{.*}}], %c32 : memref<2048xbf16> into !amx.tile<16x32xbf16>
// CHECK-COUNT-2: amx.tile_load %[[B]][{{.*}}], %c64 : memref<2048xbf16> into !amx.tile<16x32xbf16>
// CHECK-COUNT-4: amx.tile_mulf
// CHECK-COUNT-4: amx.tile_store %[[TILE]]
// CHECK: %[[ROW:.*]] = vector.load %[[TILE]][%c0, %c0]
// CHECK: arith.addf %{{.*}}, %[[ROW]]
// CHECK-COUNT-64: vector.store {{.*}} %arg2
func.func @sums_of_tiles_become_vectors_by_way_of_a_buffer(%a: memref<32x40xf32>, %b: memref<40x32xf32>,
                                                           %c: memref<32x32xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #two_tiles_of_terms}
    ins(%a, %b : memref<32x40xf32>, memref<40x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// What is bf16 in memory is packed as it is: terms of a row of A as they lie, and pairs of B.
// CHECK-LABEL: @bf16_in_memory_is_packed_as_it_is
// CHECK-NOT: arith.truncf
// CHECK: %[[ROW:.*]] = vector.load %arg0{{.*}} vector<32xbf16>
// CHECK: vector.store %[[ROW]]
// CHECK: vector.load %arg1{{.*}} vector<16xbf16>
// CHECK: vector.interleave
// CHECK-NOT: arith.truncf
// CHECK: amx.tile_mulf
func.func @bf16_in_memory_is_packed_as_it_is(%a: memref<32x32xbf16>, %b: memref<32x32xbf16>, %c: memref<32x32xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #one_tile_of_terms}
    ins(%a, %b : memref<32x32xbf16>, memref<32x32xbf16>) outs(%c : memref<32x32xf32>)
  return
}

// Where rows of A are neighbours, pairs of terms are transposed as integers.
// CHECK-LABEL: @pairs_of_terms_are_transposed_as_integers
// CHECK: vector.interleave {{.*}} : vector<16xbf16> -> vector<32xbf16>
// CHECK: vector.bitcast {{.*}} : vector<32xbf16> to vector<16xi32>
// CHECK: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK: vector.bitcast {{.*}} : vector<16xi32> to vector<32xbf16>
// CHECK: amx.tile_mulf
func.func @pairs_of_terms_are_transposed_as_integers(%a: memref<32x32xf32>, %b: memref<32x32xf32>,
                                                     %c: memref<32x32xf32>) {
  linalg.contract indexing_maps = [#km, #kn, #mn] {sluice.compute_type = bf16, sluice_cpu.strategy = #one_tile_of_terms}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// Four panels of B are packed row by row, then used one after the other; the last two of six by themselves.
// CHECK-LABEL: @four_panels_of_b_are_packed_row_by_row
// CHECK: memref.alloc() {{.*}} : memref<4096xbf16>
// CHECK: scf.for %[[START:.*]] = %c0 to %c192 step %c128
// CHECK: %[[LEFT:.*]] = arith.subi %c192, %[[START]]
// CHECK: %[[COUNT:.*]] = arith.minui %[[LEFT]], %c128
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c128
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c2
// CHECK-COUNT-16: vector.load %arg1
// CHECK: scf.for %{{.*}} = %c0 to %[[COUNT]] step %c32
// CHECK: amx.tile_mulf
func.func @four_panels_of_b_are_packed_row_by_row(%a: memref<32x32xbf16>, %b: memref<32x192xbf16>,
                                                  %c: memref<32x192xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #four_panels_of_b}
    ins(%a, %b : memref<32x32xbf16>, memref<32x192xbf16>) outs(%c : memref<32x192xf32>)
  return
}

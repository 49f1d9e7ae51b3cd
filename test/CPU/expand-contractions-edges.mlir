// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// What is left over where the shape is no multiple of a block, and a C that no vector can be stored to.

#blocks_beyond_c = #sluice_cpu.strategy<register = [6, 16], cache = [12, 48, 17],
    vector = 8, packs_a = true, packs_b = true>
#three_panels_of_b = #sluice_cpu.strategy<register = [6, 16], cache = [6, 48, 64],
    vector = 8, packs_a = true, packs_b = true>
#two_panels_of_a = #sluice_cpu.strategy<register = [6, 16], cache = [12, 16, 64],
    vector = 8, packs_a = true, packs_b = true>
#one_register_block = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8],
    vector = 8, packs_a = true, packs_b = true>
#columns_apart = strided<[64, 2]>

// CHECK-LABEL: @edges_are_padded_and_masked
// CHECK: vector.store %cst{{.*}}, %alloc
// The last term of a sum of 17 is by itself.
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c4 iter_args
// CHECK-COUNT-60: vector.fma
// CHECK-NOT: vector.fma
// CHECK: vector.create_mask
// CHECK: vector.maskedload %arg2
// CHECK: vector.maskedstore %arg2
func.func @edges_are_padded_and_masked(%a: memref<7x17xf32>, %b: memref<17x33xf32>, %c: memref<7x33xf32>) {
  linalg.matmul {sluice_cpu.strategy = #blocks_beyond_c}
    ins(%a, %b : memref<7x17xf32>, memref<17x33xf32>) outs(%c : memref<7x33xf32>)
  return
}

// Of the last panel, of 8 columns, one vector a row is computed, and stored without masks. It is packed by vectors all
// the same, with zeros behind the last column.
// CHECK-LABEL: @of_the_last_panel_vectors_of_c_are_computed
// CHECK: %[[ZEROS:.*]] = arith.constant dense<0.000000e+00> : vector<8xf32>
// CHECK: scf.for %[[J:.*]] = %c0 to %c40 step %c16
// CHECK: vector.maskedload %arg1{{.*}}, %{{.*}}, %[[ZEROS]]
// CHECK: %[[END:.*]] = arith.addi %[[J]], %c16
// CHECK: %[[INSIDE:.*]] = arith.cmpi ule, %[[END]], %c40
// CHECK: scf.if %[[INSIDE]] {
// CHECK-COUNT-48: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-12: vector.store {{.*}} %arg2
// CHECK: } else {
// CHECK-COUNT-24: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-6: vector.store {{.*}} %arg2
// CHECK-NOT: vector.maskedstore
// CHECK: return
func.func @of_the_last_panel_vectors_of_c_are_computed(%a: memref<6x64xf32>, %b: memref<64x40xf32>,
                                                       %c: memref<6x40xf32>) {
  linalg.matmul {sluice_cpu.strategy = #three_panels_of_b}
    ins(%a, %b : memref<6x64xf32>, memref<64x40xf32>) outs(%c : memref<6x40xf32>)
  return
}

// Rows of a panel that there are not are zeros, in place of the last one, which is read again.
// CHECK-LABEL: @rows_left_over_are_transposed_too
// CHECK: scf.if
// CHECK: } else {
// CHECK: %[[ROW:.*]] = arith.minui
// CHECK: %[[AT:.*]] = arith.addi %{{.*}}, %[[ROW]]
// CHECK: vector.load %arg0[%[[AT]],
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<8xf32>
// CHECK: vector.shuffle
func.func @rows_left_over_are_transposed_too(%a: memref<9x64xf32>, %b: memref<64x16xf32>, %c: memref<9x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #two_panels_of_a}
    ins(%a, %b : memref<9x64xf32>, memref<64x16xf32>) outs(%c : memref<9x16xf32>)
  return
}

// Columns that are not contiguous go through a tile.
// CHECK-LABEL: @columns_that_lie_apart_go_through_a_tile
// CHECK: %[[TILE:.*]] = memref.alloc() {{.*}} : memref<6x16xf32>
// CHECK: vector.store {{.*}} %[[TILE]]
// CHECK: memref.load %[[TILE]]
// CHECK: memref.store {{.*}} %arg2
func.func @columns_that_lie_apart_go_through_a_tile(%a: memref<6x8xf32>, %b: memref<8x16xf32>,
                                                    %c: memref<6x16xf32, #columns_apart>) {
  linalg.matmul {sluice_cpu.strategy = #one_register_block}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32, #columns_apart>)
  return
}

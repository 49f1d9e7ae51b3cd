// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// The panel of a large B behind the present one is packed while that one is multiplied.

#three_panels = #sluice_cpu.strategy<register = [6, 16], cache = [192, 48, 256],
    vector = 8, packs_a = true, packs_b = true>
#all_panels = #sluice_cpu.strategy<register = [6, 16], cache = [192, 768, 256],
    vector = 8, packs_a = true, packs_b = true>
#uneven_blocks_of_the_sum = #sluice_cpu.strategy<register = [6, 16], cache = [192, 48, 320],
    vector = 8, packs_a = true, packs_b = true>
#panels_of_halves_of_lines = #sluice_cpu.strategy<register = [4, 24], cache = [192, 48, 256],
    vector = 8, packs_a = true, packs_b = true>

// The panel of a large B behind the present one is packed while that one is multiplied: 256 x 16 elements, of which a
// term is one line, one with each of eight stretches of 32 blocks of C. A line is packed 16 stretches after it was
// fetched; so the last 16 are packed when the panel is used. The first one is packed then, all of it.
// CHECK-LABEL: @the_next_panel_is_packed_beside_sums
// CHECK: scf.forall (%{{.*}}) in (16)
// CHECK-NEXT: memref.alloc() {alignment = 64 : i64} : memref<8192xf32>
// CHECK: scf.for %[[K:.*]] = %c0 to %c768 step %c256
// CHECK: scf.for %[[J:.*]] = %c0 to %c48 step %c16
// CHECK: %[[PARITY:.*]] = arith.remui %{{.*}}, %c2 : index
// CHECK: %[[PLACE:.*]] = arith.muli %[[PARITY]], %c4096
// CHECK: %[[BEHIND:.*]] = arith.ori %[[J]], %[[K]]
// CHECK: %[[IS_LATER:.*]] = arith.cmpi ne, %[[BEHIND]], %c0
// CHECK: scf.if %[[IS_LATER]] {
// CHECK-NEXT: scf.for %[[LAST:.*]] = %c240 to %c256 step %c1
// CHECK-COUNT-2: vector.load %arg1
// CHECK: } else {
// CHECK-NEXT: scf.for %{{.*}} = %c0 to %c256 step %c1
// CHECK-COUNT-2: vector.load %arg1
// CHECK: %[[OTHER:.*]] = arith.subi %c4096, %[[PLACE]]
// CHECK: scf.for %{{.*}} = %c0 to %c192 step %c6
// CHECK: scf.for {{.*}} = %c0 to %c256 step %c32 iter_args
// CHECK: memref.prefetch %arg1{{.*}}, read, locality<3>, data
// CHECK: %[[HAS_COME:.*]] = arith.cmpi uge, %[[STRETCH:.*]], %c16
// CHECK: scf.if %[[HAS_COME]] {
// CHECK-NEXT: %[[NUMBER:.*]] = arith.subi %[[STRETCH]], %c16
// CHECK: %[[LINE:.*]] = vector.load %arg1
// CHECK: %[[AT:.*]] = arith.addi %[[OTHER]]
// CHECK: vector.store %[[LINE]], %{{.*}}[%[[AT]]]
// CHECK: vector.load %arg1
// CHECK-NOT: vector.load %arg1
// CHECK: vector.fma
func.func @the_next_panel_is_packed_beside_sums(%a: memref<192x768xf32>, %b: memref<768x768xf32>,
                                                %c: memref<192x768xf32>) {
  linalg.matmul {sluice_cpu.strategy = #three_panels}
    ins(%a, %b : memref<192x768xf32>, memref<768x768xf32>) outs(%c : memref<192x768xf32>)
  return
}

// The last panel, of 8 columns, is always packed when it is used.
// CHECK-LABEL: @a_panel_that_is_not_whole_is_packed_by_itself
// CHECK: scf.for %[[J:.*]] = %c0 to %{{.*}} step %c16
// CHECK: %[[IS_LATER:.*]] = arith.cmpi ne,
// CHECK: %[[END:.*]] = arith.addi %[[J]], %c16
// CHECK: %[[IS_WHOLE:.*]] = arith.cmpi ule, %[[END]], %{{.*}}
// CHECK: %[[IS_PACKED:.*]] = arith.andi %[[IS_LATER]], %[[IS_WHOLE]]
// CHECK: scf.if %[[IS_PACKED]] {
func.func @a_panel_that_is_not_whole_is_packed_by_itself(%a: memref<192x768xf32>,
                                                         %b: memref<768x760xf32, strided<[768, 1]>>,
                                                         %c: memref<192x760xf32>) {
  linalg.matmul {sluice_cpu.strategy = #all_panels}
    ins(%a, %b : memref<192x768xf32>, memref<768x760xf32, strided<[768, 1]>>) outs(%c : memref<192x760xf32>)
  return
}

// Of a sum whose last block is shorter, fewer stretches run: what is not packed ahead is fetched alone.
// CHECK-LABEL: @a_shorter_block_of_the_sum_packs_nothing_ahead
// CHECK-NOT: locality<3>, data : memref<768x768xf32>
// CHECK: memref.prefetch %arg1{{.*}}, read, locality<2>, data
// CHECK-NOT: locality<3>, data : memref<768x768xf32>
// CHECK: return
func.func @a_shorter_block_of_the_sum_packs_nothing_ahead(%a: memref<192x768xf32>, %b: memref<768x768xf32>,
                                                          %c: memref<192x768xf32>) {
  linalg.matmul {sluice_cpu.strategy = #uneven_blocks_of_the_sum}
    ins(%a, %b : memref<192x768xf32>, memref<768x768xf32>) outs(%c : memref<192x768xf32>)
  return
}

// The same where the last block of C has fewer rows.
// CHECK-LABEL: @a_block_of_fewer_rows_packs_nothing_ahead
// CHECK-NOT: locality<3>, data : memref<768x768xf32>
// CHECK: memref.prefetch %arg1{{.*}}, read, locality<2>, data
// CHECK-NOT: locality<3>, data : memref<768x768xf32>
// CHECK: return
func.func @a_block_of_fewer_rows_packs_nothing_ahead(%a: memref<200x768xf32>, %b: memref<768x768xf32>,
                                                     %c: memref<200x768xf32>) {
  linalg.matmul {sluice_cpu.strategy = #three_panels}
    ins(%a, %b : memref<200x768xf32>, memref<768x768xf32>) outs(%c : memref<200x768xf32>)
  return
}

// And where rows of B begin inside of a line.
// CHECK-LABEL: @rows_that_begin_inside_of_a_line_are_not_packed_ahead
// CHECK-NOT: locality<3>, data : memref<768x776xf32>
// CHECK: memref.prefetch %arg1{{.*}}, read, locality<2>, data
// CHECK-NOT: locality<3>, data : memref<768x776xf32>
// CHECK: return
func.func @rows_that_begin_inside_of_a_line_are_not_packed_ahead(%a: memref<192x768xf32>, %b: memref<768x776xf32>,
                                                                 %c: memref<192x776xf32>) {
  linalg.matmul {sluice_cpu.strategy = #three_panels}
    ins(%a, %b : memref<192x768xf32>, memref<768x776xf32>) outs(%c : memref<192x776xf32>)
  return
}

// And where a term of a panel is no whole number of lines.
// CHECK-LABEL: @panels_of_halves_of_lines_are_not_packed_ahead
// CHECK-NOT: locality<3>, data : memref<768x768xf32>
// CHECK: memref.prefetch %arg1{{.*}}, read, locality<2>, data
// CHECK-NOT: locality<3>, data : memref<768x768xf32>
// CHECK: return
func.func @panels_of_halves_of_lines_are_not_packed_ahead(%a: memref<192x768xf32>, %b: memref<768x768xf32>,
                                                          %c: memref<192x768xf32>) {
  linalg.matmul {sluice_cpu.strategy = #panels_of_halves_of_lines}
    ins(%a, %b : memref<192x768xf32>, memref<768x768xf32>) outs(%c : memref<192x768xf32>)
  return
}

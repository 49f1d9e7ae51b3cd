// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// Operands are rounded as they are packed.

#of_f32 = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>
#of_f32_in_wide_vectors = #sluice_cpu.strategy<register = [8, 16], cache = [8, 16, 16],
    vector = 16, packs_a = true, packs_b = true>
#of_pairs = #sluice_cpu.strategy<register = [8, 16], cache = [8, 16, 34],
    vector = 16, packs_a = true, packs_b = true, vnni = 2>

// Panels of f32 hold what is rounded to bf16, in whole vectors: half of the last place that stays is added, and the
// rest cut off.
// CHECK-LABEL: @operands_are_rounded_as_they_are_packed
// CHECK: memref.alloc() {{.*}} : memref<128xf32>
// CHECK: vector.load %arg0
// CHECK: arith.cmpf uno
// CHECK: %[[X:.*]] = vector.load %arg1
// CHECK: %[[BITS:.*]] = arith.bitcast %[[X]] : vector<8xf32> to vector<8xi32>
// CHECK: arith.shrui %[[BITS]], %cst
// CHECK: arith.addi %[[BITS]], %cst
// CHECK: %[[SUM:.*]] = arith.addi
// CHECK: %[[IS_NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]]
// CHECK: %[[QUIET:.*]] = arith.ori %[[BITS]], %cst
// CHECK: %[[WORD:.*]] = arith.select %[[IS_NAN]], %[[QUIET]], %[[SUM]] : vector<8xi1>, vector<8xi32>
// CHECK: %[[CUT:.*]] = arith.andi %[[WORD]], %cst
// CHECK: %[[ROUNDED:.*]] = arith.bitcast %[[CUT]] : vector<8xi32> to vector<8xf32>
// CHECK: vector.store %[[ROUNDED]]
// CHECK: scf.for {{.*}} iter_args
// CHECK-NOT: arith.cmpf
// CHECK: vector.fma
func.func @operands_are_rounded_as_they_are_packed(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #of_f32}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// What is bf16 in memory is widened in panels of f32, which is exact.
// CHECK-LABEL: @bf16_in_memory_is_widened_in_panels_of_f32
// CHECK: vector.load %arg1{{.*}} vector<16xbf16>
// CHECK: arith.extui {{.*}} : vector<16xi16> to vector<16xi32>
// CHECK: arith.shli
// CHECK: vector.store {{.*}} vector<16xf32>
// CHECK: vector.fma
func.func @bf16_in_memory_is_widened_in_panels_of_f32(%a: memref<8x16xbf16>, %b: memref<16x16xbf16>,
                                                      %c: memref<8x16xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #of_f32_in_wide_vectors}
    ins(%a, %b : memref<8x16xbf16>, memref<16x16xbf16>) outs(%c : memref<8x16xf32>)
  return
}

// f16 is rounded by the processor's instruction, and widened again.
// CHECK-LABEL: @f16_is_f32_in_panels
// CHECK: memref.alloc() {{.*}} : memref<128xf32>
// CHECK: %[[X:.*]] = vector.load %arg1{{.*}} vector<8xf32>
// CHECK: %[[NARROW:.*]] = arith.truncf %[[X]] : vector<8xf32> to vector<8xf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[NARROW]] : vector<8xf16> to vector<8xf32>
// CHECK: vector.store %[[WIDE]]
// CHECK: vector.fma
func.func @f16_is_f32_in_panels(%a: memref<6x8xf16>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  linalg.matmul {sluice.compute_type = f16, sluice_cpu.strategy = #of_f32}
    ins(%a, %b : memref<6x8xf16>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// What is left of rows is copied by elements: processors without f16 have no vectors of it that are masked.
// CHECK-LABEL: @f16_of_part_of_a_panel
// CHECK-NOT: vector.maskedload
// CHECK: vector.fma
func.func @f16_of_part_of_a_panel(%a: memref<5x8xf16>, %b: memref<8x13xf16>, %c: memref<5x13xf32>) {
  linalg.matmul {sluice.compute_type = f16, sluice_cpu.strategy = #of_f32}
    ins(%a, %b : memref<5x8xf16>, memref<8x13xf16>) outs(%c : memref<5x13xf32>)
  return
}

// Of tf32 the last 13 bits are cut off.
// CHECK-LABEL: @tf32_is_cut_off
// CHECK: arith.constant dense<-8192> : vector<8xi32>
// CHECK: %[[X:.*]] = vector.load %arg1{{.*}} vector<8xf32>
// CHECK: %[[BITS:.*]] = arith.bitcast %[[X]] : vector<8xf32> to vector<8xi32>
// CHECK: %[[CUT:.*]] = arith.andi %[[BITS]], %cst
// CHECK: %[[FACTOR:.*]] = arith.bitcast %[[CUT]] : vector<8xi32> to vector<8xf32>
// CHECK: vector.store %[[FACTOR]]
// CHECK: vector.fma
func.func @tf32_is_cut_off(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  linalg.matmul {sluice.compute_type = tf32, sluice_cpu.strategy = #of_f32}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// Pairs of bf16: of two rows of B one vector, of a row of A as it lies. The last term of 33 has a zero beside it.
// CHECK-LABEL: @two_terms_lie_together_in_panels_of_pairs
// CHECK: %[[B:.*]] = memref.alloc() {{.*}} : memref<544xbf16>
// CHECK: %[[A:.*]] = memref.alloc() {{.*}} : memref<272xbf16>
// CHECK: arith.truncf {{.*}} : vector<32xf32> to vector<32xbf16>
// CHECK: vector.bitcast {{.*}} : vector<32xbf16> to vector<16xi32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<16xbf16>
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c2
// CHECK: %[[X:.*]] = arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: %[[Y:.*]] = arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
// CHECK: vector.interleave %[[X]], %[[Y]] : vector<16xbf16> -> vector<32xbf16>
// CHECK: vector.store %{{.*}}, %[[B]]
// CHECK: vector.interleave %{{.*}}, %cst
// CHECK: scf.for %{{.*}} = %c0 to %c32 step %c8 iter_args
// CHECK: vector.load %[[A]]{{.*}} vector<2xbf16>
// CHECK: vector.broadcast {{.*}} : i32 to vector<16xi32>
// CHECK: vector.bitcast {{.*}} : vector<16xi32> to vector<32xbf16>
// CHECK: x86vector.avx512.dot {{.*}} : vector<32xbf16> -> vector<16xf32>
// CHECK-NOT: vector.fma
func.func @two_terms_lie_together_in_panels_of_pairs(%a: memref<8x33xf32>, %b: memref<33x16xf32>,
                                                     %c: memref<8x16xf32>) {
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #of_pairs}
    ins(%a, %b : memref<8x33xf32>, memref<33x16xf32>) outs(%c : memref<8x16xf32>)
  return
}

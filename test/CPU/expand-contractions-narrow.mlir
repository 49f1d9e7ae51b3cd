// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 4], vector = 16, packs_a = true, packs_b = true>
#whole = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>

// A chunk is a block of the sum. Each product is added by one rounding to f32 and, in integers, one to the format.
// CHECK-LABEL: @chunks_are_blocks_of_the_sum
// CHECK: scf.for %[[CHUNK:.*]] = %c0 to %c8 step %c4
// CHECK: vector.fma
// CHECK-NEXT: arith.bitcast
// CHECK-NEXT: arith.addi
// CHECK: arith.select
// CHECK-NEXT: arith.andi
// What was summed before is added in the format as well.
// CHECK: arith.addf
// CHECK: vector.store
func.func @chunks_are_blocks_of_the_sum(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e6m9, chunk = 4>,
                 sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// Products that f32 does not have, or that have more bits than the sum, are rounded by way of what is left over.
// CHECK-LABEL: @wide_products_are_rounded_once
// CHECK: scf.for {{.*}} iter_args
// CHECK: arith.mulf
// CHECK: arith.cmpf one
// CHECK: arith.ori
// CHECK: return
func.func @wide_products_are_rounded_once(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #whole, sluice.accumulation = #sluice.accumulation<e6m9>,
                 sluice.formats = [#sluice.format<bf16>, #sluice.format<bf16>]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// A tensor core finds the largest exponent of a group, then adds integers.
// CHECK-LABEL: @a_tensor_core_adds_groups
// CHECK: scf.for {{.*}} step %c32 iter_args
// CHECK: scf.for
// CHECK: arith.maxsi
// CHECK: scf.for
// CHECK: arith.fptosi
// CHECK: arith.truncf {{.*}} : vector<16xf64> to vector<16xf32>
func.func @a_tensor_core_adds_groups(%a: memref<2x64xf32>, %b: memref<64x16xf32>, %c: memref<2x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 64], vector = 16,
                                                            packs_a = true, packs_b = true>,
                 sluice.accumulation = #sluice.accumulation<e8m13, rounding = toward_zero, order = hopper_fp8>,
                 sluice.formats = [#sluice.format<f8E4M3FN>, #sluice.format<f8E4M3FN>]}
    ins(%a, %b : memref<2x64xf32>, memref<64x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

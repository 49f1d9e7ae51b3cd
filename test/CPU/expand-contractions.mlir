// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// The loops over blocks of C and over blocks of the sum, and the block of C in registers.

#two_blocks_of_the_sum = #sluice_cpu.strategy<register = [6, 16], cache = [24, 16, 64],
    vector = 8, packs_a = true, packs_b = true>
#one_block_of_c = #sluice_cpu.strategy<register = [6, 16], cache = [24, 32, 128],
    vector = 8, packs_a = true, packs_b = true>
#one_task = #sluice_cpu.strategy<register = [6, 16], cache = [66, 64, 64], vector = 8, packs_a = true, packs_b = true>
#of_128_bits = #sluice_cpu.strategy<register = [4, 8], cache = [4, 8, 8], vector = 4, packs_a = true, packs_b = true>
#slice = strided<[192, 1], offset: ?>
#rows = strided<[64, 1], offset: ?>
#bti = affine_map<(i, o, b, t) -> (b, t, i)>
#bto = affine_map<(i, o, b, t) -> (b, t, o)>
#io = affine_map<(i, o, b, t) -> (i, o)>

// 2 x 8 blocks of C, 2 blocks of the sum; nothing is at an edge. Eight tasks want the same panels of A, which are
// packed before; those of B belong to a task.
// CHECK-LABEL: @whole_blocks_are_written_in_place
// CHECK: %[[A:.*]] = memref.alloc() {alignment = 64 : i64} : memref<6144xf32>
// CHECK-NOT: scf.forall
// CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64
// They are copied transposed, and nothing is written beyond a panel.
// CHECK: vector.load %arg0
// CHECK: vector.shuffle {{.*}} [0, 1, 2, 3, 8, 9, 10, 11]
// CHECK-NOT: vector.store {{.*}} vector<8xf32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<4xf32>
// CHECK: vector.store %{{.*}}, %[[A]]{{.*}} vector<2xf32>
// CHECK: scf.forall (%{{.*}}) in (16)
// CHECK-NEXT: %[[B:.*]] = memref.alloc() {alignment = 64 : i64} : memref<1024xf32>
// CHECK-NOT: memref.alloc
// CHECK: scf.for %{{.*}} = %c0 to %c128 step %c64
// Those of B are copied as they lie.
// CHECK: vector.load %arg1
// CHECK: vector.store %{{.*}}, %[[B]]
// A block of C is fetched row by row while its sums are computed, a row before each of eight stretches of them.
// CHECK: scf.for %[[STRETCH:.*]] = %c0 to %c64 step %c8 iter_args
// CHECK: memref.prefetch %arg2
// CHECK: %[[END:.*]] = arith.addi %[[STRETCH]], %c8
// CHECK: scf.for %{{.*}} = %[[STRETCH]] to %[[END]] step %c4 iter_args
// CHECK-NOT: memref.prefetch
// CHECK-COUNT-48: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-12: vector.store {{.*}} %arg2
// CHECK-NOT: linalg.
func.func @whole_blocks_are_written_in_place(%a: memref<48x128xf32>, %b: memref<128x128xf32>, %c: memref<48x128xf32>) {
  linalg.matmul {sluice_cpu.strategy = #two_blocks_of_the_sum}
    ins(%a, %b : memref<48x128xf32>, memref<128x128xf32>) outs(%c : memref<48x128xf32>)
  return
}

// CHECK-LABEL: @batch_and_sequence_are_one_sum
// CHECK: memref.collapse_shape %arg0 {{\[\[}}0, 1], [2]]
// CHECK: memref.collapse_shape %arg1 {{\[\[}}0, 1], [2]]
// CHECK: scf.for %{{.*}} = %c0 to %c256 step %c128
func.func @batch_and_sequence_are_one_sum(%a: memref<4x64x24xf32>, %b: memref<4x64x32xf32>, %c: memref<24x32xf32>) {
  linalg.contract indexing_maps = [#bti, #bto, #io] {sluice_cpu.strategy = #one_block_of_c}
    ins(%a, %b : memref<4x64x24xf32>, memref<4x64x32xf32>) outs(%c : memref<24x32xf32>)
  return
}

// Inside a parallel loop: no other one, and the buffers at its start.
// CHECK-LABEL: @a_parallel_loop_holds_sequential_ones
// CHECK: scf.forall (%{{.*}}) in (12)
// CHECK-NEXT: memref.alloc()
// CHECK-NEXT: memref.alloc()
// CHECK-NOT: scf.forall
// CHECK: memref.subview
// CHECK-NOT: memref.alloc
// CHECK: vector.fma
func.func @a_parallel_loop_holds_sequential_ones(%qkv: memref<12x64x192xf32>, %c: memref<12x66x64xf32>,
                                                 %p: memref<12x66x64xf32>) {
  scf.forall (%h) in (12) {
    %v = memref.subview %qkv[%h, 0, 128] [1, 64, 64] [1, 1, 1] : memref<12x64x192xf32> to memref<64x64xf32, #slice>
    %ph = memref.subview %p[%h, 0, 0] [1, 66, 64] [1, 1, 1] : memref<12x66x64xf32> to memref<66x64xf32, #rows>
    %ch = memref.subview %c[%h, 0, 0] [1, 66, 64] [1, 1, 1] : memref<12x66x64xf32> to memref<66x64xf32, #rows>
    linalg.matmul {sluice_cpu.strategy = #one_task}
      ins(%ph, %v : memref<66x64xf32, #rows>, memref<64x64xf32, #slice>)
      outs(%ch : memref<66x64xf32, #rows>)
  }
  return
}

// CHECK-LABEL: @vectors_of_128_bits_multiply_and_add
// CHECK-NOT: vector.fma
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @vectors_of_128_bits_multiply_and_add(%a: memref<4x8xf32>, %b: memref<8x8xf32>, %c: memref<4x8xf32>) {
  linalg.matmul {sluice_cpu.strategy = #of_128_bits}
    ins(%a, %b : memref<4x8xf32>, memref<8x8xf32>) outs(%c : memref<4x8xf32>)
  return
}

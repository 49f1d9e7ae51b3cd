// RUN: sluice-opt %s --sluice-describe-kernels | FileCheck %s
// RUN: sluice-opt %s --sluice-describe-kernels --sluice-set-target=processor=x86-64-v3 --sluice-cpu-strategy \
// RUN:   --sluice-expand-contractions --sluice-vectorize-generics --sluice-outline-parallel \
// RUN:   | FileCheck %s --check-prefix=LOOPS

// Both operands are read, the sum is read and written; a multiplication and an addition a term.
// CHECK-LABEL: @a_contraction_has_its_sizes
// CHECK: linalg.contract {{.*}} {sluice.kernel = #sluice.kernel<"linear 64x272x300", flops = 10444800, bytes = 542464>}
// LOOPS: sluice_cpu.parallel_for {{.*}} {kernel = #sluice.kernel<"packing", flops = 0, bytes = 153600>}
// LOOPS: sluice_cpu.parallel_for {{.*}} {kernel = #sluice.kernel<"linear 64x272x300", flops = 10444800,
// LOOPS-SAME: {{^}} bytes = 542464>}
func.func @a_contraction_has_its_sizes(%step: memref<584xi8>, %x: memref<4x16x300xf32>, %w: memref<300x272xf32>,
    %y: memref<4x16x272xf32>) {
  linalg.contract indexing_maps = [affine_map<(b, t, o, i) -> (b, t, i)>, affine_map<(b, t, o, i) -> (i, o)>,
      affine_map<(b, t, o, i) -> (b, t, o)>]
    ins(%x, %w : memref<4x16x300xf32>, memref<300x272xf32>) outs(%y : memref<4x16x272xf32>)
    loc("linear"("model.json":3:1))
  return
}

// Comparisons, selections and conversions are no operations; what the body does not read is only written.
// CHECK-LABEL: @an_op_of_elements
// CHECK: linalg.generic {{.*}}sluice.kernel = #sluice.kernel<"relu", flops = 65536, bytes = 524288>
// CHECK: memref.copy {{.*}} {sluice.kernel = #sluice.kernel<"copy", flops = 0, bytes = 524288>}
// LOOPS: sluice_cpu.parallel_for {{.*}} {kernel = #sluice.kernel<"relu", flops = 65536, bytes = 524288>}
func.func @an_op_of_elements(%step: memref<584xi8>, %x: memref<65536xf32>, %y: memref<65536xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
    ins(%x : memref<65536xf32>) outs(%y : memref<65536xf32>) {
  ^bb0(%a: f32, %b: f32):
    %zero = arith.constant 0.0 : f32
    %positive = arith.cmpf ogt, %a, %zero : f32
    %selected = arith.select %positive, %a, %zero : f32
    %scaled = arith.mulf %selected, %a : f32
    linalg.yield %scaled : f32
  } loc("relu"("model.json":4:1))
  memref.copy %x, %y : memref<65536xf32> to memref<65536xf32>
  return
}

// What is inside counts as often as it runs: 8 blocks of rows, and of the columns on average half, as the diagonal
// bounds them.
// CHECK-LABEL: @a_loop_is_one_kernel
// CHECK-NOT: sluice.kernel
// CHECK: linalg.fill
// CHECK-NOT: sluice.kernel
// CHECK: } {sluice.kernel = #sluice.kernel<"attention", flops = 16384, bytes = 65536>}
func.func @a_loop_is_one_kernel(%step: memref<584xi8>, %x: memref<128x128xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c128 = arith.constant 128 : index
  %one = arith.constant 1.0 : f32
  scf.forall (%i) = (0) to (128) step (16) {
    %past = arith.addi %i, %c16 : index
    %end = arith.minsi %c128, %past : index
    scf.for %j = %c0 to %end step %c16 {
      %block = memref.subview %x[%i, %j] [16, 16] [1, 1]
          : memref<128x128xf32> to memref<16x16xf32, strided<[128, 1], offset: ?>>
      linalg.fill ins(%one : f32) outs(%block : memref<16x16xf32, strided<[128, 1], offset: ?>>)
      linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
        outs(%block : memref<16x16xf32, strided<[128, 1], offset: ?>>) {
      ^bb0(%a: f32):
        %twice = arith.addf %a, %a : f32
        %four = arith.mulf %twice, %twice : f32
        linalg.yield %four : f32
      }
    }
  } loc("attention"("model.json":5:1))
  return
}

// Of the two products of 2 x 64 x 16 with 64 keys, half is masked.
// CHECK-LABEL: @attention
// CHECK: sluice.kernel = #sluice.kernel<"attn", flops = 262144, bytes = 33792>
func.func @attention(%q: memref<2x64x16xf32>, %result: memref<2x64x16xf32>, %logsumexp: memref<2x2x64xf32>) {
  sluice.blocked_attention ins(%q, %q, %q : memref<2x64x16xf32>, memref<2x64x16xf32>, memref<2x64x16xf32>)
    outs(%result, %logsumexp : memref<2x64x16xf32>, memref<2x2x64xf32>) {causal, heads = 2, ordinal = 0} loc("attn")
  return
}

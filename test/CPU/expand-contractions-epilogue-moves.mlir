// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// An epilogue moves right behind its contraction, over ops that touch other buffers.

#two_tasks = #sluice_cpu.strategy<register = [6, 16], cache = [48, 64, 128], vector = 8, packs_a = true, packs_b = true>
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#bti = affine_map<(b, t, o, i) -> (b, t, i)>
#io = affine_map<(b, t, o, i) -> (i, o)>
#bto = affine_map<(b, t, o, i) -> (b, t, o)>
#half = strided<[3072, 64, 1], offset: 3072>

// Its buffer and its view move before the contraction, what is in between touches neither. Dimensions merge as those of
// C. The kernel has the operations of both, and the bytes that the op moves beside C.
// CHECK-LABEL: @an_epilogue_moves_over_ops_that_touch_other_buffers
// CHECK-DAG: %[[Y:.*]] = memref.alloc() : memref<2x48x64xf32>
// CHECK-DAG: %[[X:.*]] = memref.subview %arg2
// CHECK-DAG: memref.collapse_shape %[[X]] {{\[\[}}0, 1], [2]]
// CHECK: scf.forall
// CHECK: math.exp %{{.*}} : vector<8xf32>
// CHECK: kernel<"linear", flops = 1585152, bytes = 98304>
// CHECK: linalg.fill
// CHECK-NOT: math.exp
// CHECK: memref.copy %[[Y]], %arg4
func.func @an_epilogue_moves_over_ops_that_touch_other_buffers(%a: memref<2x48x128xf32>, %b: memref<128x64xf32>,
                                                               %x: memref<4x48x64xf32>, %sums: memref<64xf32>,
                                                               %z: memref<2x48x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<2x48x64xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<2x48x64xf32>)
  linalg.contract indexing_maps = [#bti, #io, #bto] {sluice_cpu.strategy = #two_tasks,
     sluice.kernel = #sluice.kernel<"linear", flops = 1572864, bytes = 73728>}
    ins(%a, %b : memref<2x48x128xf32>, memref<128x64xf32>) outs(%c : memref<2x48x64xf32>)
  linalg.fill ins(%zero : f32) outs(%sums : memref<64xf32>)
  %view = memref.subview %x[1, 0, 0] [2, 48, 64] [1, 1, 1] : memref<4x48x64xf32> to memref<2x48x64xf32, #half>
  %y = memref.alloc() : memref<2x48x64xf32>
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%view, %c : memref<2x48x64xf32, #half>, memref<2x48x64xf32>) outs(%y : memref<2x48x64xf32>)
    attrs = {sluice.kernel = #sluice.kernel<"exp", flops = 12288, bytes = 73728>} {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = math.exp %q : f32
    %1 = arith.mulf %p, %0 : f32
    linalg.yield %1 : f32
  }
  memref.copy %y, %z : memref<2x48x64xf32> to memref<2x48x64xf32>
  return
}

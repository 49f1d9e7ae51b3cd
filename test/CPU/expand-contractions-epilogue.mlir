// RUN: sluice-opt %s --split-input-file --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// The rows of a block that was just stored are added to those of x. The sums are kept in y: C has no buffer.
// CHECK-LABEL: @sum_with_another_buffer
// CHECK-NOT: memref.alloc() : memref<6x16xf32>
// CHECK: scf.for {{.*}} iter_args
// CHECK: memref.prefetch %arg2
// CHECK-COUNT-12: vector.store {{.*}}, %arg3
// CHECK: scf.for %[[R:.*]] = %c0 to %c6 step %c1
// CHECK-DAG: %[[X:.*]] = vector.load %arg2[%[[R]], %c0]
// CHECK-DAG: %[[C:.*]] = vector.load %arg3[%[[R]], %c0]
// CHECK: %[[SUM:.*]] = arith.addf %[[X]], %[[C]] : vector<8xf32>
// CHECK: vector.store %[[SUM]], %arg3[%[[R]], %c0]
// CHECK: vector.store {{.*}}, %arg3[%[[R]], %c8]
// CHECK-NOT: linalg.
#id = affine_map<(d0, d1) -> (d0, d1)>
#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>
func.func @sum_with_another_buffer(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %x: memref<6x16xf32>, %y: memref<6x16xf32>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<6x16xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  linalg.matmul {sluice_cpu.strategy = #strategy} ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %c : memref<6x16xf32>, memref<6x16xf32>) outs(%y : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// C stays: somebody reads it afterwards. A row and a column are broadcast.
// CHECK-LABEL: @two_outputs_and_broadcasts
// CHECK: scf.for %[[R:.*]] = %c0 to %c6 step %c1
// CHECK-DAG: vector.load %arg2[%[[R]], %c0]
// CHECK-DAG: vector.load %arg3[%c0]
// CHECK-DAG: %[[ELEMENT:.*]] = memref.load %arg4[%[[R]]]
// CHECK-DAG: vector.broadcast %[[ELEMENT]]
// CHECK-DAG: %[[T:.*]] = math.tanh %{{.*}} : vector<8xf32>
// CHECK-DAG: vector.store %[[T]], %arg5[%[[R]], %c0]
// CHECK-DAG: vector.store %{{.*}}, %arg6[%[[R]], %c0]
// CHECK: memref.load %arg2
#id = affine_map<(d0, d1) -> (d0, d1)>
#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>
func.func @two_outputs_and_broadcasts(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>, %row: memref<16xf32>, %column: memref<6xf32>,
                                      %y: memref<6x16xf32>, %z: memref<6x16xf32>) -> f32 {
  %index = arith.constant 0 : index
  linalg.matmul {sluice_cpu.strategy = #strategy} ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c, %row, %column : memref<6x16xf32>, memref<16xf32>, memref<6xf32>) outs(%y, %z : memref<6x16xf32>, memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32, %s: f32, %t: f32):
    %half = arith.constant 0.5 : f32
    %0 = arith.addf %p, %q : f32
    %1 = math.tanh %0 : f32
    %2 = arith.mulf %1, %r : f32
    %3 = arith.mulf %2, %half : f32
    linalg.yield %1, %3 : f32, f32
  }
  %seen = memref.load %c[%index, %index] : memref<6x16xf32>
  return %seen : f32
}

// -----

// Two blocks of the sum: only behind the last one. What is beyond an edge is masked. The op runs in place.
// CHECK-LABEL: @complete_sums_at_edges
// CHECK: scf.for %[[K:.*]] = %c0 to %c16 step %c8
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[K]], %c8
// CHECK: scf.if %[[LAST]] {
// CHECK: arith.mulf %{{.*}} : vector<8xf32>
// CHECK: %[[MASK:.*]] = vector.create_mask
// CHECK: scf.if %[[LAST]] {
// CHECK-NEXT: scf.for
// CHECK: %[[OLD:.*]] = vector.maskedload %arg2{{.*}}, %[[MASK]]
// CHECK: %[[NEW:.*]] = arith.mulf %[[OLD]]
// CHECK: vector.maskedstore %arg2{{.*}}, %[[MASK]], %[[NEW]]
// CHECK-NOT: linalg.
func.func @complete_sums_at_edges(%a: memref<7x16xf32>, %b: memref<16x33xf32>, %c: memref<7x33xf32>) {
  %half = arith.constant 0.5 : f32
  linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [12, 48, 8], vector = 8, packs_a = true, packs_b = true>}
    ins(%a, %b : memref<7x16xf32>, memref<16x33xf32>) outs(%c : memref<7x33xf32>)
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} outs(%c : memref<7x33xf32>) {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %half : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

// Its buffer and its view move before the contraction, what is in between touches neither. Dimensions merge as those of
// C. The kernel has the operations of both, and the bytes that the op moves beside C.
// CHECK-LABEL: @behind_other_ops
// CHECK-DAG: %[[Y:.*]] = memref.alloc() : memref<2x48x64xf32>
// CHECK-DAG: %[[X:.*]] = memref.subview %arg2
// CHECK-DAG: memref.collapse_shape %[[X]] {{\[\[}}0, 1], [2]]
// CHECK: scf.forall
// CHECK: math.exp %{{.*}} : vector<8xf32>
// CHECK: kernel<"linear", flops = 1585152, bytes = 98304>
// CHECK: linalg.fill
// CHECK-NOT: math.exp
// CHECK: memref.copy %[[Y]], %arg4
#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
func.func @behind_other_ops(%a: memref<2x48x128xf32>, %b: memref<128x64xf32>, %x: memref<4x48x64xf32>, %sums: memref<64xf32>, %z: memref<2x48x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<2x48x64xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<2x48x64xf32>)
  linalg.contract indexing_maps = [affine_map<(b, t, o, i) -> (b, t, i)>, affine_map<(b, t, o, i) -> (i, o)>, affine_map<(b, t, o, i) -> (b, t, o)>]
    {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [48, 64, 128], vector = 8, packs_a = true, packs_b = true>,
     sluice.kernel = #sluice.kernel<"linear", flops = 1572864, bytes = 73728>}
    ins(%a, %b : memref<2x48x128xf32>, memref<128x64xf32>) outs(%c : memref<2x48x64xf32>)
  linalg.fill ins(%zero : f32) outs(%sums : memref<64xf32>)
  %view = memref.subview %x[1, 0, 0] [2, 48, 64] [1, 1, 1] : memref<4x48x64xf32> to memref<2x48x64xf32, strided<[3072, 64, 1], offset: 3072>>
  %y = memref.alloc() : memref<2x48x64xf32>
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%view, %c : memref<2x48x64xf32, strided<[3072, 64, 1], offset: 3072>>, memref<2x48x64xf32>) outs(%y : memref<2x48x64xf32>)
    attrs = {sluice.kernel = #sluice.kernel<"exp", flops = 12288, bytes = 73728>} {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = math.exp %q : f32
    %1 = arith.mulf %p, %0 : f32
    linalg.yield %1 : f32
  }
  memref.copy %y, %z : memref<2x48x64xf32> to memref<2x48x64xf32>
  return
}

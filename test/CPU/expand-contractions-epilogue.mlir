// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// An element-wise op behind a contraction runs on each block of C right after its last sums were stored.

#one_register_block = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8],
    vector = 8, packs_a = true, packs_b = true>
#two_blocks_of_the_sum = #sluice_cpu.strategy<register = [6, 16], cache = [12, 48, 8],
    vector = 8, packs_a = true, packs_b = true>
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#column = affine_map<(d0, d1) -> (d0)>

// The rows of a block that was just stored are added to those of x. The sums are kept in y: C has no buffer.
// CHECK-LABEL: @sums_are_kept_in_the_output_of_an_epilogue
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
func.func @sums_are_kept_in_the_output_of_an_epilogue(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %x: memref<6x16xf32>,
                                                      %y: memref<6x16xf32>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<6x16xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  linalg.matmul {sluice_cpu.strategy = #one_register_block}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %c : memref<6x16xf32>, memref<6x16xf32>) outs(%y : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// C stays: somebody reads it afterwards. A row and a column are broadcast.
// CHECK-LABEL: @an_epilogue_has_several_outputs_and_broadcasts
// CHECK: scf.for %[[R:.*]] = %c0 to %c6 step %c1
// CHECK-DAG: vector.load %arg2[%[[R]], %c0]
// CHECK-DAG: vector.load %arg3[%c0]
// CHECK-DAG: %[[ELEMENT:.*]] = memref.load %arg4[%[[R]]]
// CHECK-DAG: vector.broadcast %[[ELEMENT]]
// CHECK-DAG: %[[T:.*]] = math.tanh %{{.*}} : vector<8xf32>
// CHECK-DAG: vector.store %[[T]], %arg5[%[[R]], %c0]
// CHECK-DAG: vector.store %{{.*}}, %arg6[%[[R]], %c0]
// CHECK: memref.load %arg2
func.func @an_epilogue_has_several_outputs_and_broadcasts(%a: memref<6x8xf32>, %b: memref<8x16xf32>,
                                                          %c: memref<6x16xf32>, %row: memref<16xf32>,
                                                          %column: memref<6xf32>, %y: memref<6x16xf32>,
                                                          %z: memref<6x16xf32>) -> f32 {
  %index = arith.constant 0 : index
  linalg.matmul {sluice_cpu.strategy = #one_register_block}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #row, #column, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c, %row, %column : memref<6x16xf32>, memref<16xf32>, memref<6xf32>)
    outs(%y, %z : memref<6x16xf32>, memref<6x16xf32>) {
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

// Two blocks of the sum: only behind the last one. What is beyond an edge is masked. The op runs in place.
// CHECK-LABEL: @an_epilogue_runs_behind_the_last_block_of_the_sum
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
func.func @an_epilogue_runs_behind_the_last_block_of_the_sum(%a: memref<7x16xf32>, %b: memref<16x33xf32>,
                                                             %c: memref<7x33xf32>) {
  %half = arith.constant 0.5 : f32
  linalg.matmul {sluice_cpu.strategy = #two_blocks_of_the_sum}
    ins(%a, %b : memref<7x16xf32>, memref<16x33xf32>) outs(%c : memref<7x33xf32>)
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%c : memref<7x33xf32>) {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %half : f32
    linalg.yield %0 : f32
  }
  return
}

// What is rounded is stored as such; the sums before have a buffer of their own.
// CHECK-LABEL: @an_epilogue_rounds
// CHECK: %[[SUMS:.*]] = memref.alloc() : memref<6x16xf32>
// CHECK: scf.for %[[R:.*]] = %c0 to %c6 step %c1
// CHECK: %[[C:.*]] = vector.load %[[SUMS]][%[[R]], %c0] : memref<6x16xf32>, vector<8xf32>
// CHECK: %[[NARROW:.*]] = arith.truncf %[[C]] : vector<8xf32> to vector<8xbf16>
// CHECK: vector.store %[[NARROW]], %arg2[%[[R]], %c0] : memref<6x16xbf16>, vector<8xbf16>
// CHECK-NOT: linalg.
func.func @an_epilogue_rounds(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %y: memref<6x16xbf16>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<6x16xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<6x16xf32>)
  linalg.matmul {sluice_cpu.strategy = #one_register_block}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<6x16xf32>) outs(%y : memref<6x16xbf16>) {
  ^bb0(%p: f32, %r: bf16):
    %0 = arith.truncf %p : f32 to bf16
    linalg.yield %0 : bf16
  }
  return
}

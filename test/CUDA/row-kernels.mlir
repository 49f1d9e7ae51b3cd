// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-row-kernels),canonicalize,cse)' | FileCheck %s

// A fill, a sum and what uses it are one kernel: four warps a block, of which the last two of the second block have no
// row. The row is read once, and the sum is never written.
// CHECK-LABEL: func.func @center
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch blocks(%[[BLOCK:[a-z0-9]+]], {{[^(]*}} in (%{{[a-z0-9]+}} = %c2,
// CHECK-SAME: threads(%[[THREAD:[a-z0-9]+]], {{.*}} in (%{{.*}} = %c128,
// CHECK: %[[WARP:.*]] = arith.divui %[[THREAD]], %c32
// CHECK: %[[LANE:.*]] = arith.remui %[[THREAD]], %c32
// CHECK: %[[FIRST:.*]] = arith.muli %[[BLOCK]], %c4
// CHECK: %[[ROW:.*]] = arith.addi %[[FIRST]], %[[WARP]]
// CHECK: %[[HAS:.*]] = arith.cmpi ult, %[[ROW]], %c6
// CHECK: scf.if %[[HAS]]
// CHECK: %[[COLUMN:.*]] = arith.muli %[[LANE]], %c4
// CHECK: vector.load %arg0[%[[ROW]], %[[COLUMN]]] {alignment = 16 : i64} : memref<6x128xf32>, vector<4xf32>
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK-NOT: memref.store
// CHECK-NOT: load %arg0
// CHECK: vector.store %{{.*}}, %arg1[%[[ROW]], %[[COLUMN]]] {alignment = 16 : i64} : memref<6x128xf32>, vector<4xf32>
// CHECK-NOT: linalg
// CHECK: return
func.func @center(%x: memref<6x128xf32>, %y: memref<6x128xf32>) {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.0078125 : f32
  %sum = memref.alloc() : memref<6xf32>
  linalg.fill ins(%zero : f32) outs(%sum : memref<6xf32>)
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<6x128xf32>) outs(%sum : memref<6xf32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r)>,
                                   affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum : memref<6x128xf32>, memref<6xf32>) outs(%y : memref<6x128xf32>) {
  ^bb0(%in: f32, %s: f32, %out: f32):
    %0 = arith.mulf %s, %scale : f32
    %1 = arith.subf %in, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// A long row has a block of 1,024 threads, which meet at a barrier, and a loop over runs. Columns beyond the end are
// left out of the maximum. An odd length is read element by element.
// CHECK-LABEL: func.func @long_rows
// CHECK: gpu.launch blocks({{[^(]*}} in (%{{[a-z0-9]+}} = %c3, {{.*}} in (%{{.*}} = %c1024,
// CHECK-SAME: workgroup(%[[SHARED:[a-z0-9]+]] : memref<32xf32,
// CHECK: scf.for %[[PLACE:.*]] = %{{.*}} to %c50176 step %c1024
// CHECK: arith.cmpi ult, %[[PLACE]], %c50001
// CHECK: arith.minui %[[PLACE]], %c50000
// CHECK: memref.load %arg0
// CHECK: arith.maximumf
// CHECK: arith.select
// CHECK-COUNT-5: gpu.shuffle xor
// CHECK: memref.store %{{.*}}, %[[SHARED]]
// CHECK: gpu.barrier
// CHECK-COUNT-32: memref.load %[[SHARED]]
// CHECK: memref.store %{{.*}}, %arg1
func.func @long_rows(%x: memref<3x50001xf32>, %most: memref<3xf32>) {
  linalg.reduce { arith.maximumf } ins(%x : memref<3x50001xf32>) outs(%most : memref<3xf32>) dimensions = [1]
  return
}

// What is written and read at other points is no part of the kernel.
// CHECK-LABEL: func.func @transposed
// CHECK: gpu.launch
// CHECK: linalg.generic
// CHECK: return
func.func @transposed(%x: memref<8x8xf32>, %sum: memref<8xf32>, %y: memref<8x8xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<8x8xf32>) outs(%sum : memref<8xf32>) dimensions = [1]
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%sum : memref<8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  }
  return
}

// The call may change what the sum reads, so that the first op does not move behind it.
// CHECK-LABEL: func.func @not_past_a_call
// CHECK: linalg.exp
// CHECK: call @change
// CHECK: gpu.launch
func.func private @change(memref<8x8xf32>)
func.func @not_past_a_call(%x: memref<8x8xf32>, %y: memref<8x8xf32>, %sum: memref<8xf32>) {
  linalg.exp ins(%x : memref<8x8xf32>) outs(%y : memref<8x8xf32>)
  func.call @change(%x) : (memref<8x8xf32>) -> ()
  linalg.reduce { arith.addf } ins(%y : memref<8x8xf32>) outs(%sum : memref<8xf32>) dimensions = [1]
  return
}

// Nor behind what overwrites its input.
// CHECK-LABEL: func.func @not_past_a_write
// CHECK: linalg.exp
// CHECK: linalg.fill
// CHECK: gpu.launch
func.func @not_past_a_write(%x: memref<8x8xf32>, %y: memref<8x8xf32>, %sum: memref<8xf32>, %zero: f32) {
  linalg.exp ins(%x : memref<8x8xf32>) outs(%y : memref<8x8xf32>)
  %rows = memref.subview %x[0, 0] [4, 8] [1, 1] : memref<8x8xf32> to memref<4x8xf32, strided<[8, 1]>>
  linalg.fill ins(%zero : f32) outs(%rows : memref<4x8xf32, strided<[8, 1]>>)
  linalg.reduce { arith.addf } ins(%y : memref<8x8xf32>) outs(%sum : memref<8xf32>) dimensions = [1]
  return
}

// Sums of doubles: shuffles move 32 bits at a time.
// CHECK-LABEL: func.func @squares
// CHECK: vector.load %arg0{{.*}} : memref<64xf32>, vector<4xf32>
// CHECK: arith.extf
// CHECK-COUNT-10: gpu.shuffle xor %{{.*}} : i32
// CHECK: memref.store %{{.*}}, %arg1[] : memref<f64>
func.func @squares(%x: memref<64xf32>, %sum: memref<f64>) {
  %zero = arith.constant 0.0 : f64
  linalg.fill ins(%zero : f64) outs(%sum : memref<f64>)
  linalg.generic {indexing_maps = [affine_map<(c) -> (c)>, affine_map<(c) -> ()>], iterator_types = ["reduction"]}
      ins(%x : memref<64xf32>) outs(%sum : memref<f64>) {
  ^bb0(%in: f32, %out: f64):
    %0 = arith.extf %in : f32 to f64
    %1 = arith.mulf %0, %0 : f64
    %2 = arith.addf %out, %1 : f64
    linalg.yield %2 : f64
  }
  return
}

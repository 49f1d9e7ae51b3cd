// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-elementwise-kernels),canonicalize,cse)' \
// RUN:   | FileCheck %s

// Two ops are one kernel, and what is between them is never in memory. The bias is read by whole accesses, too.
// CHECK-LABEL: func.func @bias_and_exp
// CHECK-NOT: memref.alloc
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c8, {{.*}} in (%{{.*}} = %c256,
// CHECK-DAG: vector.load %arg0{{.*}} {alignment = 16 : i64} : memref<64x128xf32>, vector<4xf32>
// CHECK-DAG: vector.load %arg1{{.*}} {alignment = 16 : i64} : memref<128xf32>, vector<4xf32>
// CHECK-COUNT-4: math.exp %{{.*}} : f32
// CHECK-NOT: vector.load
// CHECK: vector.store %{{.*}}, %arg2
// CHECK-NOT: vector.store
// CHECK: return
func.func @bias_and_exp(%x: memref<64x128xf32>, %bias: memref<128xf32>, %y: memref<64x128xf32>) {
  %t = memref.alloc() : memref<64x128xf32>
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>,
                                   affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %bias : memref<64x128xf32>, memref<128xf32>) outs(%t : memref<64x128xf32>) {
  ^bb0(%in: f32, %b: f32, %out: f32):
    %0 = arith.addf %in, %b : f32
    linalg.yield %0 : f32
  }
  linalg.exp ins(%t : memref<64x128xf32>) outs(%y : memref<64x128xf32>)
  return
}

// Rows that begin anywhere are read element by element, and so are transposed ones.
// CHECK-LABEL: func.func @apart
// CHECK: gpu.launch
// CHECK-COUNT-4: memref.load %arg0
// CHECK: vector.store %{{.*}}, %arg1
func.func @apart(%x: memref<4x8xf32, strided<[9, 1], offset: 1>>, %y: memref<4x8xf32>) {
  memref.copy %x, %y : memref<4x8xf32, strided<[9, 1], offset: 1>> to memref<4x8xf32>
  return
}

// CHECK-LABEL: func.func @shifted_rows
// CHECK: gpu.launch
// CHECK-COUNT-4: memref.load %arg0
// CHECK: vector.store %{{.*}}, %arg1
func.func @shifted_rows(%x: memref<4x8xf32, strided<[12, 1], offset: 1>>, %y: memref<4x8xf32>) {
  memref.copy %x, %y : memref<4x8xf32, strided<[12, 1], offset: 1>> to memref<4x8xf32>
  return
}

// A copy of memory to itself does nothing.
// CHECK-LABEL: func.func @itself
// CHECK-NEXT: return
func.func @itself(%x: memref<4x8xf32>) {
  memref.copy %x, %x : memref<4x8xf32> to memref<4x8xf32>
  return
}

// A number by itself is the work of one thread.
// CHECK-LABEL: func.func @number
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c1, {{.*}} in (%{{.*}} = %c32,
// CHECK: arith.cmpi ult, %{{.*}}, %c1
// CHECK: memref.store %{{.*}}, %arg1[] : memref<f32>
func.func @number(%x: memref<f32>, %y: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<() -> ()>, affine_map<() -> ()>], iterator_types = []}
      ins(%x : memref<f32>) outs(%y : memref<f32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %in : f32
    linalg.yield %0 : f32
  }
  return
}

// The second op reads what the first one of another thread writes: two kernels.
// CHECK-LABEL: func.func @shifted
// CHECK: gpu.launch
// CHECK: gpu.launch
// CHECK: return
func.func @shifted(%x: memref<8x8xf32>, %t: memref<8x8xf32>, %y: memref<8x8xf32>) {
  linalg.exp ins(%x : memref<8x8xf32>) outs(%t : memref<8x8xf32>)
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (c, r)>, affine_map<(r, c) -> (r, c)>],
                  iterator_types = ["parallel", "parallel"]}
      ins(%t : memref<8x8xf32>) outs(%y : memref<8x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  }
  return
}

// Sums are for other passes.
// CHECK-LABEL: func.func @sum
// CHECK-NEXT: linalg.reduce
func.func @sum(%x: memref<8x8xf32>, %y: memref<8xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<8x8xf32>) outs(%y : memref<8xf32>) dimensions = [1]
  return
}

// Memory without gaps is a list, whatever its shape. The kernel asks how long it is; four threads of rows of three have
// an access of four elements. Numbers are the same for all.
// CHECK-LABEL: func.func @list
// CHECK-DAG: %[[X:.*]] = sluice_cuda.flatten %arg0 : memref<400x3xf32> to memref<?xf32>
// CHECK-DAG: %[[Y:.*]] = sluice_cuda.flatten %arg2 : memref<400x3xf32> to memref<?xf32>
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c2, {{.*}} in (%{{.*}} = %c256,
// CHECK: %[[SIZE:.*]] = memref.dim %[[Y]], %c0
// CHECK: arith.cmpi ult, %{{.*}}, %[[SIZE]]
// CHECK: vector.load %[[X]]{{.*}} vector<4xf32>
// CHECK: memref.load %arg1[] : memref<f32>
// CHECK: vector.store %{{.*}}, %[[Y]]
func.func @list(%x: memref<400x3xf32>, %rate: memref<f32>, %y: memref<400x3xf32>) {
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> ()>,
                                   affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
      ins(%x, %rate : memref<400x3xf32>, memref<f32>) outs(%y : memref<400x3xf32>) {
  ^bb0(%in: f32, %r: f32, %out: f32):
    %0 = arith.mulf %in, %r : f32
    %1 = arith.subf %out, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// Who knows which point it is for is no list.
// CHECK-LABEL: func.func @index
// CHECK-NOT: sluice_cuda.flatten
// CHECK: return
func.func @index(%y: memref<64x4xi32>) {
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>], iterator_types = ["parallel", "parallel"]}
      outs(%y : memref<64x4xi32>) {
  ^bb0(%out: i32):
    %0 = linalg.index 1 : index
    %1 = arith.index_cast %0 : index to i32
    linalg.yield %1 : i32
  }
  return
}

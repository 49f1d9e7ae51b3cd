// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-column-kernels),canonicalize,cse)' | FileCheck %s

// Both sums read the rows once. Twelve blocks have 64 rows each; what they have summed a second kernel adds up.
// CHECK-LABEL: func.func @norm_gradients
// CHECK: %[[PARTS:.*]] = sluice_cuda.workspace : memref<12x128xf32>
// CHECK: %[[OTHERS:.*]] = sluice_cuda.workspace : memref<12x128xf32>
// CHECK: gpu.launch blocks(%{{[a-z0-9]+}}, %[[PART:[a-z0-9]+]], {{.*}} = %c1, %{{.*}} = %c12,
// CHECK-SAME: = %c32, %{{.*}} = %c8,
// CHECK: scf.for
// CHECK: vector.load %arg0
// CHECK: vector.load %arg1
// CHECK-NOT: vector.load
// CHECK: gpu.barrier
// CHECK: vector.store %{{.*}}, %[[PARTS]][%[[PART]],
// CHECK: vector.store %{{.*}}, %[[OTHERS]][%[[PART]],
// CHECK: gpu.launch
// CHECK: scf.for %{{.*}} = %c0 to %c12 step %c1
// CHECK: vector.load %[[PARTS]]
// CHECK: vector.store %{{.*}}, %arg2
// CHECK: vector.load %[[OTHERS]]
// CHECK: vector.store %{{.*}}, %arg3
// CHECK-NOT: linalg
func.func @norm_gradients(%g: memref<768x128xf32>, %x: memref<768x128xf32>, %scale: memref<128xf32>,
                          %shift: memref<128xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%scale : memref<128xf32>)
  linalg.generic {indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (r, c)>,
                                   affine_map<(r, c) -> (c)>], iterator_types = ["reduction", "parallel"]}
      ins(%g, %x : memref<768x128xf32>, memref<768x128xf32>) outs(%scale : memref<128xf32>) {
  ^bb0(%in: f32, %other: f32, %out: f32):
    %0 = arith.mulf %in, %other : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  }
  linalg.fill ins(%zero : f32) outs(%shift : memref<128xf32>)
  linalg.reduce { arith.addf } ins(%g : memref<768x128xf32>) outs(%shift : memref<128xf32>) dimensions = [0]
  return
}

// Few rows are summed by one kernel, which adds to what is there.
// CHECK-LABEL: func.func @few_rows
// CHECK-NOT: sluice_cuda.workspace
// CHECK: gpu.launch
// CHECK: %[[BEFORE:.*]] = vector.load %arg1
// CHECK: vector.store %{{.*}}, %arg1
// CHECK-NOT: gpu.launch
// CHECK: return
func.func @few_rows(%x: memref<12x128xf32>, %sum: memref<128xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<12x128xf32>) outs(%sum : memref<128xf32>) dimensions = [0]
  return
}

// The quotient needs whole sums.
// CHECK-LABEL: func.func @mean
// CHECK: gpu.launch
// CHECK: linalg.generic
func.func @mean(%x: memref<12x128xf32>, %sum: memref<128xf32>) {
  %twelfth = arith.constant 0.083333 : f32
  linalg.reduce { arith.addf } ins(%x : memref<12x128xf32>) outs(%sum : memref<128xf32>) dimensions = [0]
  linalg.generic {indexing_maps = [affine_map<(c) -> (c)>], iterator_types = ["parallel"]}
      outs(%sum : memref<128xf32>) {
  ^bb0(%out: f32):
    %0 = arith.mulf %out, %twelfth : f32
    linalg.yield %0 : f32
  }
  return
}

// Sums of rows and of columns of one matrix are not one group.
// CHECK-LABEL: func.func @rows_and_columns
// CHECK: linalg.reduce {{.*}} dimensions = [1]
// CHECK: gpu.launch
func.func @rows_and_columns(%x: memref<64x64xf32>, %rows: memref<64xf32>, %columns: memref<64xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<64x64xf32>) outs(%rows : memref<64xf32>) dimensions = [1]
  linalg.reduce { arith.addf } ins(%x : memref<64x64xf32>) outs(%columns : memref<64xf32>) dimensions = [0]
  return
}

// A kernel in between that only reads the rows is in nobody's way; one that writes them is.
// CHECK-LABEL: func.func @past_a_kernel
// CHECK: gpu.launch
// CHECK: memref.load %arg0
// CHECK: gpu.launch
// CHECK: vector.store %{{.*}}, %arg1
// CHECK: vector.store %{{.*}}, %arg2
// CHECK: gpu.launch
// CHECK: memref.store %{{.*}}, %arg0
// CHECK: gpu.launch
// CHECK: vector.store %{{.*}}, %arg3
// CHECK-NOT: linalg
func.func @past_a_kernel(%x: memref<12x128xf32>, %sum: memref<128xf32>, %product: memref<128xf32>,
                         %other: memref<128xf32>, %y: memref<128xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  linalg.reduce { arith.addf } ins(%x : memref<12x128xf32>) outs(%sum : memref<128xf32>) dimensions = [0]
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c128, %tyy = %c1, %tzz = %c1) {
    %0 = memref.load %x[%c0, %t] : memref<12x128xf32>
    memref.store %0, %y[%t] : memref<128xf32>
    gpu.terminator
  }
  linalg.reduce { arith.mulf } ins(%x : memref<12x128xf32>) outs(%product : memref<128xf32>) dimensions = [0]
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c128, %tyy = %c1, %tzz = %c1) {
    %0 = memref.load %y[%t] : memref<128xf32>
    memref.store %0, %x[%c0, %t] : memref<12x128xf32>
    gpu.terminator
  }
  linalg.reduce { arith.addf } ins(%x : memref<12x128xf32>) outs(%other : memref<128xf32>) dimensions = [0]
  return
}

// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-total-kernels),canonicalize,cse)' \
// RUN:   | FileCheck %s

#id2 = affine_map<(r, c) -> (r, c)>
#row = affine_map<(r, c) -> (r)>
#id1 = affine_map<(i) -> (i)>
#none = affine_map<(i) -> ()>
#none2 = affine_map<(r, c) -> ()>

// Sums of rows and their sum are one of all elements: 24 blocks, and one that adds up what these leave. How many there
// are the kernels ask, so that they are the same for others.
// CHECK-LABEL: func.func @matrix
// CHECK-DAG: %[[LIST:.*]] = sluice_cuda.flatten %arg0 : memref<768x128xf32> to memref<?xf32>
// CHECK-DAG: %[[PARTS:.*]] = sluice_cuda.flatten %{{.*}} : memref<24xf64> to memref<?xf64>
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c24, {{.*}} in (%{{.*}} = %c256,
// CHECK: memref.dim %[[LIST]]
// CHECK: arith.minui
// CHECK: vector.load %[[LIST]]{{.*}} vector<4xf32>
// CHECK: arith.mulf
// CHECK: gpu.shuffle
// CHECK: %[[BUSY:.*]] = arith.cmpi ult, %{{.*}}, %dim
// CHECK: %[[STORES:.*]] = arith.andi %{{.*}}, %[[BUSY]]
// CHECK: scf.if %[[STORES]]
// CHECK: memref.store %{{.*}}, %[[PARTS]]
// CHECK: sluice.kernel = #sluice.kernel<"squares", flops = 2, bytes = 4>
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c1, {{.*}} in (%{{.*}} = %c256,
// CHECK: memref.dim %[[PARTS]]
// CHECK-NOT: arith.mulf
// CHECK: memref.load %[[PARTS]]
// CHECK-NOT: memref.load %arg1[]
// CHECK: memref.store %{{.*}}, %arg1[] : memref<f64>
// CHECK: sluice.kernel = #sluice.kernel<"squares", flops = 0, bytes = 0>
// CHECK-NOT: linalg
func.func @matrix(%x: memref<768x128xf32>, %sum: memref<f64>) {
  %zero = arith.constant 0.0 : f64
  %rows = memref.alloc() : memref<768xf64>
  linalg.fill ins(%zero : f64) outs(%rows : memref<768xf64>)
  linalg.generic {indexing_maps = [#id2, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<768x128xf32>) outs(%rows : memref<768xf64>)
      attrs = {sluice.kernel = #sluice.kernel<"squares", flops = 2, bytes = 4>} {
  ^bb0(%in: f32, %out: f64):
    %0 = arith.extf %in : f32 to f64
    %1 = arith.mulf %0, %0 : f64
    %2 = arith.addf %out, %1 : f64
    linalg.yield %2 : f64
  }
  linalg.fill ins(%zero : f64) outs(%sum : memref<f64>)
  linalg.generic {indexing_maps = [#id1, #none], iterator_types = ["reduction"]}
      ins(%rows : memref<768xf64>) outs(%sum : memref<f64>) {
  ^bb0(%in: f64, %out: f64):
    %0 = arith.addf %out, %in : f64
    linalg.yield %0 : f64
  }
  return
}

// One block is enough, and adds to what is there.
// CHECK-LABEL: func.func @vector
// CHECK-NOT: sluice_cuda.workspace
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c1,
// CHECK: memref.load %{{.*}} : memref<?xf32>
// CHECK: %[[BEFORE:.*]] = memref.load %arg1[]
// CHECK: %[[SUM:.*]] = arith.addf %[[BEFORE]],
// CHECK: memref.store %[[SUM]], %arg1[]
// CHECK-NOT: gpu.launch
// CHECK: return
func.func @vector(%x: memref<35xf32>, %sum: memref<f32>) {
  linalg.reduce { arith.addf } ins(%x : memref<35xf32>) outs(%sum : memref<f32>) dimensions = [0]
  return
}

// What the result is before is known only where nothing has changed it since.
// CHECK-LABEL: func.func @changed_start
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c8,
// CHECK: gpu.launch
// CHECK: memref.load %arg1[] : memref<f32>
// CHECK: return
func.func @changed_start(%x: memref<32768xf32>, %sum: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%sum : memref<f32>)
  linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%sum : memref<f32>) {
  ^bb0(%out: f32):
    %0 = math.exp %out : f32
    linalg.yield %0 : f32
  }
  linalg.reduce { arith.addf } ins(%x : memref<32768xf32>) outs(%sum : memref<f32>) dimensions = [0]
  return
}

// The square of each sum of a row is not that of a total.
// CHECK-LABEL: func.func @squares_of_rows
// CHECK: linalg.reduce
// CHECK: gpu.launch
func.func @squares_of_rows(%x: memref<768x128xf32>, %sum: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  %rows = memref.alloc() : memref<768xf32>
  linalg.fill ins(%zero : f32) outs(%rows : memref<768xf32>)
  linalg.reduce { arith.addf } ins(%x : memref<768x128xf32>) outs(%rows : memref<768xf32>) dimensions = [1]
  linalg.generic {indexing_maps = [#id1, #none], iterator_types = ["reduction"]}
      ins(%rows : memref<768xf32>) outs(%sum : memref<f32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.mulf %in, %in : f32
    %1 = arith.addf %out, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// Nor are sums that begin with something else than nothing.
// CHECK-LABEL: func.func @from_one
// CHECK: linalg.reduce
// CHECK: gpu.launch
func.func @from_one(%x: memref<768x128xf32>, %sum: memref<f32>) {
  %one = arith.constant 1.0 : f32
  %rows = memref.alloc() : memref<768xf32>
  linalg.fill ins(%one : f32) outs(%rows : memref<768xf32>)
  linalg.reduce { arith.addf } ins(%x : memref<768x128xf32>) outs(%rows : memref<768xf32>) dimensions = [1]
  linalg.reduce { arith.addf } ins(%rows : memref<768xf32>) outs(%sum : memref<f32>) dimensions = [0]
  return
}

// Something in between changes what is summed.
// CHECK-LABEL: func.func @changed
// CHECK: linalg.reduce
// CHECK: linalg.fill
// CHECK: linalg.reduce
func.func @changed(%x: memref<768x128xf32>, %sum: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  %rows = memref.alloc() : memref<768xf32>
  linalg.fill ins(%zero : f32) outs(%rows : memref<768xf32>)
  linalg.reduce { arith.addf } ins(%x : memref<768x128xf32>) outs(%rows : memref<768xf32>) dimensions = [1]
  linalg.fill ins(%zero : f32) outs(%x : memref<768x128xf32>)
  linalg.reduce { arith.addf } ins(%rows : memref<768xf32>) outs(%sum : memref<f32>) dimensions = [0]
  return
}

// What uses the result of a block is the same kernel of rows.
// CHECK-LABEL: func.func @mean
// CHECK-NOT: gpu.launch
// CHECK: linalg.reduce
func.func @mean(%x: memref<35xf32>, %sum: memref<f32>) {
  %count = arith.constant 35.0 : f32
  linalg.reduce { arith.addf } ins(%x : memref<35xf32>) outs(%sum : memref<f32>) dimensions = [0]
  linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%sum : memref<f32>) {
  ^bb0(%out: f32):
    %0 = arith.divf %out, %count : f32
    linalg.yield %0 : f32
  }
  return
}

// Rows that begin apart are no list.
// CHECK-LABEL: func.func @apart
// CHECK-NOT: gpu.launch
// CHECK: linalg.generic
func.func @apart(%x: memref<8x8xf32, strided<[9, 1]>>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [#id2, #none2], iterator_types = ["reduction", "reduction"]}
      ins(%x : memref<8x8xf32, strided<[9, 1]>>) outs(%sum : memref<f32>) {
  ^bb0(%in: f32, %out: f32):
    %0 = arith.addf %out, %in : f32
    linalg.yield %0 : f32
  }
  return
}

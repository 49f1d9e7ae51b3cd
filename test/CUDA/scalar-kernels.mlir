// RUN: sluice-opt %s --split-input-file --verify-diagnostics \
// RUN:   --pass-pipeline='builtin.module(func.func(sluice-scalar-kernels),canonicalize)' | FileCheck %s

// Stores that follow each other are one kernel of one thread, up to what reads them.
// CHECK-LABEL: func.func @stores
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c1, {{.*}} in (%{{.*}} = %c1
// CHECK: %[[RATE:.*]] = memref.load %arg0
// CHECK: arith.truncf %[[RATE]]
// CHECK: memref.store
// CHECK: memref.store
// CHECK: gpu.terminator
// CHECK-NEXT: sluice.kernel = #sluice.kernel<"scalars", flops = 0, bytes = 0>
// CHECK: call @use
// CHECK: gpu.launch
// CHECK: memref.store %{{.*}}, %arg1
// CHECK: return
func.func private @use(memref<f32>)
func.func @stores(%rates: memref<2xf64>, %x: memref<f32>, %y: memref<f32>) {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %rate = memref.load %rates[%c0] : memref<2xf64>
  %narrow = arith.truncf %rate : f64 to f32
  memref.store %narrow, %x[] : memref<f32>
  memref.store %one, %y[] : memref<f32>
  func.call @use(%y) : (memref<f32>) -> ()
  memref.store %one, %x[] : memref<f32>
  return
}

// -----

// A branch becomes two gates with the words of one kernel.
// CHECK-LABEL: func.func @branch
// CHECK-DAG: %[[OPEN:.*]] = memref.alloc() : memref<1xi32>
// CHECK-DAG: %[[CLOSED:.*]] = memref.alloc() : memref<1xi32>
// CHECK: gpu.launch
// CHECK: %[[KEPT:.*]] = memref.load %arg0
// CHECK: %[[IS:.*]] = arith.cmpf ogt, %[[KEPT]]
// CHECK: %[[WORD:.*]] = arith.extui %[[IS]] : i1 to i32
// CHECK: %[[OTHER:.*]] = arith.xori %[[WORD]], %c1_i32
// CHECK: memref.store %[[WORD]], %{{.*}} : memref<1xi32>
// CHECK: memref.store %[[OTHER]], %{{.*}} : memref<1xi32>
// CHECK: sluice_cuda.when %{{.*}} : memref<1xi32> {
// CHECK-NEXT: call @layer
// CHECK: sluice_cuda.when %{{.*}} : memref<1xi32> {
// CHECK-NEXT: call @copy
// CHECK-NOT: scf.if
func.func private @layer(memref<4xf32>)
func.func private @copy(memref<4xf32>)
func.func @branch(%kept: memref<2xf64>, %x: memref<4xf32>) {
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %0 = memref.load %kept[%c1] : memref<2xf64>
  %1 = arith.cmpf ogt, %0, %zero : f64
  scf.if %1 {
    func.call @layer(%x) : (memref<4xf32>) -> ()
  } else {
    func.call @copy(%x) : (memref<4xf32>) -> ()
  }
  return
}

// -----

// A kernel that uses a scalar computes it itself.
// CHECK-LABEL: func.func @used
// CHECK: gpu.launch
// CHECK: %[[WORD:.*]] = memref.load %arg0
// CHECK: %[[MIXED:.*]] = arith.xori %[[WORD]]
// CHECK: memref.store %[[MIXED]], %arg1
func.func @used(%key: memref<4xi32>, %y: memref<8xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %constant = arith.constant 77 : i32
  %word = memref.load %key[%c0] : memref<4xi32>
  %mixed = arith.xori %word, %constant : i32
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%x = %c8, %yy = %c1, %z = %c1) {
    memref.store %mixed, %y[%t] : memref<8xi32>
    gpu.terminator
  }
  return
}

// -----

func.func private @change(memref<4xi32>)
func.func @changed(%key: memref<4xi32>, %y: memref<8xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %word = memref.load %key[%c0] : memref<4xi32>
  // expected-note @+1 {{written here}}
  func.call @change(%key) : (memref<4xi32>) -> ()
  // expected-error @+1 {{expected a scalar that is still in memory}}
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%x = %c8, %yy = %c1, %z = %c1) {
    memref.store %word, %y[%t] : memref<8xi32>
    gpu.terminator
  }
  return
}

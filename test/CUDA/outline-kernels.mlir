// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-outline-kernels | FileCheck %s

// Equal kernels are one; one that differs is another with a name of its own.
// CHECK-LABEL: func.func @three
// CHECK: gpu.launch_func @kernels::@add_2x
// CHECK-SAME: args(%arg0 : memref<8xf32>)
// CHECK: gpu.launch_func @kernels::@add_2x
// CHECK-SAME: args(%arg1 : memref<8xf32>)
// CHECK: gpu.launch_func @kernels::@add_2x_0
// CHECK: gpu.module @kernels
// CHECK-COUNT-2: gpu.func @add_2x
// CHECK-NOT: gpu.func
func.func @three(%x: memref<8xf32>, %y: memref<8xf32>) {
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c8, %yy = %c1, %zz = %c1) {
    memref.store %two, %x[%t] : memref<8xf32>
    gpu.terminator
  } {sluice.kernel = #sluice.kernel<"add 2x", flops = 0, bytes = 0>}
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c8, %yy = %c1, %zz = %c1) {
    memref.store %two, %y[%t] : memref<8xf32>
    gpu.terminator
  } {sluice.kernel = #sluice.kernel<"add 2x", flops = 0, bytes = 0>}
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c8, %yy = %c1, %zz = %c1) {
    memref.store %three, %y[%t] : memref<8xf32>
    gpu.terminator
  } {sluice.kernel = #sluice.kernel<"add 2x", flops = 0, bytes = 0>}
  return
}

// -----

// expected-note @+1 {{defined here}}
func.func @scalar(%x: memref<8xf32>, %value: f32) {
  %c1 = arith.constant 1 : index
  // expected-error @+1 {{expected captures in memory, found a 'f32'}}
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c1, %yy = %c1, %zz = %c1) {
    memref.store %value, %x[%t] : memref<8xf32>
    gpu.terminator
  }
  return
}

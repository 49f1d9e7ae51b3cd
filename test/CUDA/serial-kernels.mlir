// RUN: sluice-opt %s --split-input-file --verify-diagnostics \
// RUN:   --pass-pipeline='builtin.module(func.func(sluice-serial-kernels),canonicalize,cse)' | FileCheck %s

// A thread has a point of the parallel loops, whatever their order, and the sum is in a register.
// CHECK-LABEL: func.func @middle
// CHECK: gpu.launch {{.*}} in (%{{.*}} = %c1, {{.*}} in (%{{.*}} = %c32,
// CHECK: arith.cmpi ult, %{{.*}}, %c15
// CHECK: scf.if
// CHECK: %[[BEFORE:.*]] = memref.load %arg1
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %c7 step %c1 iter_args(%{{.*}} = %[[BEFORE]])
// CHECK: memref.load %arg0
// CHECK: arith.addf
// CHECK: memref.store %[[SUM]], %arg1
func.func @middle(%x: memref<3x7x5xf32>, %y: memref<3x5xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<3x7x5xf32>) outs(%y : memref<3x5xf32>) dimensions = [1]
  return
}

// -----

func.func @dynamic(%x: memref<?xf32>, %y: memref<f32>) {
  // expected-error @+1 {{expected buffers of static shape}}
  linalg.reduce { arith.addf } ins(%x : memref<?xf32>) outs(%y : memref<f32>) dimensions = [0]
  return
}

// -----

func.func @tensors(%x: tensor<4xf32>, %y: tensor<f32>) -> tensor<f32> {
  // expected-error @+1 {{expected buffers of static shape}}
  %0 = linalg.reduce { arith.addf } ins(%x : tensor<4xf32>) outs(%y : tensor<f32>) dimensions = [0]
  return %0 : tensor<f32>
}

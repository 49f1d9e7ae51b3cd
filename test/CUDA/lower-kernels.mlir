// RUN: sluice-opt %s --sluice-lower-kernels | FileCheck %s

// Extrema of f32 have an instruction; f64 is compared.
// CHECK-LABEL: llvm.func @extrema
// CHECK: llvm.intr.maximum(%{{.*}}, %{{.*}}) : (f32, f32) -> f32
// CHECK: llvm.intr.minimum(%{{.*}}, %{{.*}}) : (vector<2xf32>, vector<2xf32>) -> vector<2xf32>
// CHECK-NOT: llvm.intr.maximum
// CHECK: llvm.fcmp "ugt" %{{.*}} : f64
gpu.module @kernels {
  gpu.func @extrema(%x: memref<2xf32>, %y: memref<2xf64>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %a = memref.load %x[%c0] : memref<2xf32>
    %b = memref.load %x[%c1] : memref<2xf32>
    %most = arith.maximumf %a, %b : f32
    %pair = vector.load %x[%c0] : memref<2xf32>, vector<2xf32>
    %all = vector.broadcast %most : f32 to vector<2xf32>
    %least = arith.minimumf %pair, %all : vector<2xf32>
    vector.store %least, %x[%c0] : memref<2xf32>, vector<2xf32>
    %c = memref.load %y[%c0] : memref<2xf64>
    %d = memref.load %y[%c1] : memref<2xf64>
    %wide = arith.maximumf %c, %d : f64
    memref.store %wide, %y[%c0] : memref<2xf64>
    gpu.return
  }
}

// RUN: sluice-opt %s --split-input-file --verify-diagnostics \
// RUN:   --pass-pipeline='builtin.module(func.func(sluice-unroll-loops),canonicalize)' | FileCheck %s

// CHECK-LABEL: func.func @nested
// CHECK-COUNT-6: linalg.fill
// CHECK-NOT: linalg.fill
// CHECK-NOT: scf
// CHECK: return
func.func @nested(%x: memref<2x3x64xf32>, %zero: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  scf.forall (%i) in (2) {
    scf.for %j = %c0 to %c3 step %c1 {
      %row = memref.subview %x[%i, %j, 0] [1, 1, 64] [1, 1, 1]
        : memref<2x3x64xf32> to memref<64xf32, strided<[1], offset: ?>>
      linalg.fill ins(%zero : f32) outs(%row : memref<64xf32, strided<[1], offset: ?>>)
    }
  }
  return
}

// -----

func.func @unknown(%x: memref<64xf32>, %count: index, %zero: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @+1 {{expected a loop over kernels with bounds that are known}}
  scf.for %j = %c0 to %count step %c1 {
    linalg.fill ins(%zero : f32) outs(%x : memref<64xf32>)
  }
  return
}

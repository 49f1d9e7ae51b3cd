// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK: sluice.images = [#sluice.image<kind = "cubin", architecture = "sm_90", capability = 90, bytes = "x">]
// CHECK: sluice.target = #sluice_cuda.target<architecture = "sm_90", capability = 90>
module attributes {sluice.target = #sluice_cuda.target<architecture = "sm_90", capability = 90>,
    sluice.images = [#sluice.image<kind = "cubin", architecture = "sm_90", capability = 90, bytes = "x">]} {
  // CHECK-LABEL: func.func @launches
  func.func @launches(%gate: memref<1xi32>) {
    // CHECK: sluice_cuda.launch @kernels::@k grid [4, 1, 1] block [32, 2, 1] shared 1024 spaces [4, 1] offsets [0, 64]
    // CHECK-SAME: gated place "h.forward" work <"k", flops = 1, bytes = 2>
    sluice_cuda.launch @kernels::@k grid [4, 1, 1] block [32, 2, 1] shared 1024 spaces [4, 1] offsets [0, 64] gated
      place "h.forward" work <"k", flops = 1, bytes = 2>
    // CHECK: sluice_cuda.when %{{.*}} : memref<1xi32> {
    sluice_cuda.when %gate : memref<1xi32> {
      %c0 = arith.constant 0 : index
    }
    // CHECK: sluice_cuda.workspace : memref<42x768xf32>
    %parts = sluice_cuda.workspace : memref<42x768xf32>
    // CHECK: sluice_cuda.flatten %{{.*}} : memref<42x768xf32> to memref<?xf32>
    %list = sluice_cuda.flatten %parts : memref<42x768xf32> to memref<?xf32>
    // CHECK: sluice_cuda.launch {{.*}} offsets [0] elements [32] gated place ""
    sluice_cuda.launch @kernels::@k grid [1, 1, 1] block [32, 1, 1] spaces [4] offsets [0] elements [32] gated place ""
    return
  }
}

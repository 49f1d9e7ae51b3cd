// RUN: sluice-opt %s --sluice-cuda-strategy --sluice-cuda-contractions --canonicalize --cse --sluice-plan-scratch \
// RUN:   --sluice-outline-kernels --sluice-plan-launches --sluice-lower-kernels --sluice-assemble-kernels \
// RUN:   | sed 's/\\0A/\n/g' | FileCheck %s --implicit-check-not=.local

// Tiles begin at multiples of 16 bytes, are copied and read 16 bytes at a time, and nothing is in local memory.
// CHECK: .target sm_80
// CHECK: .entry kernel(
// CHECK-DAG: .maxntid 256
// CHECK-DAG: .minnctapersm 1
// CHECK-DAG: .shared .align 16
// CHECK-DAG: cp.async.cg.shared.global
// CHECK-DAG: cp.async.wait_group
// CHECK-DAG: bar.sync
// CHECK-DAG: ld.shared.v4.b32
// CHECK-DAG: fma.rn.f32
// CHECK-DAG: st.global.v4.b32
module attributes {sluice.target = #sluice_cuda.target<architecture = "sm_80", capability = 80>} {
func.func private @linear(%step: memref<584xi8>, %a: memref<2048x256xf32>, %b: memref<256x2048xf32>,
    %c: memref<2048x2048xf32>) {
  linalg.matmul ins(%a, %b : memref<2048x256xf32>, memref<256x2048xf32>) outs(%c : memref<2048x2048xf32>)
  return
}
func.func @train.forward(%step: memref<584xi8>, %weights: memref<2097152xi8>, %next: memref<64xi8>,
    %slots: memref<64xi8>, %frame: memref<18874368xi8>, %in_place: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>} {
  %c0 = arith.constant 0 : index
  %c2097152 = arith.constant 2097152 : index
  %a = memref.view %frame[%c0][] : memref<18874368xi8> to memref<2048x256xf32>
  %b = memref.view %weights[%c0][] : memref<2097152xi8> to memref<256x2048xf32>
  %c = memref.view %frame[%c2097152][] : memref<18874368xi8> to memref<2048x2048xf32>
  call @linear(%step, %a, %b, %c)
    : (memref<584xi8>, memref<2048x256xf32>, memref<256x2048xf32>, memref<2048x2048xf32>) -> ()
  return
}
}

// RUN: sluice-opt %s --sluice-buffers=processor=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,BUFFERS
// RUN: sluice-opt %s --sluice-kernels=processor=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,KERNELS
// RUN: sluice-opt %s --sluice-lower=processor=x86-64-v3 | FileCheck %s --check-prefix=LLVM
// RUN: sluice-opt %s --sluice-kernels=processor=x86-64-v3 | sluice-opt --sluice-llvm | FileCheck %s --check-prefix=LLVM

// Three pipelines on the way from tensors to code: buffers are the same for every target, kernels and the LLVM dialect
// are the target's. The third is the first two, which may run in a tool of their own.

// BUFFERS-LABEL: func.func private @should_compute_where_the_caller_says
// BUFFERS-SAME: (%{{.*}}: memref<584xi8>, %[[X:.*]]: memref<64x8xf32>, %[[Y:.*]]: memref<64x8xf32>)
// BUFFERS-NOT: memref.alloc
// BUFFERS: linalg.generic {{.*}} ins(%[[X]] : memref<64x8xf32>) outs(%[[Y]] : memref<64x8xf32>)
// Two activations are one loop.
// BUFFERS: arith.select
// BUFFERS: math.exp
// BUFFERS-NOT: linalg.generic
// BUFFERS: return
// KERNELS-LABEL: func.func private @should_compute_where_the_caller_says
// KERNELS-NOT: linalg
// KERNELS-NOT: math.exp
// KERNELS: vector.store {{.*}} vector<8xf32>
// LLVM-LABEL: llvm.func internal @should_compute_where_the_caller_says
// LLVM-NOT: memref
// LLVM: llvm.store %{{.*}} : vector<8xf32>, !llvm.ptr
func.func private @should_compute_where_the_caller_says(%x: tensor<64x8xf32>) -> tensor<64x8xf32> {
  %y = sluice.relu %x : tensor<64x8xf32>
  %z = sluice.silu %y : tensor<64x8xf32>
  return %z : tensor<64x8xf32>
}

// Parts are computed where they are joined.
// BUFFERS-LABEL: func.func private @should_join_parts_without_a_copy
// BUFFERS-COUNT-1: memref.alloc() {{.*}} : memref<64x16xf32>
// BUFFERS-NOT: memref.alloc
// BUFFERS: linalg.contract
// LLVM-LABEL: llvm.func internal @should_join_parts_without_a_copy
func.func private @should_join_parts_without_a_copy(%x: tensor<64x8xf32>, %w: tensor<16x8xf32>) -> tensor<64x8xf32> {
  %a = sluice.relu %x : tensor<64x8xf32>
  %b = sluice.silu %x : tensor<64x8xf32>
  %y = sluice.concat %a, %b : tensor<64x8xf32>, tensor<64x8xf32> to tensor<64x16xf32>
  %z = sluice.linear %y, %w : tensor<64x16xf32>, tensor<16x8xf32> to tensor<64x8xf32>
  return %z : tensor<64x8xf32>
}

// An update writes over what it reads.
// BUFFERS-LABEL: func.func private @should_update_in_place
// BUFFERS-SAME: (%{{.*}}: memref<584xi8>, %{{.*}}: memref<64xf32>, %[[W:.*]]: memref<64xf32>)
// BUFFERS: linalg.generic {{.*}} outs(%[[W]] :
// BUFFERS-NOT: memref.copy
// BUFFERS: return
// LLVM-LABEL: llvm.func internal @should_update_in_place
func.func private @should_update_in_place(%dw: tensor<64xf32>, %w: tensor<64xf32> {sluice.updates = 0 : i64})
    -> tensor<64xf32> {
  %s = sluice.scale %dw by 0.5 : tensor<64xf32>
  %new = sluice.add %w, %s : tensor<64xf32>, tensor<64xf32>
  return %new : tensor<64xf32>
}
// CHECK-NOT: sluice.relu

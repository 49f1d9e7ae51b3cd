// RUN: sluice-opt %s --sluice-set-precision=compute=bf16 | FileCheck %s
// RUN: sluice-opt %s --sluice-numerics=compute=bf16 | FileCheck %s
// RUN: sluice-opt %s --sluice-set-precision=compute=bf16 --sluice-set-precision=compute=f32 \
// RUN:   | FileCheck %s --check-prefix=F32
// RUN: sluice-opt %s --sluice-numerics | FileCheck %s --check-prefix=NONE

// Of a model all graphs compute in bf16, and layers are shared as they are without.
// RUN: sluice-opt %examples/shakespeare.json --sluice-gradient --sluice-numerics=compute=bf16 -o %t.mlir
// RUN: grep -E 'sluice[.](linear|matmul|attention)' %t.mlir | not grep -v 'compute_type = bf16'
// RUN: FileCheck %s --check-prefix=MODEL < %t.mlir
// MODEL: func.func private @train.h.{{[0-9]}}.forward
// MODEL-NOT: func.func private @train.h.{{[0-9]}}.forward
// MODEL: func.func private @eval.h
// MODEL: func.func private @logits.h

// F32-NOT: bf16
// F32: sluice.binary = #sluice.binary<compute = "f32">
// F32-NOT: bf16
// Without a compute type the module says nothing of it.
// NONE-NOT: {{compute|bf16}}

// CHECK: sluice.binary = #sluice.binary<compute = "bf16">

// Forward and backward, what is a contraction or holds one.
// CHECK-LABEL: func.func @every_contraction
// CHECK: sluice.linear %{{.*}} {compute_type = bf16}
// CHECK: sluice.matmul %{{.*}} transpose_lhs {compute_type = bf16}
// CHECK: sluice.attention %{{.*}} {compute_type = bf16}
// CHECK: sluice.attention_backward %{{.*}} {compute_type = bf16}
// CHECK: sluice.linear_cross_entropy %{{.*}} {compute_type = bf16}
// CHECK: sluice.linear_cross_entropy_backward %{{.*}} {compute_type = bf16}
func.func @every_contraction(%x: tensor<2x4x8xf32>, %w: tensor<8x8xf32>, %head: tensor<5x8xf32>, %t: tensor<2x4xi32>) {
  %y = sluice.linear %x, %w : tensor<2x4x8xf32>, tensor<8x8xf32> to tensor<2x4x8xf32>
  %m = sluice.matmul %w, %w transpose_lhs : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  %a, %l = sluice.attention %x, %y, %y heads 2 : tensor<2x4x8xf32>, tensor<2x4x8xf32> to tensor<2x2x4xf32>
  %dq, %dk, %dv = sluice.attention_backward %x, %x, %y, %y, %a, %l heads 2 : tensor<2x4x8xf32>, tensor<2x2x4xf32>
  %loss, %lse = sluice.linear_cross_entropy %a, %head, %t
      : tensor<2x4x8xf32>, tensor<5x8xf32>, tensor<2x4xi32> to tensor<f32>, tensor<2x4xf32>
  %dx, %dw = sluice.linear_cross_entropy_backward %loss, %a, %head, %t, %lse
      : tensor<f32>, tensor<2x4x8xf32>, tensor<5x8xf32>, tensor<2x4xi32>, tensor<2x4xf32>
  return
}

// CHECK-LABEL: func.func @everything_else_stays
// CHECK-NOT: compute_type
// CHECK: return
func.func @everything_else_stays(%p: tensor<4x8xf32>, %g: tensor<4x8xf32>, %m: tensor<4x8xf32>, %rate: tensor<f32>) {
  %y = sluice.gelu tanh %p : tensor<4x8xf32>
  %new:2 = sluice.muon parameters(%p) gradients(%g) momenta(%m) scalars(%rate, %rate, %rate, %rate) parts 1
    : (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>)
  return
}

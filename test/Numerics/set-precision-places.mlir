// Where contractions stand does not matter: in graphs and their layers, in functions, on buffers.
// RUN: sluice-opt %s --sluice-set-precision=compute=bf16 | FileCheck %s --check-prefixes=CHECK,BF16
// RUN: sluice-opt %s --sluice-set-precision | FileCheck %s --check-prefixes=CHECK,F32

// What else the module says of the binary stays.
// BF16: module attributes {sluice.binary = #sluice.binary<compute = "bf16">}
// F32: module attributes {sluice.binary = #sluice.binary<compute = "f32">}
module attributes {sluice.binary = #sluice.binary<>} {
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}

// CHECK-LABEL: sluice.graph @eval
// CHECK: sluice.layer "h.0"
// BF16: sluice.linear %{{.*}}, %{{.*}} {compute_type = bf16} : tensor<3x4xf32>
// F32: sluice.linear %{{.*}}, %{{.*}} : tensor<3x4xf32>
// The output head computes as the layers do, so that evaluation is what training was.
// BF16: sluice.linear %{{.*}}, %{{.*}} transposed {compute_type = bf16}
// F32: sluice.linear %{{.*}}, %{{.*}} transposed :
sluice.graph @eval() -> tensor<3x4xf32> {
  %w = sluice.read @w : tensor<4x4xf32>
  %x = sluice.zero : tensor<3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<3x4xf32>) parameters(%p = %w : tensor<4x4xf32>)
      -> tensor<3x4xf32> {
    %b = sluice.linear %a, %p : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
    sluice.yield %b : tensor<3x4xf32>
  }
  %z = sluice.linear %y, %w transposed : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  sluice.return %z : tensor<3x4xf32>
}

// An old choice is overwritten, also by none.
// CHECK-LABEL: func.func @should_choose_again
// BF16: sluice.blocked_cross_entropy {{.*}} {compute_type = bf16}
// BF16: sluice.linear_cross_entropy_with_gradient {{.*}} {compute_type = bf16}
// F32-NOT: compute_type
// CHECK: return
func.func @should_choose_again(%x: memref<4x8xf32>, %w: memref<50x8xf32>, %t: memref<4xi32>, %loss: memref<f32>,
    %l: memref<4xf32>, %g: tensor<f32>, %y: tensor<4x8xf32>, %v: tensor<50x8xf32>, %u: tensor<4xi32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<4x8xf32>, memref<50x8xf32>, memref<4xi32>)
    outs(%loss, %l : memref<f32>, memref<4xf32>)
  %0:3 = sluice.linear_cross_entropy_with_gradient %g, %y, %v, %u {compute_type = bf16}
      : tensor<f32>, tensor<4x8xf32>, tensor<50x8xf32>, tensor<4xi32>
  return
}
}

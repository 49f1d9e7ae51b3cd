// RUN: sluice-opt %s --split-input-file --sluice-narrow-results | FileCheck %s
// RUN: sluice-opt %s --split-input-file --sluice-narrow-results --remarks-filter=numerics 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK
// RUN: sluice-opt %s --split-input-file --sluice-narrow-results=all | FileCheck %s --check-prefix=ALL

// What a norm hands to contractions alone, it rounds; they widen it again, and it is rearranged as it is.
// CHECK-LABEL: func.func @norms
// CHECK: %[[Y:.*]], %{{.*}}, %{{.*}} = sluice.layer_norm
// CHECK: %[[ROUNDED:.*]] = arith.truncf %[[Y]] : tensor<4x8xf32> to tensor<4x8xbf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[ROUNDED]] : tensor<4x8xbf16> to tensor<4x8xf32>
// CHECK: sluice.linear %[[WIDE]], %arg3
// CHECK: %[[Z:.*]], %{{.*}} = sluice.rms_norm
// CHECK: arith.truncf %[[Z]]
// CHECK: sluice.reshape %{{.*}} : tensor<4x8xbf16> to tensor<2x2x8xbf16>
// CHECK: arith.extf %{{.*}} : tensor<2x2x8xbf16>
// REMARK: NarrowResults {{.*}}bytes=128, results=2
func.func @norms(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %c: tensor<8xf32>, %w: tensor<8x16xf32>)
    -> (tensor<4x16xf32>, tensor<2x2x16xf32>) {
  %y, %mean, %rstd = sluice.layer_norm %x, %g bias %c epsilon 1.0e-5
      : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32> to tensor<4xf32>, tensor<4xf32>
  %0 = sluice.linear %y, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
  %z, %r = sluice.rms_norm %x, %g epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32> to tensor<4xf32>
  %s = sluice.reshape %z : tensor<4x8xf32> to tensor<2x2x8xf32>
  %1 = sluice.linear %s, %w {compute_type = bf16} : tensor<2x2x8xf32>, tensor<8x16xf32> to tensor<2x2x16xf32>
  return %0, %1 : tensor<4x16xf32>, tensor<2x2x16xf32>
}

// -----

// Not what something else sees, nor what a contraction takes as it is, nor, if norms alone are wanted, an activation.
// CHECK-LABEL: func.func @others
// CHECK-NOT: truncf
// ALL-LABEL: func.func @others
// ALL-NOT: truncf
// ALL: sluice.gelu
// ALL-NEXT: arith.truncf
// REMARK: NarrowResults {{.*}}bytes=0, results=0
func.func @others(%x: tensor<4x8xf32>, %g: tensor<8xf32>, %w: tensor<8x8xf32>)
    -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %y, %r = sluice.rms_norm %x, %g epsilon 1.0e-5 : tensor<4x8xf32>, tensor<8xf32> to tensor<4xf32>
  %0 = sluice.linear %y, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
  %z, %s = sluice.rms_norm %x, %g epsilon 1.0e-6 : tensor<4x8xf32>, tensor<8xf32> to tensor<4xf32>
  %1 = sluice.linear %z, %w : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
  %a = sluice.gelu tanh %1 : tensor<4x8xf32>
  %2 = sluice.linear %a, %w {compute_type = bf16} : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
  return %0, %y, %1, %2 : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// -----

// Other ops whose results are complete element by element. One that is scaled is not for a contraction.
// ALL-LABEL: func.func @all
// ALL: %[[ADDED:.*]] = sluice.add
// ALL-NEXT: arith.truncf %[[ADDED]]
// ALL: %[[PRODUCT:.*]] = sluice.linear
// ALL-NEXT: arith.truncf %[[PRODUCT]]
// ALL: sluice.matmul
// ALL-NOT: truncf
// ALL: %[[SCALED:.*]] = sluice.scale
// ALL-NEXT: arith.truncf %[[SCALED]]
// ALL-NOT: truncf
// ALL: return
func.func @all(%x: tensor<8x8xf32>, %y: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.add %x, %y : tensor<8x8xf32>, tensor<8x8xf32>
  %1 = sluice.linear %0, %w {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  %2 = sluice.matmul %1, %w {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  %3 = sluice.scale %2 by 2.0 : tensor<8x8xf32>
  %4 = sluice.linear %3, %w {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  return %4 : tensor<8x8xf32>
}

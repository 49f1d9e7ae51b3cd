// RUN: sluice-opt %s --sluice-set-target='kind=cuda processor=sm_80' --sluice-narrow-factors | FileCheck %s
// RUN: sluice-opt %s --sluice-set-target='kind=cuda processor=sm_80' --sluice-narrow-factors --sluice-to-linalg \
// RUN:   --sluice-fuse-elementwise | FileCheck %s --check-prefix=LINALG
// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-narrow-factors \
// RUN:   | FileCheck %s --check-prefix=HOST --implicit-check-not=compute_type --implicit-check-not=truncf

// Each factor is rounded once for all its contractions, which widen it. Formats of 8 bits are values of f16, too.
// CHECK-LABEL: func.func @factors
// CHECK: %[[X:.*]] = sluice.quantize %arg0 to <f16>
// CHECK-NEXT: %[[NARROW:.*]] = arith.truncf %[[X]] : tensor<4x8xf32> to tensor<4x8xf16>
// CHECK-NEXT: %[[XW:.*]] = arith.extf %[[NARROW]] : tensor<4x8xf16> to tensor<4x8xf32>
// CHECK: %[[W:.*]] = sluice.quantize %arg1 to <f8E4M3FN>
// CHECK: arith.truncf %[[W]]
// CHECK: %[[WW:.*]] = arith.extf
// CHECK: sluice.linear %[[XW]], %[[WW]] {compute_type = f16}
// CHECK: %[[G:.*]] = sluice.quantize %arg2 to <f8E5M2>
// CHECK: %[[GW:.*]] = arith.extf
// CHECK-NOT: truncf
// CHECK: sluice.matmul %[[XW]], %[[GW]] transpose_lhs {compute_type = f16}
// HOST-LABEL: func.func @factors
// HOST: sluice.linear %{{.*}}, %{{.*}} :
// In memory it has 16 bits, and is rounded as before, which saturates.
// LINALG-LABEL: func.func @factors
// LINALG: %[[X:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<4x8xf16>)
// LINALG: arith.minimumf
// LINALG: arith.truncf %{{.*}} : f32 to f16
// LINALG: %[[W:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<8x16xf16>)
// LINALG: linalg.contract {{.*}} {sluice.compute_type = f16} ins(%[[X]], %[[W]] : tensor<4x8xf16>, tensor<8x16xf16>)
func.func @factors(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %g: tensor<4x16xf32>)
    -> (tensor<4x16xf32>, tensor<8x16xf32>) {
  %xq = sluice.quantize %x to <f16> : tensor<4x8xf32>
  %wq = sluice.quantize %w to <f8E4M3FN> : tensor<8x16xf32>
  %y = sluice.linear %xq, %wq : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
  %gq = sluice.quantize %g to <f8E5M2> : tensor<4x16xf32>
  %dw = sluice.matmul %xq, %gq transpose_lhs : tensor<4x8xf32>, tensor<4x16xf32> to tensor<8x16xf32>
  return %y, %dw : tensor<4x16xf32>, tensor<8x16xf32>
}

// tf32 has more values than f16, and is f32 in memory.
// CHECK-LABEL: func.func @tf32
// CHECK: %[[X:.*]] = sluice.quantize %arg0
// CHECK-NEXT: %[[W:.*]] = sluice.quantize %arg1
// CHECK-NEXT: sluice.linear %[[X]], %[[W]] {compute_type = tf32}
// LINALG-LABEL: func.func @tf32
// LINALG: linalg.contract {{.*}} {sluice.compute_type = tf32} ins(%{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<8x16xf32>)
// HOST-LABEL: func.func @tf32
func.func @tf32(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>) -> tensor<4x16xf32> {
  %xq = sluice.quantize %x to <tf32> : tensor<4x8xf32>
  %wq = sluice.quantize %w to <f16> : tensor<8x16xf32>
  %y = sluice.linear %xq, %wq : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// What is narrow already stays so.
// CHECK-LABEL: func.func @widened
// CHECK-NEXT: %[[X:.*]] = arith.extf %arg0
// CHECK-NEXT: %[[W:.*]] = arith.extf %arg1
// CHECK-NEXT: sluice.linear %[[X]], %[[W]] {compute_type = f16}
// LINALG-LABEL: func.func @widened
// LINALG: linalg.contract {{.*}} ins(%arg0, %arg1 : tensor<4x8xf16>, tensor<8x16xf16>)
// HOST-LABEL: func.func @widened
func.func @widened(%x: tensor<4x8xf16>, %w: tensor<8x16xf16>) -> tensor<4x16xf32> {
  %xw = arith.extf %x : tensor<4x8xf16> to tensor<4x8xf32>
  %ww = arith.extf %w : tensor<8x16xf16> to tensor<8x16xf32>
  %y = sluice.linear %xw, %ww : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

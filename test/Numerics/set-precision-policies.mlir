// RUN: sluice-opt %s --sluice-set-precision=compute=fp8-2018 | FileCheck %s --check-prefixes=CHECK,NARROW,FP8
// RUN: sluice-opt %s --sluice-set-precision=compute=hfp8 | FileCheck %s --check-prefixes=CHECK,NARROW,HFP8
// RUN: sluice-opt %s --sluice-set-precision=compute=hopper-fp8 | FileCheck %s --check-prefixes=CHECK,NARROW,HOPPER
// RUN: sluice-opt %s --sluice-set-precision="compute=f16 accumulate=e8m13,rounding=toward-zero" \
// RUN:   | FileCheck %s --check-prefixes=CHECK,F16
// RUN: sluice-opt %s --sluice-set-precision="compute=bf16 accumulate=e6m9,chunk=4" | FileCheck %s --check-prefix=BF16
// RUN: sluice-opt %s --sluice-set-precision=compute=f8E4M3FN,scale=tensor | FileCheck %s --check-prefix=TENSOR
// RUN: sluice-opt %s --sluice-set-precision=compute=fp8-2018,scale=blocks | FileCheck %s --check-prefix=BLOCKS
// RUN: sluice-opt %s --sluice-set-precision=compute=hopper-fp8,scale=none | FileCheck %s --check-prefix=UNSCALED
// RUN: sluice-opt %s --sluice-set-precision=compute=tf32 | FileCheck %s --check-prefix=TF32
// RUN: sluice-opt %s --sluice-set-precision="accumulate=e6m9" | FileCheck %s --check-prefix=F32

// FP8: compute = "fp8-2018", accumulation = "e6m9, chunk = 64"
// HFP8: compute = "hfp8", accumulation = "e6m9, chunk = 64"
// HOPPER: compute = "hopper-fp8", accumulation = "e8m13, chunk = 128, across = f32, rounding = toward_zero,
// HOPPER-SAME: order = hopper_fp8"
// TENSOR: compute = "f8E4M3FN,scale=tensor"
// BLOCKS: compute = "fp8-2018,scale=blocks", accumulation = "e6m9, chunk = 64"
// UNSCALED: compute = "hopper-fp8,scale=none", accumulation = "e8m13, chunk = 128
// F16: compute = "f16", accumulation = "e8m13, rounding = toward_zero"

// Forward: a value that is rounded alike for two uses is rounded once, groups of a scale lie along the sum.
// CHECK-LABEL: func.func @forward
// FP8-DAG: %[[X:.*]] = sluice.quantize %arg0 to <f8E5M2> : tensor<2x128x256xf32>
// FP8-DAG: %[[W:.*]] = sluice.quantize %arg1 to <f8E5M2> : tensor<256x256xf32>
// HFP8-DAG: %[[X:.*]] = sluice.quantize %arg0 to <e4m3b4> : tensor<2x128x256xf32>
// HFP8-DAG: %[[W:.*]] = sluice.quantize %arg1 to <e4m3b4> : tensor<256x256xf32>
// HOPPER-DAG: %[[X:.*]] = sluice.quantize %arg0 to <f8E4M3FN> scaled [1, 128] : tensor<2x128x256xf32>
// HOPPER-DAG: %[[W:.*]] = sluice.quantize %arg1 to <f8E4M3FN> scaled [128, 128] : tensor<256x256xf32>
// F16-DAG: %[[X:.*]] = sluice.quantize %arg0 to <f16> : tensor<2x128x256xf32>
// F16-DAG: %[[W:.*]] = sluice.quantize %arg1 to <f16> : tensor<256x256xf32>
// CHECK: sluice.linear %[[X]], %[[W]] {accumulation = #sluice.accumulation<{{.*}}>}
// CHECK: sluice.linear %[[X]], %[[W]] transposed {accumulation = #sluice.accumulation<{{.*}}>}
// BF16-LABEL: func.func @forward
// BF16: sluice.quantize %arg0 to <bf16>
// BF16: sluice.linear %{{.*}} {accumulation = #sluice.accumulation<e6m9, chunk = 4>}
// Nothing is rounded but sums.
// F32-LABEL: func.func @forward
// F32-NOT: sluice.quantize
// F32: sluice.linear %arg0, %arg1 {accumulation = #sluice.accumulation<e6m9>}
func.func @forward(%x: tensor<2x128x256xf32>, %w: tensor<256x256xf32>) {
  %0 = sluice.linear %x, %w : tensor<2x128x256xf32>, tensor<256x256xf32> to tensor<2x128x256xf32>
  %1 = sluice.linear %x, %w transposed : tensor<2x128x256xf32>, tensor<256x256xf32> to tensor<2x128x256xf32>
  return
}

// Backward: gradients of the loss have a format of their own. The sum for the weight runs over tokens, which are rows.
// CHECK-LABEL: func.func @backward
// FP8-DAG: sluice.quantize %arg0 to <f8E5M2>
// FP8-DAG: sluice.quantize %arg1 to <f8E5M2>
// FP8-DAG: sluice.quantize %arg2 to <f8E5M2>
// HFP8-DAG: %[[DY:.*]] = sluice.quantize %arg0 to <f8E5M2>
// HFP8-DAG: %[[W:.*]] = sluice.quantize %arg1 to <e4m3b4>
// HFP8-DAG: %[[X:.*]] = sluice.quantize %arg2 to <e4m3b4>
// HFP8: sluice.linear %[[DY]], %[[W]] transposed errors {accumulation
// HFP8: sluice.matmul %[[X]], %[[DY]] transpose_lhs reduce_leading errors_rhs {accumulation
// HOPPER-DAG: %[[DY:.*]] = sluice.quantize %arg0 to <f8E4M3FN> scaled [1, 128]
// HOPPER-DAG: %[[ROWS:.*]] = sluice.quantize %arg0 to <f8E4M3FN> scaled [128, 1]
// HOPPER-DAG: %[[X:.*]] = sluice.quantize %arg2 to <f8E4M3FN> scaled [128, 1]
// HOPPER: sluice.linear %[[DY]], %{{.*}} transposed errors
// One scale a tensor does not depend on the sum: what is rounded for one is rounded for the other.
// TENSOR-LABEL: func.func @backward
// TENSOR-COUNT-3: sluice.quantize %arg{{.}} to <f8E4M3FN> scaled [0, 0]
// TENSOR-NOT: sluice.quantize
// TENSOR: return
// BLOCKS-LABEL: func.func @backward
// BLOCKS-DAG: sluice.quantize %arg0 to <f8E5M2> scaled [1, 128]
// BLOCKS-DAG: sluice.quantize %arg0 to <f8E5M2> scaled [128, 1]
// UNSCALED-LABEL: func.func @backward
// UNSCALED: sluice.quantize %arg0 to <f8E4M3FN> :
// HOPPER: sluice.matmul %[[X]], %[[ROWS]] transpose_lhs
func.func @backward(%dy: tensor<2x128x256xf32>, %w: tensor<256x256xf32>, %x: tensor<2x128x256xf32>) {
  %0 = sluice.linear %dy, %w transposed errors : tensor<2x128x256xf32>, tensor<256x256xf32> to tensor<2x128x256xf32>
  %1 = sluice.matmul %x, %dy transpose_lhs reduce_leading errors_rhs
      : tensor<2x128x256xf32>, tensor<2x128x256xf32> to tensor<256x256xf32>
  return
}

// Scores of the vocabulary and attention have bf16 beside 8-bit policies, and f16 or tf32 where those have. Attention
// multiplies no tf32.
// CHECK-LABEL: func.func @exceptions
// CHECK-NOT: sluice.quantize
// NARROW: sluice.linear %{{.*}} transposed head {compute_type = bf16}
// NARROW: sluice.attention %{{.*}} {compute_type = bf16}
// NARROW: sluice.linear_cross_entropy %{{.*}} {compute_type = bf16}
// F16: sluice.linear %{{.*}} transposed head {compute_type = f16}
// F16: sluice.attention %{{.*}} {compute_type = f16}
// F16: sluice.linear_cross_entropy %{{.*}} {compute_type = f16}
// TF32-LABEL: func.func @exceptions
// TF32: sluice.linear %{{.*}} transposed head {compute_type = tf32}
// TF32: sluice.attention
// TF32-NOT: compute_type
// TF32: sluice.linear_cross_entropy %{{.*}} {compute_type = tf32}
// CHECK: return
func.func @exceptions(%x: tensor<2x4x8xf32>, %head: tensor<5x8xf32>, %t: tensor<2x4xi32>) {
  %y = sluice.linear %x, %head transposed head : tensor<2x4x8xf32>, tensor<5x8xf32> to tensor<2x4x5xf32>
  %a, %l = sluice.attention %x, %x, %x heads 2 : tensor<2x4x8xf32>, tensor<2x4x8xf32> to tensor<2x2x4xf32>
  %loss, %lse = sluice.linear_cross_entropy %a, %head, %t
      : tensor<2x4x8xf32>, tensor<5x8xf32>, tensor<2x4xi32> to tensor<f32>, tensor<2x4xf32>
  return
}

// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK-LABEL: @should_count
// CHECK-NEXT: sluice.count_roundings %arg0 to <f8E5M2> : tensor<2x4x8xf32> to tensor<2xf64>
// CHECK-NEXT: sluice.count_roundings %arg0 to <e4m3b4> scaled [1, 128] : tensor<2x4x8xf32> to tensor<2xf64>
func.func @should_count(%x: tensor<2x4x8xf32>) {
  %0 = sluice.count_roundings %x to <f8E5M2> : tensor<2x4x8xf32> to tensor<2xf64>
  %1 = sluice.count_roundings %x to <e4m3b4> scaled [1, 128] : tensor<2x4x8xf32> to tensor<2xf64>
  return
}

// CHECK-LABEL: @should_compare_sums
// CHECK-NEXT: sluice.accumulation_error %arg0, %arg1, %arg2 rows 8
// CHECK-NEXT: sluice.accumulation_error %arg0, %arg3, %arg2 transposed rows 1
// CHECK-SAME: : tensor<2x4x8xf32>, tensor<24x8xf32>, tensor<2x4x24xf32> to tensor<2xf64>
func.func @should_compare_sums(%x: tensor<2x4x8xf32>, %w: tensor<8x24xf32>, %y: tensor<2x4x24xf32>,
    %t: tensor<24x8xf32>) {
  %0 = sluice.accumulation_error %x, %w, %y rows 8
      : tensor<2x4x8xf32>, tensor<8x24xf32>, tensor<2x4x24xf32> to tensor<2xf64>
  %1 = sluice.accumulation_error %x, %t, %y transposed rows 1
      : tensor<2x4x8xf32>, tensor<24x8xf32>, tensor<2x4x24xf32> to tensor<2xf64>
  return
}

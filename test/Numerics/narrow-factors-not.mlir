// RUN: sluice-opt %s --sluice-set-target='kind=cuda processor=sm_80' --sluice-narrow-factors \
// RUN:   | FileCheck %s --implicit-check-not=truncf --implicit-check-not='compute_type = f16' --implicit-check-not=tf32
// RUN: sluice-opt %s --sluice-narrow-factors | FileCheck %s --implicit-check-not=truncf

// A scale moves values out of the format, and one factor alone is not enough.
// CHECK-LABEL: func.func @scaled
// CHECK: sluice.linear
// CHECK: sluice.linear
func.func @scaled(%x: tensor<4x128xf32>, %w: tensor<128x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %xq = sluice.quantize %x to <f8E4M3FN> scaled [1, 128] : tensor<4x128xf32>
  %wq = sluice.quantize %w to <f8E4M3FN> : tensor<128x16xf32>
  %0 = sluice.linear %xq, %wq : tensor<4x128xf32>, tensor<128x16xf32> to tensor<4x16xf32>
  %1 = sluice.linear %x, %wq : tensor<4x128xf32>, tensor<128x16xf32> to tensor<4x16xf32>
  return %0, %1 : tensor<4x16xf32>, tensor<4x16xf32>
}

// Sums of a format are those that are declared, whatever a card has.
// CHECK-LABEL: func.func @narrow_sums
// CHECK: sluice.linear %{{.*}}, %{{.*}} {accumulation =
func.func @narrow_sums(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>) -> tensor<4x16xf32> {
  %xq = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
  %wq = sluice.quantize %w to <f8E5M2> : tensor<8x16xf32>
  %y = sluice.linear %xq, %wq {accumulation = #sluice.accumulation<e6m9, chunk = 4>}
      : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}

// No type has the values of e8m11, and what rounds already rounds to its type.
// CHECK-LABEL: func.func @other_formats
// CHECK: sluice.linear
// CHECK: sluice.linear %{{.*}}, %{{.*}} {compute_type = bf16}
func.func @other_formats(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  %xq = sluice.quantize %x to <e8m11> : tensor<4x8xf32>
  %wq = sluice.quantize %w to <f8E5M2> : tensor<8x16xf32>
  %0 = sluice.linear %xq, %wq : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
  %y = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
  %2 = sluice.linear %y, %wq {compute_type = bf16} : tensor<4x8xf32>, tensor<8x16xf32> to tensor<4x16xf32>
  return %0, %2 : tensor<4x16xf32>, tensor<4x16xf32>
}

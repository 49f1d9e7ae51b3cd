// Results of norms that stay in f32, each for one reason.
// RUN: sluice-opt %s --sluice-narrow-results | FileCheck %s
// RUN: sluice-opt %s --sluice-narrow-results --remarks-filter=numerics 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// Of all functions here one has a result to narrow: 8 x 16 elements of 2 bytes less.
// REMARK: NarrowResults {{.*}}bytes=256, results=1

// Statistics are for backward, which computes with them.
// CHECK-LABEL: func.func @should_keep_the_statistics_of_a_norm_for_backward
// CHECK: %[[Y:.*]], %[[R:.*]] = sluice.rms_norm
// CHECK-NEXT: %[[NARROW:.*]] = arith.truncf %[[Y]] : tensor<8x16xf32> to tensor<8x16xbf16>
// CHECK-NEXT: %[[WIDE:.*]] = arith.extf %[[NARROW]]
// CHECK-NEXT: %[[Z:.*]] = sluice.matmul %[[WIDE]], %[[WIDE]] transpose_rhs {compute_type = bf16}
// CHECK-NEXT: return %[[Z]], %[[R]] : tensor<8x8xf32>, tensor<8xf32>
func.func @should_keep_the_statistics_of_a_norm_for_backward(%x: tensor<8x16xf32>, %w: tensor<16xf32>)
    -> (tensor<8x8xf32>, tensor<8xf32>) {
  %y, %r = sluice.rms_norm %x, %w epsilon 0.125 : tensor<8x16xf32>, tensor<16xf32> to tensor<8xf32>
  %z = sluice.matmul %y, %y transpose_rhs {compute_type = bf16} : tensor<8x16xf32>, tensor<8x16xf32> to tensor<8x8xf32>
  return %z, %r : tensor<8x8xf32>, tensor<8xf32>
}

// CHECK-LABEL: func.func @should_keep_what_a_sum_needs_too
// CHECK-NOT: arith.truncf
// CHECK: return
func.func @should_keep_what_a_sum_needs_too(%x: tensor<8x16xf32>, %w: tensor<16xf32>, %v: tensor<16x16xf32>)
    -> tensor<8x16xf32> {
  %y, %r = sluice.rms_norm %x, %w epsilon 0.125 : tensor<8x16xf32>, tensor<16xf32> to tensor<8xf32>
  %z = sluice.linear %y, %v {compute_type = bf16} : tensor<8x16xf32>, tensor<16x16xf32> to tensor<8x16xf32>
  %s = sluice.add %z, %y residual : tensor<8x16xf32>, tensor<8x16xf32>
  return %s : tensor<8x16xf32>
}

// A bias is added to the sums as it is.
// CHECK-LABEL: func.func @should_keep_what_is_a_bias
// CHECK-NOT: arith.truncf
// CHECK: return
func.func @should_keep_what_is_a_bias(%b: tensor<16xf32>, %w: tensor<16xf32>, %x: tensor<8x16xf32>,
                                      %v: tensor<16x16xf32>) -> tensor<8x16xf32> {
  %y, %r = sluice.rms_norm %b, %w epsilon 0.125 : tensor<16xf32>, tensor<16xf32> to tensor<f32>
  %z = sluice.linear %x, %v bias %y {compute_type = bf16}
      : tensor<8x16xf32>, tensor<16x16xf32>, tensor<16xf32> to tensor<8x16xf32>
  return %z : tensor<8x16xf32>
}

// One reader that multiplies as it is keeps all bits, however many others round.
// CHECK-LABEL: func.func @should_keep_what_one_of_two_products_takes_as_it_is
// CHECK-NOT: arith.truncf
// CHECK: return
func.func @should_keep_what_one_of_two_products_takes_as_it_is(%x: tensor<8x16xf32>, %w: tensor<16xf32>)
    -> (tensor<8x8xf32>, tensor<8x8xf32>) {
  %y, %r = sluice.rms_norm %x, %w epsilon 0.125 : tensor<8x16xf32>, tensor<16xf32> to tensor<8xf32>
  %s = sluice.reshape %y : tensor<8x16xf32> to tensor<16x8xf32>
  %a = sluice.matmul %y, %s {compute_type = bf16} : tensor<8x16xf32>, tensor<16x8xf32> to tensor<8x8xf32>
  %b = sluice.matmul %y, %s : tensor<8x16xf32>, tensor<16x8xf32> to tensor<8x8xf32>
  return %a, %b : tensor<8x8xf32>, tensor<8x8xf32>
}

// CHECK-LABEL: func.func @should_keep_f64_and_what_nothing_uses
// CHECK-NOT: arith.truncf
// CHECK: return
func.func @should_keep_f64_and_what_nothing_uses(%x: tensor<8x16xf64>, %w: tensor<16xf64>, %f: tensor<8x16xf32>,
                                                 %g: tensor<16xf32>) -> (tensor<8x8xf64>, tensor<8xf32>) {
  %y, %r = sluice.rms_norm %x, %w epsilon 0.125 : tensor<8x16xf64>, tensor<16xf64> to tensor<8xf64>
  %z = sluice.matmul %y, %y transpose_rhs : tensor<8x16xf64>, tensor<8x16xf64> to tensor<8x8xf64>
  %u, %s = sluice.rms_norm %f, %g epsilon 0.125 : tensor<8x16xf32>, tensor<16xf32> to tensor<8xf32>
  return %z, %s : tensor<8x8xf64>, tensor<8xf32>
}

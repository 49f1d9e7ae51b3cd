// Products, attention and the output head, as they are written and read again; what is optional is there or not.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK-LABEL: func.func @should_multiply_by_a_matrix
// CHECK-NEXT: sluice.linear %arg0, %arg1 : tensor<2x3x4xf32>, tensor<4x5xf32> to tensor<2x3x5xf32>
// CHECK-NEXT: sluice.linear %arg0, %arg1 bias %arg2 : tensor<2x3x4xf32>, tensor<4x5xf32>, tensor<5xf32> to
// CHECK-NEXT: sluice.linear %arg0, %arg3 transposed {compute_type = bf16} : tensor<2x3x4xf32>, tensor<5x4xf32> to
// CHECK-NEXT: sluice.linear %arg0, %arg1 {compute_type = f16} : tensor<2x3x4xf32>, tensor<4x5xf32> to
func.func @should_multiply_by_a_matrix(%x: tensor<2x3x4xf32>, %w: tensor<4x5xf32>, %b: tensor<5xf32>,
                                       %t: tensor<5x4xf32>) {
  %0 = sluice.linear %x, %w : tensor<2x3x4xf32>, tensor<4x5xf32> to tensor<2x3x5xf32>
  %1 = sluice.linear %x, %w bias %b : tensor<2x3x4xf32>, tensor<4x5xf32>, tensor<5xf32> to tensor<2x3x5xf32>
  %2 = sluice.linear %x, %t transposed {compute_type = bf16} : tensor<2x3x4xf32>, tensor<5x4xf32> to tensor<2x3x5xf32>
  %3 = sluice.linear %x, %w {compute_type = f16} : tensor<2x3x4xf32>, tensor<4x5xf32> to tensor<2x3x5xf32>
  return
}

// CHECK-LABEL: func.func @should_multiply_matrices
// CHECK-NEXT: sluice.matmul %arg0, %arg1 : tensor<6x2x3xf32>, tensor<3x4xf32> to tensor<6x2x4xf32>
// CHECK-NEXT: sluice.matmul %arg0, %arg0 transpose_rhs : tensor<6x2x3xf32>, tensor<6x2x3xf32> to tensor<6x2x2xf32>
// CHECK-NEXT: sluice.matmul %arg0, %arg0 transpose_lhs reduce_leading {compute_type = bf16}
// CHECK-SAME: : tensor<6x2x3xf32>, tensor<6x2x3xf32> to tensor<3x3xf32>
func.func @should_multiply_matrices(%a: tensor<6x2x3xf32>, %b: tensor<3x4xf32>) {
  %0 = sluice.matmul %a, %b : tensor<6x2x3xf32>, tensor<3x4xf32> to tensor<6x2x4xf32>
  %1 = sluice.matmul %a, %a transpose_rhs : tensor<6x2x3xf32>, tensor<6x2x3xf32> to tensor<6x2x2xf32>
  %2 = sluice.matmul %a, %a transpose_lhs reduce_leading {compute_type = bf16}
      : tensor<6x2x3xf32>, tensor<6x2x3xf32> to tensor<3x3xf32>
  return
}

// CHECK-LABEL: func.func @should_draw_for_sums
// CHECK-NEXT: sluice.linear %arg0, %arg1 errors key %arg2 : tensor<4xi32> id %arg3 : tensor<2xi32> ordinal 0
// CHECK-SAME: {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>} : tensor<3x4xf32>, tensor<4x5xf32> to
// CHECK-NEXT: sluice.matmul %arg0, %arg1 key %arg2 : tensor<4xi32> id %arg3 : tensor<2xi32> ordinal 2147483647
func.func @should_draw_for_sums(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %k: tensor<4xi32>, %i: tensor<2xi32>) {
  %0 = sluice.linear %x, %w errors key %k : tensor<4xi32> id %i : tensor<2xi32> ordinal 0
      {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  %1 = sluice.matmul %x, %w key %k : tensor<4xi32> id %i : tensor<2xi32> ordinal 2147483647
      {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// Without dropout neither key nor rate is written; the ordinal is written where it is not 0.
// CHECK-LABEL: func.func @should_attend
// CHECK-SAME: (%[[Q:.*]]: tensor<2x3x4xf32>, %[[KEY:.*]]: tensor<4xi32>,
// CHECK-SAME: %[[N:.*]]: tensor<1xi32>, %[[R:.*]]: tensor<f64>)
// CHECK-NEXT: %[[Y:.*]], %[[L:.*]] = sluice.attention %[[Q]], %[[Q]], %[[Q]] heads 2 causal :
// CHECK-SAME: tensor<2x3x4xf32>, tensor<2x3x4xf32> to tensor<2x2x3xf32>
// CHECK-NEXT: sluice.attention_backward %[[Y]], %[[Q]], %[[Q]], %[[Q]], %[[Y]], %[[L]] heads 2 causal :
// CHECK-SAME: tensor<2x3x4xf32>, tensor<2x2x3xf32>
// CHECK-NEXT: %[[Z:.*]], %[[M:.*]] = sluice.attention %[[Q]], %[[Q]], %[[Q]] heads 1
// CHECK-SAME: random %[[KEY]] : tensor<4xi32>, %[[N]] : tensor<1xi32> rate %[[R]] : tensor<f64> {ordinal = 2 : i64} :
// CHECK-NEXT: sluice.attention_backward %[[Z]], %[[Q]], %[[Q]], %[[Q]], %[[Z]], %[[M]] heads 1
// CHECK-SAME: random %[[KEY]] : tensor<4xi32>, %[[N]] : tensor<1xi32> rate %[[R]] : tensor<f64>
// CHECK-SAME: {compute_type = f16, ordinal = 2 : i64} :
func.func @should_attend(%q: tensor<2x3x4xf32>, %k: tensor<4xi32>, %n: tensor<1xi32>, %r: tensor<f64>) {
  %y, %l = sluice.attention %q, %q, %q heads 2 causal : tensor<2x3x4xf32>, tensor<2x3x4xf32> to tensor<2x2x3xf32>
  %0:3 = sluice.attention_backward %y, %q, %q, %q, %y, %l heads 2 causal : tensor<2x3x4xf32>, tensor<2x2x3xf32>
  %z, %m = sluice.attention %q, %q, %q heads 1 random %k : tensor<4xi32>, %n : tensor<1xi32> rate %r : tensor<f64>
      {ordinal = 2} : tensor<2x3x4xf32>, tensor<2x3x4xf32> to tensor<2x1x3xf32>
  %1:3 = sluice.attention_backward %z, %q, %q, %q, %z, %m heads 1
      random %k : tensor<4xi32>, %n : tensor<1xi32> rate %r : tensor<f64>
      {compute_type = f16, ordinal = 2} : tensor<2x3x4xf32>, tensor<2x1x3xf32>
  return
}

// CHECK-LABEL: func.func @should_score_all_words
// CHECK-NEXT: %[[LOSS:.*]], %[[LSE:.*]] = sluice.linear_cross_entropy %arg0, %arg1, %arg2 {compute_type = tf32}
// CHECK-SAME: : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
// CHECK-NEXT: sluice.linear_cross_entropy_backward %[[LOSS]], %arg0, %arg1, %arg2, %[[LSE]]
// CHECK-SAME: : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>, tensor<3xf32>
// CHECK-NEXT: sluice.linear_cross_entropy_with_gradient %[[LOSS]], %arg0, %arg1, %arg2
// CHECK-SAME: : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>
func.func @should_score_all_words(%x: tensor<3x4xf32>, %w: tensor<7x4xf32>, %t: tensor<3xi32>) {
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t {compute_type = tf32}
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %0:2 = sluice.linear_cross_entropy_backward %loss, %x, %w, %t, %lse
      : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>, tensor<3xf32>
  %1:3 = sluice.linear_cross_entropy_with_gradient %loss, %x, %w, %t
      : tensor<f32>, tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32>
  return
}

// Operands of products, of attention and of the output head that do not fit each other.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_a_weight_of_rank_three(%x: tensor<2x4xf32>, %w: tensor<1x4x4xf32>) {
  // expected-error @below {{'sluice.linear' op expected a weight of rank 2 and an input of rank 1 or more}}
  %y = sluice.linear %x, %w : tensor<2x4xf32>, tensor<1x4x4xf32> to tensor<2x4xf32>
  return
}

// -----

func.func @should_refuse_a_scalar_as_input(%x: tensor<f32>, %w: tensor<4x4xf32>) {
  // expected-error @below {{'sluice.linear' op expected a weight of rank 2 and an input of rank 1 or more}}
  %y = sluice.linear %x, %w : tensor<f32>, tensor<4x4xf32> to tensor<4xf32>
  return
}

// -----

func.func @should_look_at_the_columns_of_a_transposed_weight(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>) {
  // expected-error @below {{'sluice.linear' op expected an input whose last dimension is 3, found 4}}
  %y = sluice.linear %x, %w transposed : tensor<2x4xf32>, tensor<4x3xf32> to tensor<2x3xf32>
  return
}

// -----

func.func @should_refuse_a_bias_as_wide_as_the_input(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{'sluice.linear' op expected bias of shape [3], found [4]}}
  %y = sluice.linear %x, %w bias %b : tensor<2x4xf32>, tensor<4x3xf32>, tensor<4xf32> to tensor<2x3xf32>
  return
}

// -----

func.func @should_refuse_a_bias_of_another_type(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>, %b: tensor<3xf64>) {
  // expected-error @below {{'sluice.linear' op expected one element type, found 'f32' and 'f64'}}
  %y = sluice.linear %x, %w bias %b : tensor<2x4xf32>, tensor<4x3xf32>, tensor<3xf64> to tensor<2x3xf32>
  return
}

// -----

func.func @should_refuse_other_rows_than_the_input_has(%x: tensor<2x4xf32>, %w: tensor<4x3xf32>) {
  // expected-error @below {{'sluice.linear' op expected result of shape [2, 3], found [1, 3]}}
  %y = sluice.linear %x, %w : tensor<2x4xf32>, tensor<4x3xf32> to tensor<1x3xf32>
  return
}

// -----

func.func @should_refuse_to_multiply_a_vector(%a: tensor<4xf32>, %b: tensor<4x4xf32>) {
  // expected-error @below {{'sluice.matmul' op expected operands of rank 2 or more, found 1 and 2}}
  %c = sluice.matmul %a, %b : tensor<4xf32>, tensor<4x4xf32> to tensor<4xf32>
  return
}

// -----

func.func @should_refuse_other_leading_dimensions(%a: tensor<2x4x4xf32>, %b: tensor<3x4x4xf32>) {
  // expected-error @below {{'sluice.matmul' op expected equal leading dimensions, found [2] and [3]}}
  %c = sluice.matmul %a, %b : tensor<2x4x4xf32>, tensor<3x4x4xf32> to tensor<2x4x4xf32>
  return
}

// -----

func.func @should_refuse_to_sum_over_what_one_side_has(%a: tensor<2x4x4xf32>, %b: tensor<4x4xf32>) {
  // expected-error @below {{'sluice.matmul' op 'reduce_leading' expected operands of one rank, found 3 and 2}}
  %c = sluice.matmul %a, %b reduce_leading : tensor<2x4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
  return
}

// -----

func.func @should_refuse_a_sum_that_still_has_leading_dimensions(%a: tensor<2x4x3xf32>) {
  // expected-error @below {{'sluice.matmul' op expected result of shape [3, 3], found [2, 3, 3]}}
  %c = sluice.matmul %a, %a transpose_lhs reduce_leading : tensor<2x4x3xf32>, tensor<2x4x3xf32> to tensor<2x3x3xf32>
  return
}

// -----

func.func @should_refuse_keys_of_another_sequence(%q: tensor<1x2x4xf32>, %k: tensor<1x3x4xf32>) {
  // expected-error @below {{expected query, key and value of one type [batch, sequence, width]}}
  %y, %l = sluice.attention %q, %k, %k heads 1 : tensor<1x2x4xf32>, tensor<1x3x4xf32> to tensor<1x1x2xf32>
  return
}

// -----

func.func @should_refuse_a_sum_for_each_row_alone(%q: tensor<1x2x4xf32>) {
  // expected-error @below {{'sluice.attention' op expected log-sum-exp of shape [1, 4, 2], found [1, 1, 2]}}
  %y, %l = sluice.attention %q, %q, %q heads 4 : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x1x2xf32>
  return
}

// -----

func.func @should_refuse_no_heads(%q: tensor<1x2x4xf32>) {
  // expected-error @below {{'sluice.attention' op attribute 'heads' failed to satisfy constraint}}
  %y, %l = sluice.attention %q, %q, %q heads 0 : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x1x2xf32>
  return
}

// -----

func.func @should_refuse_a_stream_of_another_width(%x: tensor<3x4xf32>, %w: tensor<7x5xf32>, %t: tensor<3xi32>) {
  // expected-error @below {{expected an input whose last dimension is the weight's, found [3, 4] and [7, 5]}}
  %loss, %l = sluice.linear_cross_entropy %x, %w, %t
      : tensor<3x4xf32>, tensor<7x5xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  return
}

// -----

func.func @should_refuse_a_sum_for_the_whole_batch(%x: tensor<3x4xf32>, %w: tensor<7x4xf32>, %t: tensor<3xi32>) {
  // expected-error @below {{'sluice.linear_cross_entropy' op expected log-sum-exp of shape [3], found []}}
  %loss, %l = sluice.linear_cross_entropy %x, %w, %t
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<f32>
  return
}

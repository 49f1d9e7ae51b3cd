// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_a_weight_of_rank_one(%x: tensor<2x3xf32>, %w: tensor<3xf32>) {
  // expected-error @below {{expected a weight of rank 2 and an input of rank 1 or more}}
  %0 = sluice.linear %x, %w : tensor<2x3xf32>, tensor<3xf32> to tensor<2x3xf32>
  return
}

// -----

func.func @should_refuse_a_bias_of_another_width(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{expected bias of shape [4], found [3]}}
  %0 = sluice.linear %x, %w bias %b : tensor<2x3xf32>, tensor<3x4xf32>, tensor<3xf32> to tensor<2x4xf32>
  return
}

// -----

func.func @should_refuse_a_transposed_result(%x: tensor<2x3xf32>, %w: tensor<3x4xf32>) {
  // expected-error @below {{expected result of shape [2, 4], found [4, 2]}}
  %0 = sluice.linear %x, %w : tensor<2x3xf32>, tensor<3x4xf32> to tensor<4x2xf32>
  return
}

// -----

func.func @should_refuse_a_vector(%a: tensor<3xf32>, %b: tensor<3x4xf32>) {
  // expected-error @below {{expected operands of rank 2 or more, found 1 and 2}}
  %0 = sluice.matmul %a, %b : tensor<3xf32>, tensor<3x4xf32> to tensor<4xf32>
  return
}

// -----

func.func @should_refuse_two_batches(%a: tensor<2x3x4xf32>, %b: tensor<5x4x3xf32>) {
  // expected-error @below {{expected equal leading dimensions, found [2] and [5]}}
  %0 = sluice.matmul %a, %b : tensor<2x3x4xf32>, tensor<5x4x3xf32> to tensor<2x3x3xf32>
  return
}

// -----

func.func @should_refuse_to_sum_over_a_batch_of_one_side(%a: tensor<2x3x4xf32>, %b: tensor<4x5xf32>) {
  // expected-error @below {{'reduce_leading' expected operands of one rank, found 3 and 2}}
  %0 = sluice.matmul %a, %b reduce_leading : tensor<2x3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_keys_of_another_length(%q: tensor<1x2x4xf32>, %k: tensor<1x3x4xf32>) {
  // expected-error @below {{expected query, key and value of one type [batch, sequence, width]}}
  %0, %1 = sluice.attention %q, %k, %k heads 2 : tensor<1x2x4xf32>, tensor<1x3x4xf32> to tensor<1x2x2xf32>
  return
}

// -----

func.func @should_refuse_statistics_of_other_heads(%q: tensor<1x3x4xf32>) {
  // expected-error @below {{expected log-sum-exp of shape [1, 2, 3], found [1, 4, 3]}}
  %0, %1 = sluice.attention %q, %q, %q heads 2 : tensor<1x3x4xf32>, tensor<1x3x4xf32> to tensor<1x4x3xf32>
  return
}

// -----

func.func @should_refuse_a_head_of_another_width(%x: tensor<2x3xf32>, %w: tensor<5x4xf32>, %t: tensor<2xi32>) {
  // expected-error @below {{expected an input whose last dimension is the weight's, found [2, 3] and [5, 4]}}
  %0, %1 = sluice.linear_cross_entropy %x, %w, %t
      : tensor<2x3xf32>, tensor<5x4xf32>, tensor<2xi32> to tensor<f32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_a_head_of_one_position(%x: tensor<4xf32>, %w: tensor<5x4xf32>, %t: tensor<i32>) {
  // expected-error @below {{expected an input of rank 2 or more, found [4]}}
  %0, %1 = sluice.linear_cross_entropy %x, %w, %t
      : tensor<4xf32>, tensor<5x4xf32>, tensor<i32> to tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_targets_of_other_positions_in_backward(
    %d: tensor<f32>, %x: tensor<2x4xf32>, %w: tensor<5x4xf32>, %t: tensor<3xi32>, %l: tensor<2xf32>) {
  // expected-error @below {{expected targets of shape [2], found [3]}}
  %0:2 = sluice.linear_cross_entropy_backward %d, %x, %w, %t, %l
      : tensor<f32>, tensor<2x4xf32>, tensor<5x4xf32>, tensor<3xi32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_statistics_of_other_rows_in_backward(
    %d: tensor<f32>, %x: tensor<2x4xf32>, %w: tensor<5x4xf32>, %t: tensor<2xi32>, %l: tensor<3xf32>) {
  // expected-error @below {{expected log-sum-exp of shape [2], found [3]}}
  %0:2 = sluice.linear_cross_entropy_backward %d, %x, %w, %t, %l
      : tensor<f32>, tensor<2x4xf32>, tensor<5x4xf32>, tensor<2xi32>, tensor<3xf32>
  return
}

// -----

func.func @should_refuse_a_gradient_that_is_no_scalar(
    %d: tensor<2xf32>, %x: tensor<2x4xf32>, %w: tensor<5x4xf32>, %t: tensor<2xi32>, %l: tensor<2xf32>) {
  // expected-error @below {{expected gradient of shape [], found [2]}}
  %0:2 = sluice.linear_cross_entropy_backward %d, %x, %w, %t, %l
      : tensor<2xf32>, tensor<2x4xf32>, tensor<5x4xf32>, tensor<2xi32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_targets_of_other_positions_beside_the_gradient(
    %d: tensor<f32>, %x: tensor<2x4xf32>, %w: tensor<5x4xf32>, %t: tensor<3xi32>) {
  // expected-error @below {{expected targets of shape [2], found [3]}}
  %0:3 = sluice.linear_cross_entropy_with_gradient %d, %x, %w, %t
      : tensor<f32>, tensor<2x4xf32>, tensor<5x4xf32>, tensor<3xi32>
  return
}

// -----

func.func @should_refuse_statistics_of_other_heads_in_backward(%q: tensor<1x3x4xf32>, %l: tensor<1x4x3xf32>) {
  // expected-error @below {{expected log-sum-exp of shape [1, 2, 3], found [1, 4, 3]}}
  %0:3 = sluice.attention_backward %q, %q, %q, %q, %q, %l heads 2 : tensor<1x3x4xf32>, tensor<1x4x3xf32>
  return
}

// -----

func.func @should_refuse_targets_of_other_positions_in_the_loss_of_statistics(
    %d: tensor<f32>, %x: tensor<2x4xf32>, %t: tensor<3xi32>, %m: tensor<4xf32>) {
  // expected-error @below {{expected targets of shape [2], found [3]}}
  %0 = sluice.standardization_loss_backward %d, %x, %t, %m, %m epsilon 1.0e-06
      : tensor<f32>, tensor<2x4xf32>, tensor<3xi32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_too_few_scalars(%p: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error @below {{expected 8 scalars, found 4}}
  %0, %1, %2 = sluice.adamw %p, %p, %p, %p scalars(%s, %s, %s, %s)
      : tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_too_many_scalars(%p: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error @below {{expected 4 scalars, found 5}}
  %0, %1 = sluice.sgd %p, %p, %p scalars(%s, %s, %s, %s, %s)
      : tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_a_product_as_a_branch(%a: tensor<4xf32>) {
  // expected-error @below {{expected no 'residual': only a sum adds a branch}}
  %0 = sluice.mul %a, %a residual : tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_a_key_of_two_words(%a: tensor<2x4xf32>, %k: tensor<2xi32>, %l: tensor<1xi32>,
                                            %r: tensor<f64>) {
  // expected-error @below {{expected key of shape [4], found [2]}}
  %0 = sluice.dropout %a, %k, %l rate %r ordinal 0 : tensor<2x4xf32>, tensor<2xi32>, tensor<1xi32>, tensor<f64>
  return
}

// -----

func.func @should_refuse_two_layers(%a: tensor<2x4xf32>, %k: tensor<4xi32>, %l: tensor<2xi32>, %r: tensor<f64>) {
  // expected-error @below {{expected layer of shape [1], found [2]}}
  %0 = sluice.dropout %a, %k, %l rate %r ordinal 0 : tensor<2x4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f64>
  return
}

// -----

func.func @should_refuse_rows_of_another_width(%a: tensor<2x4xf32>) {
  // expected-error @below {{expected two tables of one width, found [3, 5] and [2, 4]}}
  %0 = sluice.pad_rows %a : tensor<2x4xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_to_pad_to_fewer_rows(%a: tensor<3x4xf32>) {
  // expected-error @below {{expected at most 2 rows, found 3}}
  %0 = sluice.pad_rows %a : tensor<3x4xf32> to tensor<2x4xf32>
  return
}

// -----

func.func @should_refuse_to_join_rows_of_two_lengths(%a: tensor<2x4xf32>, %b: tensor<3x4xf32>) {
  // expected-error @below {{expected parts that differ from 'tensor<2x8xf32>' in the last dimension only}}
  %0 = sluice.concat %a, %b : tensor<2x4xf32>, tensor<3x4xf32> to tensor<2x8xf32>
  return
}

// -----

func.func @should_refuse_a_sum_that_keeps_the_wrong_dimension(%a: tensor<2x4xf32>) {
  // expected-error @below {{expected a result whose shape is a suffix of [2, 4], found [2]}}
  %0 = sluice.sum_leading %a : tensor<2x4xf32> to tensor<2xf32>
  return
}

// -----

func.func @should_refuse_a_table_of_rank_three(%i: tensor<3xi32>, %t: tensor<5x4x2xf32>) {
  // expected-error @below {{expected a table of rank 2, found 'tensor<5x4x2xf32>'}}
  %0 = sluice.embedding %i, %t : tensor<3xi32>, tensor<5x4x2xf32> to tensor<3x4xf32>
  return
}

// -----

func.func @should_refuse_the_gradient_of_rows_of_another_width(%g: tensor<3x4xf32>, %i: tensor<3xi32>) {
  // expected-error @below {{expected rows of shape [3, 5], found [3, 4]}}
  %0 = sluice.embedding_backward %g, %i : tensor<3x4xf32>, tensor<3xi32> to tensor<8x5xf32>
  return
}

// -----

func.func @should_refuse_to_normalize_a_number(%x: tensor<f32>, %w: tensor<1xf32>) {
  // expected-error @below {{expected an input of rank 1 or more}}
  %0, %1 = sluice.rms_norm %x, %w epsilon 1.0e-05 : tensor<f32>, tensor<1xf32> to tensor<f32>
  return
}

// -----

func.func @should_refuse_statistics_of_another_shape(%x: tensor<2x3xf32>, %w: tensor<3xf32>) {
  // expected-error @below {{expected rstd of shape [2], found [3]}}
  %0, %1 = sluice.rms_norm %x, %w epsilon 1.0e-05 : tensor<2x3xf32>, tensor<3xf32> to tensor<3xf32>
  return
}

// -----

func.func @should_refuse_a_shift_of_another_width(%x: tensor<2x3xf32>, %w: tensor<3xf32>, %b: tensor<2xf32>) {
  // expected-error @below {{expected bias of shape [3], found [2]}}
  %0, %1, %2 = sluice.layer_norm %x, %w bias %b epsilon 1.0e-05
      : tensor<2x3xf32>, tensor<3xf32>, tensor<2xf32> to tensor<2xf32>, tensor<2xf32>
  return
}

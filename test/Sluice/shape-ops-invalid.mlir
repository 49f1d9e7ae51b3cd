// Shapes and element types that do not fit: of sums, draws, cuts and tables.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_a_product_that_is_a_branch(%a: tensor<4xf32>) {
  // expected-error @below {{'sluice.mul' op expected no 'residual': only a sum adds a branch}}
  %c = sluice.mul %a, %a residual : tensor<4xf32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_a_right_side_of_more_dimensions(%a: tensor<4xf32>, %b: tensor<2x4xf32>) {
  // expected-error @below {{expected a right side whose shape is a suffix of [4], found [2, 4]}}
  %c = sluice.add %a, %b : tensor<4xf32>, tensor<2x4xf32>
  return
}

// -----

func.func @should_refuse_a_key_of_two_words(%a: tensor<2xf32>, %k: tensor<2xi32>, %l: tensor<1xi32>, %r: tensor<f64>) {
  // expected-error @below {{'sluice.dropout' op expected key of shape [4], found [2]}}
  %c = sluice.dropout %a, %k, %l rate %r ordinal 0 : tensor<2xf32>, tensor<2xi32>, tensor<1xi32>, tensor<f64>
  return
}

// -----

func.func @should_refuse_two_layers(%a: tensor<2xf32>, %k: tensor<4xi32>, %l: tensor<2xi32>, %r: tensor<f64>) {
  // expected-error @below {{'sluice.dropout' op expected layer of shape [1], found [2]}}
  %c = sluice.dropout %a, %k, %l rate %r ordinal 0 : tensor<2xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f64>
  return
}

// -----

func.func @should_refuse_to_draw_with_three_words(%k: tensor<3xi32>, %p: tensor<2xf64>) {
  // expected-error @below {{'sluice.bernoulli' op expected key of shape [4], found [3]}}
  %c = sluice.bernoulli %k, %p : tensor<3xi32>, tensor<2xf64>
  return
}

// -----

func.func @should_refuse_to_change_the_element_type(%a: tensor<4xf32>) {
  // expected-error @below {{'sluice.reshape' op expected one element type, found 'f32' and 'f64'}}
  %c = sluice.reshape %a : tensor<4xf32> to tensor<2x2xf64>
  return
}

// -----

func.func @should_refuse_rows_of_another_width(%a: tensor<4x2xf32>) {
  // expected-error @below {{'sluice.slice_rows' op expected two tables of one width, found [4, 2] and [3, 1]}}
  %c = sluice.slice_rows %a : tensor<4x2xf32> to tensor<3x1xf32>
  return
}

// -----

func.func @should_refuse_rows_of_a_vector(%a: tensor<4xf32>) {
  // expected-error @below {{'sluice.slice_rows' op expected two tables of one width, found [4] and [3]}}
  %c = sluice.slice_rows %a : tensor<4xf32> to tensor<3xf32>
  return
}

// -----

func.func @should_refuse_to_pad_to_fewer_rows(%a: tensor<4x2xf32>) {
  // expected-error @below {{'sluice.pad_rows' op expected at most 3 rows, found 4}}
  %c = sluice.pad_rows %a : tensor<4x2xf32> to tensor<3x2xf32>
  return
}

// -----

func.func @should_refuse_a_part_of_other_rows(%a: tensor<4x2xf32>) {
  // expected-error @below {{in the last dimension only, found 'tensor<3x1xf32>'}}
  %b, %c = sluice.split %a : tensor<4x2xf32> to tensor<4x1xf32>, tensor<3x1xf32>
  return
}

// -----

func.func @should_refuse_to_join_to_another_width(%a: tensor<4x2xf32>) {
  // expected-error @below {{'sluice.concat' op expected parts whose last dimensions add up to 5, found 4}}
  %c = sluice.concat %a, %a : tensor<4x2xf32>, tensor<4x2xf32> to tensor<4x5xf32>
  return
}

// -----

func.func @should_refuse_to_sum_the_last_dimension(%a: tensor<4x2xf32>) {
  // expected-error @below {{'sluice.sum_leading' op expected a result whose shape is a suffix of [4, 2], found [4]}}
  %c = sluice.sum_leading %a : tensor<4x2xf32> to tensor<4xf32>
  return
}

// -----

func.func @should_refuse_a_table_of_rank_one(%i: tensor<3xi32>, %t: tensor<5xf32>) {
  // expected-error @below {{'sluice.embedding' op expected a table of rank 2, found 'tensor<5xf32>'}}
  %r = sluice.embedding %i, %t : tensor<3xi32>, tensor<5xf32> to tensor<3xf32>
  return
}

// -----

func.func @should_refuse_rows_that_no_index_names(%g: tensor<2x4xf32>, %i: tensor<3xi32>) {
  // expected-error @below {{'sluice.embedding_backward' op expected rows of shape [3, 4], found [2, 4]}}
  %r = sluice.embedding_backward %g, %i : tensor<2x4xf32>, tensor<3xi32> to tensor<7x4xf32>
  return
}

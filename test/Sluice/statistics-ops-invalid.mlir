// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_to_count_f64(%x: tensor<4xf64>) {
  // expected-error @below {{'sluice.count_roundings' op expected f32, found 'f64'}}
  %0 = sluice.count_roundings %x to <f8E5M2> : tensor<4xf64> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_a_format_that_rounds_nothing(%x: tensor<4xf32>) {
  // expected-error @below {{'sluice.count_roundings' op expected a format of at most 22 mantissa bits, found f32}}
  %0 = sluice.count_roundings %x to <f32> : tensor<4xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_groups_of_three_sizes(%x: tensor<4xf32>) {
  // expected-error @below {{expected rows and columns of a group, of at least 0, found [1, 1, 1]}}
  %0 = sluice.count_roundings %x to <f8E5M2> scaled [1, 1, 1] : tensor<4xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_groups_of_fewer_than_none(%x: tensor<4xf32>) {
  // expected-error @below {{expected rows and columns of a group, of at least 0, found [1, -1]}}
  %0 = sluice.count_roundings %x to <f8E5M2> scaled [1, -1] : tensor<4xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_three_counts(%x: tensor<4xf32>) {
  // expected-error @below {{'sluice.count_roundings' op expected a result of shape [2], found [3]}}
  %0 = sluice.count_roundings %x to <f8E5M2> : tensor<4xf32> to tensor<3xf64>
  return
}

// -----

func.func @should_refuse_a_scalar_times_a_matrix(%x: tensor<f32>, %w: tensor<8x24xf32>) {
  // expected-error @below {{expected an input of at least rank 1 and a matrix, found ranks 0 and 2}}
  %0 = sluice.accumulation_error %x, %w, %w rows 1
      : tensor<f32>, tensor<8x24xf32>, tensor<8x24xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_a_vector_as_a_weight(%x: tensor<4x8xf32>, %w: tensor<8xf32>) {
  // expected-error @below {{expected an input of at least rank 1 and a matrix, found ranks 2 and 1}}
  %0 = sluice.accumulation_error %x, %w, %w rows 1
      : tensor<4x8xf32>, tensor<8xf32>, tensor<8xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_a_weight_of_another_length(%x: tensor<4x8xf32>, %w: tensor<24x8xf32>, %y: tensor<4x8xf32>) {
  // expected-error @below {{'sluice.accumulation_error' op expected weight of shape [8, 8], found [24, 8]}}
  %0 = sluice.accumulation_error %x, %w, %y rows 1
      : tensor<4x8xf32>, tensor<24x8xf32>, tensor<4x8xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_a_transposed_weight_of_another_length(%x: tensor<4x8xf32>, %w: tensor<8x24xf32>,
    %y: tensor<4x8xf32>) {
  // expected-error @below {{'sluice.accumulation_error' op expected weight of shape [8, 8], found [8, 24]}}
  %0 = sluice.accumulation_error %x, %w, %y transposed rows 1
      : tensor<4x8xf32>, tensor<8x24xf32>, tensor<4x8xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_sums_of_other_rows(%x: tensor<4x8xf32>, %w: tensor<8x24xf32>, %y: tensor<3x24xf32>) {
  // expected-error @below {{'sluice.accumulation_error' op expected sums of shape [4, 24], found [3, 24]}}
  %0 = sluice.accumulation_error %x, %w, %y rows 1
      : tensor<4x8xf32>, tensor<8x24xf32>, tensor<3x24xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_sums_of_f64(%x: tensor<4x8xf32>, %w: tensor<8x24xf32>, %y: tensor<4x24xf64>) {
  // expected-error @below {{'sluice.accumulation_error' op expected elements of f32, found 'f64'}}
  %0 = sluice.accumulation_error %x, %w, %y rows 1
      : tensor<4x8xf32>, tensor<8x24xf32>, tensor<4x24xf64> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_no_rows(%x: tensor<2x2x8xf32>, %w: tensor<8x24xf32>, %y: tensor<2x2x24xf32>) {
  // expected-error @below {{'sluice.accumulation_error' op expected 1 to 4 rows, found 0}}
  %0 = sluice.accumulation_error %x, %w, %y rows 0
      : tensor<2x2x8xf32>, tensor<8x24xf32>, tensor<2x2x24xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_more_rows_than_there_are(%x: tensor<2x2x8xf32>, %w: tensor<8x24xf32>,
    %y: tensor<2x2x24xf32>) {
  // expected-error @below {{'sluice.accumulation_error' op expected 1 to 4 rows, found 5}}
  %0 = sluice.accumulation_error %x, %w, %y rows 5
      : tensor<2x2x8xf32>, tensor<8x24xf32>, tensor<2x2x24xf32> to tensor<2xf64>
  return
}

// -----

func.func @should_refuse_one_sum(%x: tensor<4x8xf32>, %w: tensor<8x24xf32>, %y: tensor<4x24xf32>) {
  // expected-error @below {{'sluice.accumulation_error' op expected a result of shape [2], found [1]}}
  %0 = sluice.accumulation_error %x, %w, %y rows 1
      : tensor<4x8xf32>, tensor<8x24xf32>, tensor<4x24xf32> to tensor<1xf64>
  return
}

// What sums that round stochastically draw by.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_a_key_beside_other_sums(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %k: tensor<4xi32>,
                                                 %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.linear' op expected sums that round stochastically beside a key}}
  %y = sluice.linear %x, %w key %k : tensor<4xi32> id %i : tensor<2xi32> ordinal 0
      {accumulation = #sluice.accumulation<e6m9>}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_a_key_beside_sums_in_f32(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %k: tensor<4xi32>,
                                                  %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.matmul' op expected sums that round stochastically beside a key}}
  %y = sluice.matmul %x, %w key %k : tensor<4xi32> id %i : tensor<2xi32> ordinal 0
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_an_ordinal_without_a_key(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>) {
  // expected-error @below {{'sluice.linear' op expected all of key, id and ordinal, or none of them}}
  %y = sluice.linear %x, %w {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>, ordinal = 0 : i64}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_a_key_of_three_words(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %k: tensor<3xi32>,
                                              %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.linear' op expected key of shape [4], found [3]}}
  %y = sluice.linear %x, %w key %k : tensor<3xi32> id %i : tensor<2xi32> ordinal 0
      {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_an_id_of_four_words(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %k: tensor<4xi32>,
                                             %i: tensor<4xi32>) {
  // expected-error @below {{'sluice.linear' op expected id of shape [2], found [4]}}
  %y = sluice.linear %x, %w key %k : tensor<4xi32> id %i : tensor<4xi32> ordinal 0
      {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_an_ordinal_of_32_bits(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %k: tensor<4xi32>,
                                               %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.linear' op expected an ordinal in [0, 2^31), found 2147483648}}
  %y = sluice.linear %x, %w key %k : tensor<4xi32> id %i : tensor<2xi32> ordinal 2147483648
      {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_more_elements_than_words(%x: tensor<65536x4xf32>, %w: tensor<4x65536xf32>, %k: tensor<4xi32>,
                                                  %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.matmul' op expected fewer than 2^32 elements to draw for, found 4294967296}}
  %y = sluice.matmul %x, %w key %k : tensor<4xi32> id %i : tensor<2xi32> ordinal 0
      {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
      : tensor<65536x4xf32>, tensor<4x65536xf32> to tensor<65536x65536xf32>
  return
}

// -----

func.func @should_refuse_a_negative_ordinal(%x: f32, %k: i32) {
  // expected-error @below {{'sluice.rounded_sum' op expected an ordinal in [0, 2^31), found -1}}
  %y = sluice.rounded_sum %x plus %x times %x key %k, %k ordinal -1
  return
}

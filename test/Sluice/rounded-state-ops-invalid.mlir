// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_five_scalars(%p: tensor<4xf32>, %s: tensor<f32>, %k: tensor<4xi32>, %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.rounded_sgd' op expected 4 scalars, found 5}}
  %0:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s, %s) to <e6m9> key %k id %i
      : tensor<4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_a_key_of_three_words(%p: tensor<4xf32>, %s: tensor<f32>,
    %k: tensor<3xi32>, %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.rounded_sgd' op expected key of shape [4], found [3]}}
  %0:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s) to <e6m9> key %k id %i
      : tensor<4xf32>, tensor<3xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_an_id_of_one_word(%p: tensor<4xf32>, %s: tensor<f32>, %k: tensor<4xi32>, %i: tensor<1xi32>) {
  // expected-error @below {{'sluice.rounded_sgd' op expected id of shape [2], found [1]}}
  %0:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s) to <e6m9> key %k id %i
      : tensor<4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_to_round_f64(%p: tensor<4xf64>, %s: tensor<f64>, %k: tensor<4xi32>, %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.rounded_sgd' op expected elements of f32 to round, found 'f64'}}
  %0:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s) to <e6m9> key %k id %i
      : tensor<4xf64>, tensor<4xi32>, tensor<2xi32>, tensor<f64>, tensor<f64>, tensor<f64>, tensor<f64>
  return
}

// -----

func.func @should_refuse_more_elements_than_words(%p: tensor<65536x65536xf32>, %s: tensor<f32>,
    %k: tensor<4xi32>, %i: tensor<2xi32>) {
  // expected-error @below {{expected fewer than 2^32 elements to draw for, found 4294967296}}
  %0:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s) to <e6m9> key %k id %i
      : tensor<65536x65536xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_a_format_without_infinity(%p: tensor<4xf32>, %s: tensor<f32>,
    %k: tensor<4xi32>, %i: tensor<2xi32>) {
  // expected-error @below {{expected a format with infinities and at most 21 mantissa bits, found e4m3b4}}
  %0:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s) to <e4m3b4> key %k id %i
      : tensor<4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_a_format_as_wide_as_f32(%p: tensor<4xf32>, %s: tensor<f32>,
    %k: tensor<4xi32>, %i: tensor<2xi32>) {
  // expected-error @below {{expected a format with infinities and at most 21 mantissa bits, found f32}}
  %0:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s) to <f32> key %k id %i
      : tensor<4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_the_scalars_of_sgd(%p: tensor<4xf32>, %s: tensor<f32>, %k: tensor<4xi32>, %i: tensor<2xi32>) {
  // expected-error @below {{'sluice.rounded_adamw' op expected 8 scalars, found 4}}
  %0:3 = sluice.rounded_adamw %p, %p, %p, %p scalars(%s, %s, %s, %s) to <e6m9> key %k id %i
      : tensor<4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

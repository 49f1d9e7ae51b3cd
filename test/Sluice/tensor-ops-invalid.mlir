// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_sides_of_two_element_types(%a: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error @below {{expected one element type, found 'f32' and 'f64'}}
  %c = sluice.add %a, %b : tensor<4xf32>, tensor<4xf64>
  return
}

// -----

func.func @should_refuse_a_side_that_is_no_suffix(%a: tensor<2x4xf32>, %b: tensor<2xf32>) {
  // expected-error @below {{expected a right side whose shape is a suffix of [2, 4], found [2]}}
  %c = sluice.mul %a, %b : tensor<2x4xf32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_a_broadcast_branch(%a: tensor<2x4xf32>, %b: tensor<4xf32>) {
  // expected-error @below {{'residual' expected equal shapes, found [2, 4] and [4]}}
  %c = sluice.add %a, %b residual : tensor<2x4xf32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_an_ordinal_of_more_than_a_byte(%a: tensor<2x4xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>,
    %r: tensor<f64>) {
  // expected-error @below {{expected an ordinal in [0, 255], found 256}}
  %c = sluice.dropout %a, %k, %l rate %r ordinal 256 : tensor<2x4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return
}

// -----

func.func @should_refuse_a_narrow_rate(%a: tensor<2x4xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>, %r: tensor<f32>) {
  // expected-error @below {{must be 0D tensor of 64-bit float values, but got 'tensor<f32>'}}
  %c = sluice.dropout %a, %k, %l rate %r ordinal 0 : tensor<2x4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_a_random_key_without_a_rate(%q: tensor<1x2x4xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>) {
  // expected-error @below {{expected all of random key, layer and rate, or none of them}}
  %y, %s = "sluice.attention"(%q, %q, %q, %k, %l) <{heads = 2, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 0>}>
      : (tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<4xi32>, tensor<1xi32>)
      -> (tensor<1x2x4xf32>, tensor<1x2x2xf32>)
  return
}

// -----

func.func @should_refuse_a_rate_alone_in_backward(%q: tensor<1x2x4xf32>, %s: tensor<1x2x2xf32>, %r: tensor<f64>) {
  // expected-error @below {{expected all of random key, layer and rate, or none of them}}
  %dq, %dk, %dv = "sluice.attention_backward"(%q, %q, %q, %q, %q, %s, %r)
      <{heads = 2, operandSegmentSizes = array<i32: 1, 1, 1, 1, 1, 1, 0, 0, 1>}>
      : (tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>,
      tensor<1x2x2xf32>, tensor<f64>)
      -> (tensor<1x2x4xf32>, tensor<1x2x4xf32>, tensor<1x2x4xf32>)
  return
}

// -----

func.func @should_refuse_to_lose_elements(%a: tensor<2x4xf32>) {
  // expected-error @below {{expected 8 elements, found 6}}
  %c = sluice.reshape %a : tensor<2x4xf32> to tensor<6xf32>
  return
}

// -----

func.func @should_refuse_more_rows_than_there_are(%a: tensor<2x4xf32>) {
  // expected-error @below {{expected at most 2 rows, found 3}}
  %c = sluice.slice_rows %a : tensor<2x4xf32> to tensor<3x4xf32>
  return
}

// -----

func.func @should_refuse_parts_that_do_not_add_up(%a: tensor<2x4xf32>) {
  // expected-error @below {{expected parts whose last dimensions add up to 4, found 3}}
  %b, %c = sluice.split %a : tensor<2x4xf32> to tensor<2x1xf32>, tensor<2x2xf32>
  return
}

// -----

func.func @should_refuse_rows_of_another_width(%i: tensor<3xi32>, %t: tensor<5x4xf32>) {
  // expected-error @below {{expected rows of shape [3, 4], found [3, 5]}}
  %r = sluice.embedding %i, %t : tensor<3xi32>, tensor<5x4xf32> to tensor<3x5xf32>
  return
}

// -----

func.func @should_refuse_an_input_of_another_width(%x: tensor<2x3xf32>, %w: tensor<4x5xf32>) {
  // expected-error @below {{expected an input whose last dimension is 4, found 3}}
  %y = sluice.linear %x, %w : tensor<2x3xf32>, tensor<4x5xf32> to tensor<2x5xf32>
  return
}

// -----

func.func @should_refuse_sums_of_two_lengths(%a: tensor<2x3xf32>, %b: tensor<4x5xf32>) {
  // expected-error @below {{expected equal lengths of the sum, found 3 and 4}}
  %c = sluice.matmul %a, %b : tensor<2x3xf32>, tensor<4x5xf32> to tensor<2x5xf32>
  return
}

// -----

func.func @should_refuse_heads_that_do_not_divide(%q: tensor<1x2x6xf32>) {
  // expected-error @below {{expected a width that is a multiple of the 4 heads, found 6}}
  %y, %l = sluice.attention %q, %q, %q heads 4 : tensor<1x2x6xf32>, tensor<1x2x6xf32> to tensor<1x4x2xf32>
  return
}

// -----

func.func @should_refuse_a_negative_epsilon(%x: tensor<2x3xf32>, %w: tensor<3xf32>) {
  // expected-error @below {{expected a positive epsilon, found -1}}
  %y, %m, %r = sluice.layer_norm %x, %w epsilon -1.0 : tensor<2x3xf32>, tensor<3xf32> to tensor<2xf32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_a_scale_of_another_width(%x: tensor<2x3xf32>, %w: tensor<2xf32>) {
  // expected-error @below {{expected weight of shape [3], found [2]}}
  %y, %r = sluice.rms_norm %x, %w epsilon 1.0e-05 : tensor<2x3xf32>, tensor<2xf32> to tensor<2xf32>
  return
}

// -----

func.func @should_refuse_a_root_mean_square_without_epsilon(%x: tensor<2x3xf32>, %w: tensor<3xf32>) {
  // expected-error @below {{expected a positive epsilon, found 0}}
  %y, %r = sluice.rms_norm %x, %w epsilon 0.0 : tensor<2x3xf32>, tensor<3xf32> to tensor<2xf32>
  return
}

// -----

func.func @should_refuse_units_without_epsilon(%x: tensor<2x3xf32>, %t: tensor<2xi32>) {
  // expected-error @below {{expected a positive epsilon, found 0}}
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon 0.0
      : tensor<2x3xf32>, tensor<2xi32> to tensor<f32>, tensor<3xf32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_a_mean_of_another_width(%x: tensor<2x3xf32>, %t: tensor<2xi32>) {
  // expected-error @below {{expected mean of shape [3], found [2]}}
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon 1.0e-06
      : tensor<2x3xf32>, tensor<2xi32> to tensor<f32>, tensor<2xf32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_a_range_without_four_ends(%x: tensor<2x3xf32>, %t: tensor<2xi32>) {
  // expected-error @below {{expected range of shape [4], found [2]}}
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon 1.0e-06
      : tensor<2x3xf32>, tensor<2xi32> to tensor<f32>, tensor<3xf32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_targets_of_other_positions(%x: tensor<2x3xf32>, %t: tensor<3xi32>) {
  // expected-error @below {{expected targets of shape [2], found [3]}}
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon 1.0e-06
      : tensor<2x3xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_targets_of_another_shape(%x: tensor<2x3xf32>, %w: tensor<5x3xf32>, %t: tensor<3xi32>) {
  // expected-error @below {{expected targets of shape [2], found [3]}}
  %loss, %l = sluice.linear_cross_entropy %x, %w, %t
      : tensor<2x3xf32>, tensor<5x3xf32>, tensor<3xi32> to tensor<f32>, tensor<2xf32>
  return
}

// -----

func.func @bernoulli(%key: tensor<4xi32>, %p: tensor<2x2xf64>) {
  // expected-error @below {{expected probabilities of rank 1, found 'tensor<2x2xf64>'}}
  %0 = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<2x2xf64>
  return
}

// -----

func.func @element(%v: tensor<3xf32>, %i: tensor<2xi32>) {
  // expected-error @below {{expected index of shape [1], found [2]}}
  %0 = sluice.element %v[%i] : tensor<3xf32>, tensor<2xi32> to tensor<f32>
  return
}

// -----

func.func @element(%v: tensor<3xf32>, %i: tensor<1xi32>) {
  // expected-error @+1 {{rank 1 and a result of rank 0 of its element type, found 'tensor<3xf32>' and 'tensor<f64>'}}
  %0 = sluice.element %v[%i] : tensor<3xf32>, tensor<1xi32> to tensor<f64>
  return
}

// -----

func.func @should_refuse_a_parameter_without_a_momentum(%p: tensor<4x4xf32>, %s: tensor<f32>) {
  // expected-error @below {{expected as many gradients and momenta as parameters, at least one, and results for both}}
  %0:2 = sluice.muon parameters(%p) gradients(%p) momenta() scalars(%s, %s, %s, %s) parts 1
      : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x4xf32>, tensor<4x4xf32>)
  return
}

// -----

func.func @should_refuse_matrices_of_two_types(%p: tensor<4x4xf32>, %q: tensor<4x8xf32>, %s: tensor<f32>) {
  // expected-error @below {{expected tensors of one type, found 'tensor<4x4xf32>' and 'tensor<4x8xf32>'}}
  %0:2 = sluice.muon parameters(%p) gradients(%p) momenta(%q) scalars(%s, %s, %s, %s) parts 1
      : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x8xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x4xf32>, tensor<4x8xf32>)
  return
}

// -----

func.func @should_refuse_parts_that_do_not_divide(%p: tensor<4x4xf32>, %s: tensor<f32>) {
  // expected-error @below {{expected matrices of 3 equal column blocks, found 'tensor<4x4xf32>'}}
  %0:2 = sluice.muon parameters(%p) gradients(%p) momenta(%p) scalars(%s, %s, %s, %s) parts 3
      : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x4xf32>, tensor<4x4xf32>)
  return
}

// -----

func.func @should_refuse_a_missing_scalar(%p: tensor<4x4xf32>, %s: tensor<f32>) {
  // expected-error @below {{expected 4 scalars, found 3}}
  %0:2 = sluice.muon parameters(%p) gradients(%p) momenta(%p) scalars(%s, %s, %s) parts 1
      : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x4xf32>, tensor<4x4xf32>)
  return
}

// -----

func.func @should_refuse_to_round_f64(%x: tensor<2x4xf64>, %w: tensor<4x4xf64>) {
  // expected-error @below {{expected operands of f32 to round to 'bf16', found 'f64'}}
  %y = sluice.matmul %x, %w {compute_type = bf16} : tensor<2x4xf64>, tensor<4x4xf64> to tensor<2x4xf64>
  return
}

// -----

func.func @should_refuse_to_round_to_f64(%x: tensor<2x4xf32>, %w: tensor<4x4xf32>) {
  // expected-error @below {{attribute 'compute_type' failed to satisfy constraint: type attribute of bfloat16 type or}}
  %y = sluice.linear %x, %w {compute_type = f64} : tensor<2x4xf32>, tensor<4x4xf32> to tensor<2x4xf32>
  return
}

// -----

func.func @should_refuse_to_round_attention_to_tf32(%x: tensor<2x4x8xf32>) {
  // expected-error @below {{attribute 'compute_type' failed to satisfy constraint: type attribute of bfloat16 type or}}
  %y, %lse = sluice.attention %x, %x, %x heads 2 {compute_type = tf32}
      : tensor<2x4x8xf32>, tensor<2x4x8xf32> to tensor<2x2x4xf32>
  return
}

// -----

func.func @should_refuse_a_mean_of_another_shape(%x: tensor<2x3xf32>, %w: tensor<3xf32>) {
  // expected-error @below {{expected mean of shape [2], found [3]}}
  %y, %m, %r = sluice.layer_norm %x, %w epsilon 1.0e-05 : tensor<2x3xf32>, tensor<3xf32> to tensor<3xf32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_the_gradient_of_a_scale_of_another_width(%x: tensor<2x3xf32>, %w: tensor<2xf32>,
                                                                  %r: tensor<2xf32>) {
  // expected-error @below {{expected weight of shape [3], found [2]}}
  %dx, %dw, %db = sluice.layer_norm_backward %x, %x, %w, %r, %r : tensor<2x3xf32>, tensor<2xf32>, tensor<2xf32>
  return
}

// -----

func.func @should_refuse_statistics_of_another_type(%x: tensor<2x3xf32>, %w: tensor<3xf32>, %r: tensor<2xf64>) {
  // expected-error @below {{expected one element type, found 'f32' and 'f64'}}
  %dx, %dw = sluice.rms_norm_backward %x, %x, %w, %r : tensor<2x3xf32>, tensor<3xf32>, tensor<2xf64>
  return
}

// -----

func.func @should_refuse_an_activation_of_another_shape(%x: tensor<2x3xf32>) {
  // expected-error @below {{failed to verify that all of {input, result} have same type}}
  %y = "sluice.gelu"(%x) <{form = 0 : i32}> : (tensor<2x3xf32>) -> tensor<3x2xf32>
  return
}

// -----

func.func @should_refuse_the_gradient_of_an_activation_of_another_type(%dy: tensor<2x3xf64>, %x: tensor<2x3xf32>) {
  // expected-error @below {{failed to verify that all of {input, gradient, result} have same type}}
  %dx = "sluice.gelu_backward"(%dy, %x) <{form = 0 : i32}> : (tensor<2x3xf64>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return
}

// -----

func.func @should_refuse_another_type_of_an_activation_beside_its_gradient(%dy: tensor<2x3xf32>, %x: tensor<2x3xf32>) {
  // expected-error @below {{failed to verify that all of {input, gradient, result, dinput} have same type}}
  %y, %dx = "sluice.gelu_with_gradient"(%dy, %x) <{form = 0 : i32}>
      : (tensor<2x3xf32>, tensor<2x3xf32>) -> (tensor<2x3xf16>, tensor<2x3xf32>)
  return
}

// Operands of norms, of the standardization loss and of optimizers that do not fit each other.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_to_norm_a_scalar(%x: tensor<f32>, %w: tensor<4xf32>) {
  // expected-error @below {{'sluice.rms_norm' op expected an input of rank 1 or more}}
  %y, %r = sluice.rms_norm %x, %w epsilon 0.125 : tensor<f32>, tensor<4xf32> to tensor<f32>
  return
}

// -----

func.func @should_refuse_a_bias_of_another_width(%x: tensor<3x4xf32>, %w: tensor<4xf32>, %b: tensor<3xf32>) {
  // expected-error @below {{'sluice.layer_norm' op expected bias of shape [4], found [3]}}
  %0:3 = sluice.layer_norm %x, %w bias %b epsilon 0.125
      : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32> to tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @should_refuse_a_bias_of_another_type(%x: tensor<3x4xf32>, %w: tensor<4xf32>, %b: tensor<4xf64>) {
  // expected-error @below {{'sluice.layer_norm' op expected one element type, found 'f32' and 'f64'}}
  %0:3 = sluice.layer_norm %x, %w bias %b epsilon 0.125
      : tensor<3x4xf32>, tensor<4xf32>, tensor<4xf64> to tensor<3xf32>, tensor<3xf32>
  return
}

// -----

func.func @should_refuse_a_deviation_for_each_unit(%x: tensor<3x4xf32>, %w: tensor<4xf32>) {
  // expected-error @below {{'sluice.rms_norm' op expected rstd of shape [3], found [4]}}
  %y, %r = sluice.rms_norm %x, %w epsilon 0.125 : tensor<3x4xf32>, tensor<4xf32> to tensor<4xf32>
  return
}

// -----

func.func @should_refuse_one_mean_in_backward(%x: tensor<3x4xf32>, %w: tensor<4xf32>, %m: tensor<f32>) {
  // expected-error @below {{'sluice.layer_norm_backward' op expected rstd of shape [3], found []}}
  %0:3 = sluice.layer_norm_backward %x, %x, %w, %m, %m : tensor<3x4xf32>, tensor<4xf32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_units_of_a_scalar(%x: tensor<f32>, %t: tensor<i32>) {
  // expected-error @below {{'sluice.standardization_loss' op expected an input of rank 1 or more}}
  %0:4 = sluice.standardization_loss %x, %t epsilon 0.125
      : tensor<f32>, tensor<i32> to tensor<f32>, tensor<f32>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_statistics_of_another_type(%x: tensor<3x4xf32>, %t: tensor<3xi32>) {
  // expected-error @below {{'sluice.standardization_loss' op expected one element type, found 'f32' and 'f64'}}
  %0:4 = sluice.standardization_loss %x, %t epsilon 0.125
      : tensor<3x4xf32>, tensor<3xi32> to tensor<f32>, tensor<4xf64>, tensor<4xf32>
  return
}

// -----

func.func @should_refuse_adamw_without_a_clip_scale(%p: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error @below {{'sluice.adamw' op expected 8 scalars, found 7}}
  %0:3 = sluice.adamw %p, %p, %p, %p scalars(%s, %s, %s, %s, %s, %s, %s) : tensor<4xf32>, tensor<f32>, tensor<f32>,
      tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_sgd_with_a_fifth_scalar(%p: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error @below {{'sluice.sgd' op expected 4 scalars, found 5}}
  %0:2 = sluice.sgd %p, %p, %p scalars(%s, %s, %s, %s, %s)
      : tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// -----

func.func @should_refuse_a_gradient_of_another_shape(%p: tensor<4xf32>, %g: tensor<5xf32>, %s: tensor<f32>) {
  // expected-error @below {{failed to verify that all of {parameter, gradient, momentum,}}
  %0:2 = "sluice.sgd"(%p, %g, %p, %s, %s, %s, %s)
      : (tensor<4xf32>, tensor<5xf32>, tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

func.func @should_refuse_a_vector_as_a_matrix(%p: tensor<4xf32>, %s: tensor<f32>) {
  // expected-error @below {{'sluice.muon' op expected matrices of 1 equal column blocks, found 'tensor<4xf32>'}}
  %0:2 = sluice.muon parameters(%p) gradients(%p) momenta(%p) scalars(%s, %s, %s, %s) parts 1
      : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4xf32>, tensor<4xf32>)
  return
}

// -----

func.func @should_refuse_to_update_nothing(%s: tensor<f32>) {
  // expected-error @below {{expected as many gradients and momenta as parameters, at least one, and results for both}}
  sluice.muon parameters() gradients() momenta() scalars(%s, %s, %s, %s) parts 1
      : (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> ()
  return
}

// -----

func.func @should_measure_squares_in_f64(%p: tensor<4xf32>) {
  // expected-error @below {{'sluice.sum_of_squares' op result #0 must be 0D tensor of 64-bit float values}}
  %0 = sluice.sum_of_squares %p : tensor<4xf32> to tensor<f32>
  return
}

// Gradients that no rule gives: of statistics, of a product that is a gradient itself, of a draw.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)"

sluice.parameter @x : tensor<3x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train() -> tensor<f32> {
  %x = sluice.read @x : tensor<3x4xf32>
  %w = sluice.read @w : tensor<4xf32>
  // expected-error @below {{'sluice.layer_norm' op has no gradient through its mean or rstd}}
  %y, %mean, %rstd = sluice.layer_norm %x, %w epsilon 0.125
      : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>, tensor<3xf32>
  %c = sluice.concat %mean, %mean : tensor<3xf32>, tensor<3xf32> to tensor<6xf32>
  %p = sluice.reshape %c : tensor<6xf32> to tensor<1x6xf32>
  %l = sluice.matmul %p, %p transpose_rhs : tensor<1x6xf32>, tensor<1x6xf32> to tensor<1x1xf32>
  %loss = sluice.reshape %l : tensor<1x1xf32> to tensor<f32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @x : tensor<1x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train() -> tensor<f32> {
  %x = sluice.read @x : tensor<1x4xf32>
  %w = sluice.read @w : tensor<4xf32>
  // expected-error @below {{'sluice.rms_norm' op has no gradient through its rstd}}
  %y, %rstd = sluice.rms_norm %x, %w epsilon 0.125 : tensor<1x4xf32>, tensor<4xf32> to tensor<1xf32>
  %loss = sluice.reshape %rstd : tensor<1xf32> to tensor<f32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @q : tensor<1x1x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train() -> tensor<f32> {
  %q = sluice.read @q : tensor<1x1x4xf32>
  // expected-error @below {{'sluice.attention' op has no gradient through its log-sum-exp}}
  %y, %l = sluice.attention %q, %q, %q heads 1 : tensor<1x1x4xf32>, tensor<1x1x4xf32> to tensor<1x1x1xf32>
  %loss = sluice.reshape %l : tensor<1x1x1xf32> to tensor<f32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @x : tensor<2x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<1xi32>) -> tensor<f32> {
  %x = sluice.read @x : tensor<2x4xf32>
  %w = sluice.read @w : tensor<7x4xf32>
  %row = sluice.slice_rows %x : tensor<2x4xf32> to tensor<1x4xf32>
  // expected-error @below {{'sluice.linear_cross_entropy' op has no gradient through its log-sum-exp}}
  %l, %lse = sluice.linear_cross_entropy %row, %w, %targets
      : tensor<1x4xf32>, tensor<7x4xf32>, tensor<1xi32> to tensor<f32>, tensor<1xf32>
  %loss = sluice.reshape %lse : tensor<1xf32> to tensor<f32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @a : tensor<2x1x1xf32> {init = #sluice.normal<1.0>}
sluice.graph @train() -> tensor<f32> {
  %a = sluice.read @a : tensor<2x1x1xf32>
  // expected-error @below {{'sluice.matmul' op with 'reduce_leading' has no gradient: it is one itself}}
  %c = sluice.matmul %a, %a reduce_leading : tensor<2x1x1xf32>, tensor<2x1x1xf32> to tensor<1x1xf32>
  %loss = sluice.reshape %c : tensor<1x1xf32> to tensor<f32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @a : tensor<1x4x1xf32> {init = #sluice.normal<1.0>}
sluice.parameter @b : tensor<4x1xf32> {init = #sluice.normal<1.0>}
sluice.graph @train() -> tensor<f32> {
  %a = sluice.read @a : tensor<1x4x1xf32>
  %b = sluice.read @b : tensor<4x1xf32>
  // expected-error @below {{'sluice.matmul' op with 'transpose_lhs' and a right side of rank 2 has no gradient}}
  %c = sluice.matmul %a, %b transpose_lhs : tensor<1x4x1xf32>, tensor<4x1xf32> to tensor<1x1x1xf32>
  %loss = sluice.reshape %c : tensor<1x1x1xf32> to tensor<f32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @p : tensor<1xf32> {init = #sluice.constant<0.5>}
sluice.graph @train() -> tensor<f32> {
  %p = sluice.read @p : tensor<1xf32>
  %key = sluice.key : tensor<4xi32>
  // expected-error @below {{'sluice.bernoulli' op has no gradient, but the loss depends on a parameter through it}}
  %d = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<1xf32>
  %loss = sluice.reshape %d : tensor<1xf32> to tensor<f32>
  sluice.return %loss : tensor<f32>
}

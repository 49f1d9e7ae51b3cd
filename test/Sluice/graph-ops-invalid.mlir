// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 'init' to be #sluice.normal or #sluice.constant, found 1.000000e+00 : f32}}
sluice.parameter @p : tensor<4xf32> {init = 1.0 : f32}

// -----

// expected-error @below {{expected a matrix of 3 equal column blocks, found 'tensor<4x8xf32>'}}
sluice.parameter @p : tensor<4x8xf32> {init = #sluice.constant<0.0>, hidden_parts = 3}

// -----

// expected-error @below {{expected a matrix of 1 equal column blocks, found 'tensor<4xf32>'}}
sluice.parameter @p : tensor<4xf32> {init = #sluice.constant<0.0>, hidden_parts = 1}

// -----

// expected-error @below {{expected elements of f32 to have a copy in 'bf16', found 'tensor<4xf64>'}}
sluice.parameter @p : tensor<4xf64> {init = #sluice.constant<0.0>, narrow_type = bf16}

// -----

// expected-error @below {{attribute 'narrow_type' failed to satisfy constraint: type attribute of}}
sluice.parameter @p : tensor<4xf32> {init = #sluice.constant<0.0>, narrow_type = f8E5M2}

// -----

// expected-error @below {{expected a positive standard deviation, found 0.000000e+00}}
sluice.parameter @p : tensor<4xf32> {init = #sluice.normal<0.0>}

// -----

// expected-error @below {{of kind 'gradient' expected the name of its parameter}}
sluice.slot gradient @g : tensor<4xf32>

// -----

// expected-note @below {{'p' has type 'tensor<4xf32>'}}
sluice.parameter @p : tensor<4xf32> {init = #sluice.constant<0.0>}
// expected-error @below {{expected the type of its parameter, found 'tensor<5xf32>'}}
sluice.slot gradient @g : tensor<5xf32> of @p

// -----

// expected-error @below {{of kind 'state' expected a 'role'}}
sluice.slot state @s : tensor<4xf32> of @p
sluice.parameter @p : tensor<4xf32> {init = #sluice.constant<0.0>}

// -----

sluice.graph @eval() -> tensor<4xf32> {
  // expected-error @below {{expected a parameter named 'p'}}
  %p = sluice.read @p : tensor<4xf32>
  sluice.return %p : tensor<4xf32>
}

// -----

// expected-note @below {{'p' has type 'tensor<4xf32>'}}
sluice.parameter @p : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.graph @eval() -> tensor<5xf32> {
  // expected-error @below {{expected the type of the parameter, found 'tensor<5xf32>'}}
  %p = sluice.read @p : tensor<5xf32>
  sluice.return %p : tensor<5xf32>
}

// -----

// expected-error @below {{'train' expected as its first result the loss, a float of rank 0}}
sluice.graph @train() -> tensor<4xf32> {
  %z = sluice.zero : tensor<4xf32>
  sluice.return %z : tensor<4xf32>
}

// -----

// expected-error @below {{expected arguments that are i32 tensors of static shape, found 'tensor<4xf32>'}}
sluice.graph @eval(%x: tensor<4xf32>) -> tensor<4xf32> {
  sluice.return %x : tensor<4xf32>
}

// -----

// expected-note @below {{'eval' has type}}
sluice.graph @eval() -> tensor<5xf32> {
  %z = sluice.zero : tensor<4xf32>
  // expected-error @below {{expected the result types of the graph}}
  sluice.return %z : tensor<4xf32>
}

// -----

sluice.graph @eval() -> tensor<4xf32> {
  %z = sluice.zero : tensor<4xf32>
  // expected-error @below {{expected a depth of at most 2, found 3}}
  %y = sluice.layer "h.2" depth 3 of 2 (%x = %z : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %x : tensor<4xf32>
  }
  sluice.return %y : tensor<4xf32>
}

// -----

sluice.graph @eval() -> tensor<5xf32> {
  %z = sluice.zero : tensor<4xf32>
  // expected-error @below {{expected results of the yielded types}}
  %y = sluice.layer "h.0" (%x = %z : tensor<4xf32>) -> tensor<5xf32> {
    // expected-note @below {{yielded here}}
    sluice.yield %x : tensor<4xf32>
  }
  sluice.return %y : tensor<5xf32>
}

// -----

// expected-error @below {{expected result 1 to be either a 'sluice.metric' or 'sluice.unclipped'}}
sluice.graph @train() -> (tensor<f32>, tensor<f32>) {
  %z = sluice.zero : tensor<f32>
  sluice.return %z, %z : tensor<f32>, tensor<f32>
}

// -----

// expected-error @below {{expected result 1 to be a float of rank 0, found 'tensor<4xf32>'}}
sluice.graph @train() -> (tensor<f32>, tensor<4xf32> {sluice.unclipped}) {
  %z = sluice.zero : tensor<f32>
  %v = sluice.zero : tensor<4xf32>
  sluice.return %z, %v : tensor<f32>, tensor<4xf32>
}

// -----

sluice.graph @train(%x: tensor<4xi32>) -> tensor<f32> {
  %g = sluice.zero : tensor<2xf32>
  %z = sluice.zero : tensor<f32>
  // expected-error @below {{expected a gate of rank 1 with more than 2 elements, found 'tensor<2xf32>'}}
  %y = sluice.layer "h.0" gate %g[2] : tensor<2xf32> (%a = %z : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %y : tensor<f32>
}

// -----

sluice.graph @train(%x: tensor<4xi32>) -> tensor<f32> {
  %g = sluice.zero : tensor<2xf32>
  // expected-error @below {{with a gate expected a first result of the first activation's type}}
  %y = sluice.layer "h.0" gate %g[0] : tensor<2xf32> () -> tensor<f32> {
    %z = sluice.zero : tensor<f32>
    sluice.yield %z : tensor<f32>
  }
  sluice.return %y : tensor<f32>
}

// -----

sluice.graph @train(%x: tensor<4xi32>) -> tensor<f32> {
  %g = sluice.zero : tensor<2xf32>
  %z = sluice.zero : tensor<f32>
  // expected-error @below {{with a gate expected results that are floats, found 'tensor<4xi32>'}}
  %y:2 = sluice.layer "h.0" gate %g[0] : tensor<2xf32> (%a = %z : tensor<f32>)
      broadcast(%b = %x : tensor<4xi32>) -> (tensor<f32>, tensor<4xi32>) {
    sluice.yield %a, %b : tensor<f32>, tensor<4xi32>
  }
  sluice.return %y#0 : tensor<f32>
}

// -----

sluice.graph @eval() -> tensor<f32> {
  %g = sluice.zero : tensor<2xf32>
  %z = sluice.zero : tensor<f32>
  // expected-error @below {{expected a gate only in 'train', found one in 'eval'}}
  %y = sluice.layer "h.0" gate %g[0] : tensor<2xf32> (%a = %z : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %y : tensor<f32>
}

// -----

sluice.slot gate @gates : tensor<2xf64>
// expected-error @below {{of kind 'kept' expected no 'gates': only gradients and results come through gates}}
sluice.slot kept @r : tensor<f32> {gates = [#sluice.gate<@gates[0]>]}

// -----

sluice.parameter @p : tensor<4xf32> {init = #sluice.constant<0.0>}
// expected-error @below {{expected a slot of kind 'gate' named 'gates'}}
sluice.slot gradient @g : tensor<4xf32> of @p {gates = [#sluice.gate<@gates[0]>]}

// -----

sluice.parameter @p : tensor<4xf32> {init = #sluice.constant<0.0>}
// expected-note @below {{'gates' has type 'tensor<2xf64>'}}
sluice.slot gate @gates : tensor<2xf64>
// expected-error @below {{expected a gate below 2, found 2}}
sluice.slot gradient @g : tensor<4xf32> of @p {gates = [#sluice.gate<@gates[2]>]}

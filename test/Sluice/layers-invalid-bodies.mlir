// What no layer, and no graph around it, may be.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

sluice.graph @a_depth_needs_to_be_one_of_some() {
  // expected-error @below {{'sluice.layer' op expected both 'depth' and 'of' or neither}}
  "sluice.layer"() <{name = "h.0", depth = 1 : i64, operandSegmentSizes = array<i32: 0, 0, 0, 0, 0>}> ({
    "sluice.yield"() : () -> ()
  }) : () -> ()
  sluice.return
}

// -----

sluice.graph @a_depth_counts_from_one() {
  // expected-error @below {{attribute 'depth' failed to satisfy constraint: 64-bit signless integer attribute}}
  "sluice.layer"() <{name = "h.0", depth = 0 : i64, of = 1 : i64,
                     operandSegmentSizes = array<i32: 0, 0, 0, 0, 0>}> ({
    "sluice.yield"() : () -> ()
  }) : () -> ()
  sluice.return
}

// -----

sluice.graph @a_body_has_an_argument_for_each_operand() -> tensor<4xf32> {
  %x = sluice.zero : tensor<4xf32>
  // expected-error @below {{'sluice.layer' op expected block arguments of the operands' types}}
  %y = "sluice.layer"(%x) <{name = "h.0", operandSegmentSizes = array<i32: 1, 0, 0, 0, 0>}> ({
  ^bb0(%a: tensor<5xf32>):
    %z = "sluice.zero"() : () -> tensor<4xf32>
    "sluice.yield"(%z) : (tensor<4xf32>) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  sluice.return %y : tensor<4xf32>
}

// -----

sluice.graph @train() -> tensor<f32> {
  %x = sluice.zero : tensor<f32>
  %keep = sluice.zero : tensor<2xf32>
  // expected-error @below {{'sluice.layer' op expected both a gate and its index or neither}}
  %y = "sluice.layer"(%x, %keep) <{name = "h.0", operandSegmentSizes = array<i32: 1, 0, 0, 0, 1>}> ({
  ^bb0(%a: tensor<f32>):
    "sluice.yield"(%a) : (tensor<f32>) -> ()
  }) : (tensor<f32>, tensor<2xf32>) -> tensor<f32>
  sluice.return %y : tensor<f32>
}

// -----

sluice.graph @train() -> tensor<f32> {
  %x = sluice.zero : tensor<f32>
  %keep = sluice.zero : tensor<2x2xf32>
  // expected-error @below {{expected a gate of rank 1 with more than 0 elements, found 'tensor<2x2xf32>'}}
  %y = sluice.layer "h.0" gate %keep[0] : tensor<2x2xf32> (%a = %x : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %y : tensor<f32>
}

// -----

sluice.graph @nothing_is_captured_from_above() -> tensor<4xf32> {
  %x = sluice.zero : tensor<4xf32>
  // expected-note @below {{required by region isolation constraints}}
  %y = sluice.layer "h.0" () -> tensor<4xf32> {
    // expected-error @below {{'sluice.yield' op using value defined outside the region}}
    "sluice.yield"(%x) : (tensor<4xf32>) -> ()
  }
  sluice.return %y : tensor<4xf32>
}

// -----

func.func @only_layers_yield(%x: tensor<4xf32>) {
  // expected-error @below {{'sluice.yield' op expects parent op 'sluice.layer'}}
  sluice.yield %x : tensor<4xf32>
}

// -----

func.func @only_graphs_return(%x: tensor<4xf32>) {
  // expected-error @below {{'sluice.return' op expects parent op 'sluice.graph'}}
  sluice.return %x : tensor<4xf32>
}

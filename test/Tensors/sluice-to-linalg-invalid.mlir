// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-to-linalg

// Layers are functions by then: the gradient pass outlines them.
func.func private @should_refuse_a_layer_that_was_not_outlined(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'sluice.layer' op has no lowering to linalg}}
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  return %y : tensor<4xf32>
}

// -----

// Reads, slots, keys and scalars stay: `sluice-destination-passing` knows where they lie.
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.slot kept @x : tensor<4xf32>
func.func @should_leave_what_has_a_place()
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %w = sluice.read @w : tensor<4xf32>
  %x = sluice.fetch @x : tensor<4xf32>
  %rate = sluice.scalar "rate" : tensor<f32>
  %key = sluice.key : tensor<4xi32>
  %tokens = sluice.input 0 : tensor<2xi32>
  return
}

// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected at most 4 arguments, found 5}}
sluice.graph @should_refuse_a_fifth_argument(%a: tensor<4xi32>, %b: tensor<4xi32>, %c: tensor<4xi32>,
                                             %d: tensor<4xi32>, %e: tensor<4xi32>) -> tensor<4xi32> {
  sluice.return %a : tensor<4xi32>
}

// -----

func.func @should_refuse_a_fifth_input() {
  // expected-error @below {{attribute 'index' failed to satisfy constraint}}
  %0 = sluice.input 4 : tensor<4xi32>
  return
}

// -----

func.func @should_refuse_two_words() {
  // expected-error @below {{expected four words, found 'tensor<2xi32>'}}
  %0 = sluice.key : tensor<2xi32>
  return
}

// -----

sluice.graph @should_refuse_a_depth_of_an_unknown_stack() -> tensor<4xf32> {
  %z = sluice.zero : tensor<4xf32>
  // expected-error @below {{expected both 'depth' and 'of' or neither}}
  %y = "sluice.layer"(%z) <{name = "h.0", depth = 1 : i64, operandSegmentSizes = array<i32: 1, 0, 0, 0, 0>}> ({
  ^bb0(%x: tensor<4xf32>):
    sluice.yield %x : tensor<4xf32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  sluice.return %y : tensor<4xf32>
}

// -----

sluice.graph @should_refuse_a_block_without_arguments() -> tensor<4xf32> {
  %z = sluice.zero : tensor<4xf32>
  // expected-error @below {{expected block arguments of the operands' types}}
  %y = "sluice.layer"(%z) <{name = "h.0", operandSegmentSizes = array<i32: 1, 0, 0, 0, 0>}> ({
    %x = sluice.zero : tensor<4xf32>
    sluice.yield %x : tensor<4xf32>
  }) : (tensor<4xf32>) -> tensor<4xf32>
  sluice.return %y : tensor<4xf32>
}

// -----

sluice.graph @train() -> tensor<f32> {
  %g = sluice.zero : tensor<2xf32>
  %z = sluice.zero : tensor<f32>
  // expected-error @below {{expected both a gate and its index or neither}}
  %y = "sluice.layer"(%z, %g) <{name = "h.0", operandSegmentSizes = array<i32: 1, 0, 0, 0, 1>}> ({
  ^bb0(%x: tensor<f32>):
    sluice.yield %x : tensor<f32>
  }) : (tensor<f32>, tensor<2xf32>) -> tensor<f32>
  sluice.return %y : tensor<f32>
}

// -----

func.func @should_refuse_to_fetch_what_is_no_slot() {
  // expected-error @below {{expected a slot named 'x'}}
  %0 = sluice.fetch @x : tensor<4xf32>
  return
}

// -----

// expected-note @below {{'x' has type 'tensor<4xf32>'}}
sluice.slot kept @x : tensor<4xf32>
func.func @should_refuse_to_store_another_type(%v: tensor<5xf32>) {
  // expected-error @below {{expected the type of the slot, found 'tensor<5xf32>'}}
  sluice.store %v, @x : tensor<5xf32>
  return
}

// -----

sluice.graph @should_refuse_a_layer_without_a_stage_among_others() {
  sluice.layer "h.0" stage 0 () {
  }
  // expected-error @below {{expected a stage on all layers of 'should_refuse_a_layer_without_a_stage_among_others'}}
  sluice.layer "h.1" () {
  }
  sluice.return
}

// -----

sluice.graph @should_refuse_stages_that_descend() {
  // expected-note @below {{the stage of the layer in front}}
  sluice.layer "h.0" stage 1 () {
  }
  // expected-error @below {{expected a stage of at least 1, found 0}}
  sluice.layer "h.1" stage 0 () {
  }
  sluice.return
}

// -----

sluice.graph @should_refuse_a_stage_below_0() {
  // expected-error @below {{attribute 'stage' failed to satisfy constraint}}
  sluice.layer "h.0" stage -1 () {
  }
  sluice.return
}

// -----

sluice.graph @train() -> tensor<f32> {
  %loss = sluice.zero : tensor<f32>
  // expected-error @below {{expected 'recompute' only on a layer with a depth, found one without}}
  sluice.layer "embeddings" recompute () {
  }
  sluice.return %loss : tensor<f32>
}

// -----

sluice.graph @should_not_repeat() {
  // expected-error @below {{expected 'recompute' only in 'train', found it in 'should_not_repeat'}}
  sluice.layer "h.0" depth 1 of 1 recompute () {
  }
  sluice.return
}

// -----

sluice.graph @should_not_repeat_its_stage() {
  // expected-error @below {{expected 'recompute_stage' only in 'train', found it in 'should_not_repeat_its_stage'}}
  sluice.layer "embeddings" recompute_stage () {
  }
  sluice.return
}

// -----

sluice.graph @train() -> tensor<f32> {
  %loss = sluice.zero : tensor<f32>
  // expected-error @below {{expected 'recompute' or 'recompute_stage', found both}}
  sluice.layer "h.0" depth 1 of 1 recompute recompute_stage () {
  }
  sluice.return %loss : tensor<f32>
}

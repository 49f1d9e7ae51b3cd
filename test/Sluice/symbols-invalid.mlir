// What slots, parameters and those that name them have to say.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{'sluice.slot' op expected a parameter named 'w'}}
sluice.slot gradient @gradient.w : tensor<4xf32> of @w

// -----

// expected-error @below {{'sluice.slot' op of kind 'state' expected the name of its parameter}}
sluice.slot state @momentum : tensor<4xf32> {role = "momentum_buffer"}

// -----

// expected-note @below {{'gates' has type 'tensor<2xf64>'}}
sluice.slot gate @gates : tensor<2xf64>
// expected-error @below {{'sluice.slot' op expected a gate below 2, found -1}}
sluice.slot result @size : tensor<f32> {gates = [#sluice.gate<@gates[-1]>]}

// -----

sluice.slot norm @gates : tensor<2xf64>
// expected-error @below {{'sluice.slot' op expected a slot of kind 'gate' named 'gates'}}
sluice.slot result @size : tensor<f32> {gates = [#sluice.gate<@gates[0]>]}

// -----

sluice.slot kept @x : tensor<4xf32>
func.func @should_not_write_a_slot_as_a_parameter(%x: tensor<4xf32>) {
  // expected-error @below {{'sluice.write' op expected a parameter named 'x'}}
  sluice.write %x, @x : tensor<4xf32>
  return
}

// -----

// expected-note @below {{'w' has type 'tensor<4xf32>'}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
func.func @should_not_write_another_type(%x: tensor<4xf64>) {
  // expected-error @below {{'sluice.write' op expected the type of the parameter, found 'tensor<4xf64>'}}
  sluice.write %x, @w : tensor<4xf64>
  return
}

// -----

// expected-note @below {{'w' has type 'tensor<4xf32>'}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
func.func @should_not_read_a_copy_that_is_not_there() {
  // expected-error @below {{'sluice.read' op expected the type of the parameter, found 'tensor<4xbf16>'}}
  %w = sluice.read @w : tensor<4xbf16>
  return
}

// -----

// expected-note @below {{'w' has type 'tensor<4xf32>'}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, narrow_type = bf16}
func.func @should_not_write_a_copy_of_another_type(%x: tensor<4xf16>) {
  // expected-error @below {{'sluice.write' op expected the type of the parameter, found 'tensor<4xf16>'}}
  sluice.write %x, @w : tensor<4xf16>
  return
}

// -----

sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
func.func @should_not_fetch_a_parameter() {
  // expected-error @below {{'sluice.fetch' op expected a slot named 'w'}}
  %x = sluice.fetch @w : tensor<4xf32>
  return
}

// -----

// expected-note @below {{'x' has type 'tensor<4xf32>'}}
sluice.slot kept @x : tensor<4xf32>
func.func @should_not_store_another_type(%x: tensor<2xf32>) {
  // expected-error @below {{'sluice.store' op expected the type of the slot, found 'tensor<2xf32>'}}
  sluice.store %x, @x : tensor<2xf32>
  return
}

// -----

func.func @should_refuse_a_fifth_input() {
  // expected-error @below {{attribute 'index' failed to satisfy constraint: 64-bit signless integer attribute}}
  %x = sluice.input 4 : tensor<2xi32>
  return
}

// -----

func.func @should_refuse_a_key_of_three_words() {
  // expected-error @below {{'sluice.key' op expected four words, found 'tensor<3xi32>'}}
  %key = sluice.key : tensor<3xi32>
  return
}

// -----

func.func @should_refuse_a_scalar_with_a_dimension() {
  // expected-error @below {{'sluice.scalar' op result #0 must be 0D tensor of 32-bit float or 64-bit float values}}
  %rate = sluice.scalar "rate" : tensor<1xf32>
  return
}

// -----

// expected-error @below {{'sluice.graph' op expected at most 4 arguments, found 5}}
sluice.graph @eval(%a: tensor<1xi32>, %b: tensor<1xi32>, %c: tensor<1xi32>, %d: tensor<1xi32>, %e: tensor<1xi32>) {
  sluice.return
}

// -----

// expected-error @below {{expected arguments that are i32 tensors of static shape, found 'tensor<?xi32>'}}
sluice.graph @eval(%a: tensor<?xi32>) {
  sluice.return
}

// -----

// expected-error @below {{'sluice.graph' op 'train' expected as its first result the loss, a float of rank 0}}
sluice.graph @train() {
  sluice.return
}

// -----

// expected-error @below {{expected result 1 to be a float of rank 0 or 1, found 'tensor<2x2xf32>'}}
sluice.graph @train() -> (tensor<f32>, tensor<2x2xf32> {sluice.metric = "image"}) {
  %loss = sluice.zero : tensor<f32>
  %image = sluice.zero : tensor<2x2xf32>
  sluice.return %loss, %image : tensor<f32>, tensor<2x2xf32>
}

// -----

// expected-error @below {{expected result 1 to be either a 'sluice.metric' or 'sluice.unclipped'}}
sluice.graph @train() -> (tensor<f32>, tensor<f32> {sluice.metric = "size", sluice.unclipped}) {
  %loss = sluice.zero : tensor<f32>
  sluice.return %loss, %loss : tensor<f32>, tensor<f32>
}

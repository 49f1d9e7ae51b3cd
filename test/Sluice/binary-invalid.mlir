// RUN: not sluice-opt %s --split-input-file 2>&1 | FileCheck %s

// CHECK: error: expected 'sluice.binary' to be a #sluice.binary, found {model = "m"}
module attributes {sluice.binary = {model = "m"}} {}

// -----

// CHECK: error: expected 'sluice.binary' of a module, found it of 'func.func'
func.func private @f() attributes {sluice.binary = #sluice.binary<>}

// -----

// CHECK: error: expected ::sluice::Optimizer to be one of: adamw, sgd, muon
module attributes {sluice.binary = #sluice.binary<model = <name = "m", description = "", optimizer = adam>>} {}

// -----

// No optimizer: the struct ends too early.
// CHECK: [[#@LINE+3]]:30: error: expected ','
module attributes {sluice.binary = #sluice.binary<model = <
  name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, grad_clip = 1.0 : f64,
  flops_per_token = 6.0 : f64>>} {}

// -----

// CHECK: error: expected 'micro_batches' of at least 1, found 0
module attributes {sluice.binary = #sluice.binary<model = <
  name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 0, optimizer = sgd,
  grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>>} {}

// -----

// CHECK: error: expected 'batch' of at least 0, found -1
module attributes {sluice.binary = #sluice.binary<model = <
  name = "m", description = "", batch = -1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
  grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>>} {}

// -----

// CHECK: error: expected 'grad_clip', an f64, of at least 0, found -1.000000e+00 : f64
module attributes {sluice.binary = #sluice.binary<model = <
  name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
  grad_clip = -1.0 : f64, flops_per_token = 6.0 : f64>>} {}

// -----

// CHECK: error: expected 'flops_per_token', an f64, of at least 0, found 6.000000e+00 : f32
module attributes {sluice.binary = #sluice.binary<model = <
  name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
  grad_clip = 1.0 : f64, flops_per_token = 6.0 : f32>>} {}

// -----

// CHECK: error: failed to parse Sluice_BinaryAttr parameter 'compute'
module attributes {sluice.binary = #sluice.binary<compute = 16>} {}

// -----

// CHECK: error: expected 'techniques' to be an array of strings, found 1 : i64
module attributes {sluice.binary = #sluice.binary<techniques = [1]>} {}

// -----

// CHECK: error: expected 'graphs' to be an array of #sluice.graph, found "train"
module attributes {sluice.binary = #sluice.binary<graphs = ["train"]>} {}

// -----

// CHECK: error: expected 'inputs' to be an array of #sluice.input, found tensor<1xi32>
module attributes {sluice.binary = #sluice.binary<graphs = [#sluice.graph<"train", inputs = [tensor<1xi32>]>]>} {}

// -----

// CHECK: error: expected gates of 1 layers, found one of layer 1
module attributes {sluice.binary = #sluice.binary<
  layers = ["h.0"], gates = [#sluice.layer_gate<layer = 1, gate = <@gates[0]>, flops = 1.0 : f64>]>} {}

// -----

// CHECK: error: expected 'norms_offset' of at least 0, found -64
module attributes {sluice.binary = #sluice.binary<memory = <
  parameter_bytes = 64, persistent_bytes = 128, frame_bytes = 128, gradient_offset = 0,
  gradient_bytes = 64, norms_offset = -64>>} {}

// -----

// CHECK: error: expected gradients and norms within 128 bytes of persistent slots, found byte 192
module attributes {sluice.binary = #sluice.binary<memory = <
  parameter_bytes = 64, persistent_bytes = 128, frame_bytes = 128, gradient_offset = 64,
  gradient_bytes = 128, norms_offset = 0>>} {}

// -----

// CHECK: error: expected 'unclipped_norms_offset' of at least -1, found -2
module attributes {sluice.binary = #sluice.binary<memory = <
  parameter_bytes = 64, persistent_bytes = 128, frame_bytes = 128, gradient_offset = 0,
  gradient_bytes = 128, norms_offset = 0,
  unclipped_norms_offset = -2>>} {}

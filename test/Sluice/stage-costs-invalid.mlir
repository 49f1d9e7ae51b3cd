// RUN: not sluice-opt %s --split-input-file 2>&1 | FileCheck %s

// CHECK: error: expected 'sluice.stage_costs' to be a #sluice.stage_costs, found []
module attributes {sluice.stage_costs = []} {}

// -----

// CHECK: error: expected 'sluice.stage_costs' of a module, found it of 'func.func'
func.func private @f() attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = []>}

// -----

// CHECK: error: expected 'unit' "ticks" or "seconds", found "hours"
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "hours", stages = []>} {}

// -----

// CHECK: error: expected 'stages' to be an array of #sluice.stage_cost, found 1 : i64
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [1]>} {}

// -----

// CHECK: error: expected 'layers' of at least 0, found -1
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = -1, embeddings = 0, head = 0, forward = 0.0 : f64, backward = 0.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 0.0 : f64>]>} {}

// -----

// CHECK: error: expected 'embeddings' of 0 or 1, found 2
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = 1, embeddings = 2, head = 0, forward = 0.0 : f64, backward = 0.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 0.0 : f64>]>} {}

// -----

// CHECK: error: expected 'recomputed' of 0 or 1, found 3
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = 1, embeddings = 0, head = 0, forward = 0.0 : f64, backward = 0.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 0.0 : f64, recomputed = 3>]>} {}

// -----

// CHECK: error: expected 'head' of 0 or 1, found -1
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = 1, embeddings = 0, head = -1, forward = 0.0 : f64, backward = 0.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 0.0 : f64>]>} {}

// -----

// CHECK: error: expected 'forward', an f64, of at least 0, found -1.000000e+00 : f64
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = 1, embeddings = 0, head = 0, forward = -1.0 : f64, backward = 0.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 0.0 : f64>]>} {}

// -----

// CHECK: error: expected 'exchange', an f64, of at least 0, found 1.000000e+00 : f32
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = 1, embeddings = 0, head = 0, forward = 0.0 : f64, backward = 0.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 1.0 : f32>]>} {}

// -----

// CHECK: error: expected 'backward_weight', an f64, of at least 0, found -1.000000e+00 : f64
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = 1, embeddings = 0, head = 0, forward = 0.0 : f64, backward = 2.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 0.0 : f64, backward_weight = -1.0 : f64>]>} {}

// -----

// CHECK: error: expected a 'backward_weight' of at most 'backward', 2.000000e+00 : f64, found 3.000000e+00 : f64
module attributes {sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
  #sluice.stage_cost<layers = 1, embeddings = 0, head = 0, forward = 0.0 : f64, backward = 2.0 : f64,
  tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64, gradients = 0.0 : f64,
  exchange = 0.0 : f64, backward_weight = 3.0 : f64>]>} {}

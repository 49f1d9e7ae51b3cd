// RUN: sluice-opt %s --sluice-export-table --split-input-file --verify-diagnostics

// expected-error@+1 {{cannot export the model: 'sluice.binary' has no 'model' of the expected type}}
module attributes {sluice.binary = {}} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
}

// -----

module attributes {
    sluice.binary = {model = "m", description = "", batch = 1 : i64, sequence = 2 : i64, vocabulary = 3 : i64,
        micro_batches = 1 : i64, flops_per_token = 6.0 : f64, grad_clip = 1.0 : f64, optimizer = "sgd",
        parameter_bytes = 64 : i64, slot_bytes = 64 : i64, gradient_offset = 0 : i64, gradient_bytes = 64 : i64,
        norms_offset = 0 : i64, unclipped_norms_offset = -1 : i64, graphs = []}} {
  // expected-error@+1 {{expected an offset: run sluice-plan-slots}}
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
}

// -----

module attributes {
    sluice.binary = {model = "m", description = "", batch = 1 : i64, sequence = 2 : i64, vocabulary = 3 : i64,
        micro_batches = 1 : i64, flops_per_token = 6.0 : f64, grad_clip = 1.0 : f64, optimizer = "sgd",
        parameter_bytes = 64 : i64, slot_bytes = 64 : i64, gradient_offset = 0 : i64, gradient_bytes = 64 : i64,
        norms_offset = 0 : i64, unclipped_norms_offset = -1 : i64, graphs = []}} {
  // expected-error@+1 {{expected 'sluice.scratch_bytes' and 'sluice.thread_scratch_bytes': run sluice-plan-scratch}}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
}

// -----

// expected-error@+1 {{cannot export the model: the graph 'train' has no action 'backward'}}
module attributes {
    sluice.binary = {model = "m", description = "", batch = 1 : i64, sequence = 2 : i64, vocabulary = 3 : i64,
        micro_batches = 1 : i64, flops_per_token = 6.0 : f64, grad_clip = 1.0 : f64, optimizer = "sgd",
        parameter_bytes = 64 : i64, slot_bytes = 64 : i64, gradient_offset = 0 : i64, gradient_bytes = 64 : i64,
        norms_offset = 0 : i64, unclipped_norms_offset = -1 : i64, graphs = []}} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

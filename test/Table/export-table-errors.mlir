// RUN: sluice-opt %s --sluice-export-table --split-input-file --verify-diagnostics

// expected-error@+1 {{cannot export the model: 'sluice.binary' has no 'model'}}
module attributes {sluice.binary = #sluice.binary<>} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0,
            gradient_bytes = 64, norms_offset = 0>,
  graphs = []>

module attributes {sluice.binary = #binary} {
  // expected-error@+1 {{expected an offset: run sluice-plan-slots}}
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0,
            gradient_bytes = 64, norms_offset = 0>,
  graphs = []>

module attributes {sluice.binary = #binary} {
  // expected-error@+1 {{expected 'sluice.scratch_bytes' and 'sluice.thread_scratch_bytes': run sluice-plan-scratch}}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0,
            gradient_bytes = 64, norms_offset = 0>,
  graphs = [#sluice.graph<"train", inputs = []>]>

// expected-error@+1 {{cannot export the model: the graph 'train' has no action 'backward'}}
module attributes {sluice.binary = #binary} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64,
                                         sluice.thread_scratch_bytes = 0 : i64}
}

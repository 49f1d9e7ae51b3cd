// RUN: sluice-opt %s --sluice-export-table --split-input-file --verify-diagnostics

// What the ABI of the runtime cannot say is an error, not a wrong table.

module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  // expected-error@+1 {{is a second action 'forward' of the graph 'train' in stage 0}}
  llvm.func @again() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// expected-error@+1 {{cannot export the model: the graph 'eval' has no action 'evaluate'}}
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"eval", inputs = []>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// One of another graph is none.
// expected-error@+1 {{cannot export the model: the graph 'train' has no action 'backward'}}
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = []>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @other.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "zz",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// expected-error@+1 {{cannot export the model: the graph 'train' has no slot for its result}}
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// expected-error@+1 {{cannot export the model: the graph 'train' has an input that is no tensor of the ABI}}
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<?xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// RUN: sluice-opt %s --sluice-export-table --split-input-file --verify-diagnostics

// What the ABI of the runtime cannot say is an error, not a wrong table.

module attributes {
    sluice.binary = {model = "m", description = "", batch = 1 : i64, sequence = 2 : i64, vocabulary = 3 : i64,
                     micro_batches = 1 : i64, flops_per_token = 6.0 : f64, grad_clip = 1.0 : f64, optimizer = "sgd",
                     parameter_bytes = 64 : i64, slot_bytes = 256 : i64, gradient_offset = 0 : i64,
                     gradient_bytes = 64 : i64, norms_offset = 64 : i64, unclipped_norms_offset = -1 : i64,
                     graphs = [{name = "train", inputs = [{name = "tokens", type = tensor<1x2xi32>}]}]}} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  // expected-error@+1 {{is a second action 'forward' of the graph 'train'}}
  llvm.func @again() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// expected-error@+1 {{cannot export the model: the graph 'eval' has no function}}
module attributes {
    sluice.binary = {model = "m", description = "", batch = 1 : i64, sequence = 2 : i64, vocabulary = 3 : i64,
                     micro_batches = 1 : i64, flops_per_token = 6.0 : f64, grad_clip = 1.0 : f64, optimizer = "sgd",
                     parameter_bytes = 64 : i64, slot_bytes = 256 : i64, gradient_offset = 0 : i64,
                     gradient_bytes = 64 : i64, norms_offset = 64 : i64, unclipped_norms_offset = -1 : i64,
                     graphs = [{name = "eval", inputs = []}]}} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// expected-error@+1 {{cannot export the model: the graph 'train' has no slot for its result}}
module attributes {
    sluice.binary = {model = "m", description = "", batch = 1 : i64, sequence = 2 : i64, vocabulary = 3 : i64,
                     micro_batches = 1 : i64, flops_per_token = 6.0 : f64, grad_clip = 1.0 : f64, optimizer = "sgd",
                     parameter_bytes = 64 : i64, slot_bytes = 256 : i64, gradient_offset = 0 : i64,
                     gradient_bytes = 64 : i64, norms_offset = 64 : i64, unclipped_norms_offset = -1 : i64,
                     graphs = [{name = "train", inputs = [{name = "tokens", type = tensor<1x2xi32>}]}]}} {
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// expected-error@+1 {{cannot export the model: the graph 'train' has an input that is no tensor of the ABI}}
module attributes {
    sluice.binary = {model = "m", description = "", batch = 1 : i64, sequence = 2 : i64, vocabulary = 3 : i64,
                     micro_batches = 1 : i64, flops_per_token = 6.0 : f64, grad_clip = 1.0 : f64, optimizer = "sgd",
                     parameter_bytes = 64 : i64, slot_bytes = 256 : i64, gradient_offset = 0 : i64,
                     gradient_bytes = 64 : i64, norms_offset = 64 : i64, unclipped_norms_offset = -1 : i64,
                     graphs = [{name = "train", inputs = [{name = "tokens", type = tensor<?xi32>}]}]}} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

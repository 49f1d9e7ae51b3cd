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
  // expected-error@+1 {{the ABI has no tensor of type 'tensor<1x1x1x1x1x1x1xf32>'}}
  sluice.parameter @w : tensor<1x1x1x1x1x1x1xf32> {init = #sluice.constant<0.0>, offset = 0 : i64}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// Norms are one array of doubles in the order of parameters.
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, offset = 0 : i64}
  // expected-error@+1 {{expected at the position of its parameter, from byte 64}}
  sluice.slot norm @n : tensor<f64> {role = "w", offset = 72 : i64}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, offset = 0 : i64}
  sluice.slot state @first : tensor<4xf32> of @w {role = "first", offset = 0 : i64}
  sluice.slot state @second : tensor<4xf32> of @w {role = "second", offset = 0 : i64}
  sluice.slot state @third : tensor<4xf32> of @w {role = "third", offset = 0 : i64}
  sluice.slot state @fourth : tensor<f64> of @w {role = "fourth", offset = 0 : i64}
  // expected-error@+1 {{the ABI has at most 4 state tensors a parameter}}
  sluice.slot state @fifth : tensor<f64> of @w {role = "fifth", offset = 0 : i64}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, offset = 0 : i64}
  sluice.slot state @first : tensor<f64> of @w {role = "first", offset = 0 : i64}
  // expected-error@+1 {{expected state of type 'tensor<4xf32>' and behind it of type tensor<f64>, found}}
  sluice.slot state @second : tensor<4xf32> of @w {role = "second", offset = 0 : i64}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

// expected-error@+1 {{cannot export the model: an entry of 'sluice.scalars' has no 'help'}}
module attributes {sluice.scalars = [{name = "rate", value = 1.0 : f64}],
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

// expected-error@+1 {{cannot export the model: there is no slot 'gates' for a gate}}
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      layers = ["h.0"],
      gates = [#sluice.layer_gate<layer = 0, gate = <@gates[0]>, flops = 10.0 : f64>],
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

module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      layers = ["h.0"],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  // expected-error@+1 {{expected the name of a layer of the stack, found 'h.9'}}
  sluice.slot result @range : tensor<4xf32> {offset = 128 : i64, sluice.layer = "h.9", sluice.metric = "range"}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  // expected-error@+1 {{expected a statistic of two f64, found 'rounded_texts' of 'tensor<2xf64>'}}
  sluice.slot result @counts : tensor<2xf64> {offset = 128 : i64, sluice.statistic = "rounded_texts"}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

// -----

module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  // expected-error@+1 {{expected a statistic of two f64, found 'rounded_values' of 'tensor<2xf32>'}}
  sluice.slot result @counts : tensor<2xf32> {offset = 128 : i64, sluice.statistic = "rounded_values"}
  llvm.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
  llvm.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64}
}

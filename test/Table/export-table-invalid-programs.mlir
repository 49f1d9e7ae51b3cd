// RUN: sluice-opt %s --sluice-export-table --split-input-file --verify-diagnostics

// Programs that do not fit the model, one error each.

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

// Nothing is made up: a graph without programs is not run.
// expected-error@+1 {{cannot export the model: the graph 'train' has no programs 'train.pipeline'}}
module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

// What is not proved does not run.
module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  // expected-error@+1 {{expected frames of a proved schedule: run sluice-verify-schedule}}
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  // expected-error@+1 {{expected no 'forward_only', since 'train' is trained}}
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] forward_only {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  // expected-error@+1 {{expected the stages of the model, 1, found 2}}
  pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] frames [1, 1] {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
    pipe.program @device.1 device 1 body {
      pipe.run forward stage 1 micro_batch 0
      pipe.run backward stage 1 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  // expected-error@+1 {{expected the micro-batches of the model, 1, found 2}}
  pipe.pipeline @train.pipeline stages 1 micro_batches 2 replicas 1 groups 1 ages [0] frames [1] {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.tied(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<tied>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    // expected-error@+1 {{expected the action 'tied' of stage 0, which adds gradients of the model}}
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    // expected-error@+1 {{expected the action 'backward' of stage 0, which adds gradients of the model}}
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward_input stage 0 micro_batch 0
      pipe.run backward_weight stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      // expected-error@+1 {{expected an action of the step itself or of one before, found iteration 1}}
      pipe.run backward stage 0 micro_batch 0 iteration 1
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      // expected-error@+1 {{expected forward, backward, its halves or tied, found 'recompute'}}
      pipe.run recompute stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    // expected-error@+1 {{expected a program that begins and ends with the step}}
    pipe.program @device.0 device 0 prologue {
      pipe.load stage 0 micro_batch 0
    } body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 2, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 2 replicas 2 groups 2 ages [0] frames [1] {
    // expected-error@+1 {{expected slots that it sends and slots that it receives, found one of them}}
    pipe.channel @x activations from 0 to 1 capacity 1 (tensor<f32>) sends [@train.loss]
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
    pipe.program @device.1 device 1 body {
      pipe.run forward stage 0 micro_batch 1
      pipe.run backward stage 0 micro_batch 1
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"train", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

module attributes {sluice.binary = #binary} {
  // expected-error@+1 {{expected a stage below 1, found 3}}
  sluice.slot kept @x : tensor<f32> {offset = 0, stage = 3}
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
  }
}

// -----

#binary = #sluice.binary<
  model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3, micro_batches = 1, optimizer = sgd,
           grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
  graphs = [#sluice.graph<"eval", inputs = []>],
  memory = <parameter_bytes = 64, persistent_bytes = 64, frame_bytes = 64, gradient_offset = 0, gradient_bytes = 64,
            norms_offset = 0>>

// A graph that is only evaluated has no backward.
module attributes {sluice.binary = #binary} {
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "eval"}
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<evaluate>, sluice.graph = "eval",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "eval",
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  // expected-error@+1 {{expected 'forward_only', since 'eval' is not trained}}
  pipe.pipeline @eval.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    pipe.program @device.0 device 0 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
    }
  }
}

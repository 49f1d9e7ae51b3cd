// RUN: sluice-opt %s --sluice-export-table | mlir-translate --mlir-to-llvmir | FileCheck %s

// Two stages on two devices, with a tied parameter: who owns what, what devices do, and what channels carry.

// The copy of parameter 0 lies on stage 1.
// CHECK: @sluice_parameters = internal constant [2 x
// CHECK-SAME: i64 0, i64 16 }, i32 0, i32 0, double 0.000000e+00, i64 0, i32 0, i32 0, i32 0, i32 -1,
// CHECK-SAME: i64 64, i64 16 }, i32 0, i32 0, double 0.000000e+00, i64 128, i32 0, i32 0, i32 1, i32 0,
// Functions are of their stage.
// CHECK: @sluice_functions = internal constant [12 x { ptr, ptr, i64, i64, i32, i32, i32 }]
// CHECK-SAME: ptr @train.forward.0, i64 0, i64 0, i32 0, i32 0, i32 0 }
// CHECK-SAME: ptr @train.forward.1, i64 0, i64 0, i32 1, i32 0, i32 0 }
// Device 0: load, forward and send to channel 0, receive from channel 1 and backward, exchange by channels 2 and 3.
// CHECK: @sluice_actions = internal constant [24 x
// CHECK-SAME: [{ i32, i32, i32, i32, i32, i32, i32, i32, i32 } { i32 0, i32 0, i32 0, i32 -1, i32 -1,
// CHECK-SAME: { i32 2, i32 0, i32 0, i32 0, i32 -1,
// CHECK-SAME: { i32 8, i32 0, i32 0, i32 -1, i32 0,
// CHECK-SAME: { i32 9, i32 0, i32 0, i32 -1, i32 1,
// CHECK-SAME: { i32 3, i32 0, i32 0, i32 2, i32 -1, i32 0, i32 -1, i32 0, i32 0 }
// CHECK-SAME: { i32 8, i32 0, i32 -1, i32 -1, i32 2,
// CHECK-SAME: { i32 9, i32 0, i32 -1, i32 -1, i32 3,
// CHECK-SAME: { i32 4, i32 0, i32 -1, i32 4, i32 -1,
// CHECK-SAME: { i32 5, i32 0, i32 -1, i32 6, i32 -1,
// CHECK-SAME: { i32 6, i32 0, i32 -1, i32 7, i32 -1,
// Stage 1 has no norm: that of the tied parameter is its owner's.
// CHECK-SAME: { i32 0, i32 1, i32 0,
// CHECK-SAME: { i32 9, i32 1, i32 0, i32 -1, i32 0,
// CHECK-SAME: { i32 5, i32 1, i32 -1, i32 -1, i32 -1,
// CHECK-SAME: { i32 6, i32 1, i32 -1, i32 8, i32 -1,
// The second graph's channel comes behind those of the first. One stage goes behind the other.
// CHECK-SAME: { i32 7, i32 0, i32 0, i32 10, i32 -1,
// CHECK-SAME: { i32 8, i32 0, i32 0, i32 -1, i32 4,
// CHECK-SAME: { i32 9, i32 1, i32 0, i32 -1, i32 4,
// CHECK-SAME: { i32 7, i32 1, i32 0, i32 11, i32 -1,
// The loss is in a frame of stage 1.
// CHECK: @sluice_graphs = internal constant [2 x
// CHECK-SAME: { ptr @{{[^,]*}}, i32 0, i32 0, i32 1,
// CHECK-SAME: { ptr @{{[^,]*}}, i32 20, i32 4, i32 1,
// Gradients with the counts of gates behind them, a frame, how many of it, layers, embeddings and head. Function 9
// writes the narrow copies of stage 1.
// CHECK: @sluice_stages = internal constant [2 x { i64, i64, i64, i64, i32, i32, i32, i32, i32, i32,
// CHECK-SAME: {{^}} i32, i32, i64, i64, i32, i32, i32 }]
// CHECK-SAME: { i64 0, i64 128, i64 64, i64 192, i32 0, i32 1, i32 3, i32 1, i32 0, i32 0,
// CHECK-SAME: {{^}} i32 0, i32 1, i64 0, i64 0, i32 0, i32 0, i32 -1 }
// CHECK-SAME: { i64 128, i64 64, i64 192, i64 256, i32 0, i32 1, i32 2, i32 0, i32 1, i32 1,
// CHECK-SAME: {{^}} i32 0, i32 1, i64 0, i64 0, i32 0, i32 0, i32 9 }
// The share of a step that a device computes, as simulated.
// CHECK: @sluice_devices = internal constant [2 x { i32, i32, i32, double, i32, i32 }]
// CHECK-SAME: { i32 0, i32 0, i32 10, double 5.000000e-01, i32 0, i32 0 }
// CHECK-SAME: { i32 0, i32 10, i32 10, double 7.500000e-01, i32 0, i32 0 }
// Between frames twice, between persistent blocks twice, and between frames of the second graph.
// CHECK: @sluice_channels = internal constant [5 x { i32, i32, i32, i32, i32, i32, i32 }]
// CHECK-SAME: { i32 0, i32 0, i32 1, i32 0, i32 2, i32 0, i32 2 }
// A queue holds one message at least.
// CHECK-SAME: { i32 0, i32 1, i32 0, i32 1, i32 1, i32 2, i32 1 }
// CHECK-SAME: { i32 1, i32 0, i32 1, i32 0, i32 2, i32 3, i32 1 }
// CHECK-SAME: { i32 1, i32 1, i32 0, i32 1, i32 2, i32 4, i32 1 }
// CHECK-SAME: { i32 0, i32 1, i32 0, i32 0, i32 2, i32 5, i32 1 }
// CHECK: @sluice_transfers = internal constant [6 x { i64, i64, i64 }]
// CHECK-SAME: { i64 0, i64 64, i64 8 }
// CHECK-SAME: { i64 64, i64 128, i64 16 }
// CHECK-SAME: { i64 192, i64 128, i64 8 }
// CHECK-SAME: { i64 0, i64 256, i64 16 }
// CHECK-SAME: { i64 128, i64 320, i64 16 }
// CHECK-SAME: { i64 0, i64 64, i64 8 }
module attributes {
    sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
      #sluice.stage_cost<layers = 3, embeddings = 1, head = 0, forward = 1.0 : f64, backward = 2.0 : f64,
                         tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64,
                         gradients = 0.0 : f64, exchange = 0.0 : f64>,
      #sluice.stage_cost<layers = 2, embeddings = 0, head = 1, forward = 1.0 : f64, backward = 2.0 : f64,
                         tied = 0.0 : f64, norm = 0.0 : f64, update = 0.0 : f64, activations = 0.0 : f64,
                         gradients = 0.0 : f64, exchange = 0.0 : f64>]>,
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>,
        #sluice.graph<"eval", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 128, persistent_bytes = 448, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 192, norms_offset = 384>>} {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, offset = 0, stage = 0}
  sluice.parameter @w.stage.1 : tensor<4xf32> {init = #sluice.constant<0.0>, offset = 64, stage = 1, copy_of = @w}
  sluice.slot gradient @g.0 : tensor<4xf32> of @w {offset = 0, stage = 0}
  sluice.slot gate @gates : tensor<2xf32> {offset = 64, stage = 0}
  sluice.slot gradient @g.1 : tensor<4xf32> of @w.stage.1 {offset = 128, stage = 1}
  sluice.slot exchange @other.1 : tensor<4xf32> {offset = 256, stage = 1}
  sluice.slot exchange @other.0 : tensor<4xf32> {offset = 320, stage = 0}
  sluice.slot boundary @x : tensor<2xf32> {offset = 0, stage = 0}
  sluice.slot kept @y : tensor<4xf32> {offset = 64, stage = 0}
  sluice.slot boundary @dx.stage.0 : tensor<2xf32> {offset = 128, stage = 0}
  sluice.slot result @train.loss : tensor<f32> {offset = 0, sluice.graph = "train", stage = 1}
  sluice.slot result @eval.loss : tensor<f32> {offset = 0, sluice.graph = "eval", stage = 1}
  sluice.slot boundary @x.stage.1 : tensor<2xf32> {offset = 64, stage = 1}
  sluice.slot boundary @y.stage.1 : tensor<4xf32> {offset = 128, stage = 1}
  sluice.slot boundary @dx : tensor<2xf32> {offset = 192, stage = 1}
  llvm.func @train.forward.0(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 0 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.forward.1(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward.0(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.stage = 0 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward.1(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.stage = 1 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.tied.0(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 0 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.tied.1(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 1 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.norm.0(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<norm>, sluice.graph = "train", sluice.stage = 0 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.update.0(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<update>, sluice.graph = "train", sluice.stage = 0 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.update.1(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<update>, sluice.graph = "train", sluice.stage = 1 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.narrow.1(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<narrow>, sluice.graph = "train", sluice.stage = 1 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @eval.0(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<evaluate>, sluice.graph = "eval", sluice.stage = 0 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @eval.1(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<evaluate>, sluice.graph = "eval", sluice.stage = 1 : i64,
      sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] tied [0, 1] frames [1, 1]
      busy [5.000000e-01, 7.500000e-01] {
    pipe.channel @activations.0.1 activations from 0 to 1 capacity 2 (tensor<2xf32>, tensor<4xf32>)
      sends [@x, @y] receives [@x.stage.1, @y.stage.1]
    pipe.channel @gradients.1.0 gradients from 1 to 0 capacity 0 (tensor<2xf32>) sends [@dx] receives [@dx.stage.0]
    pipe.channel @tied.0.1 tied from 0 to 1 capacity 2 (tensor<4xf32>) sends [@g.0] receives [@other.1]
    pipe.channel @tied.1.0 tied from 1 to 0 capacity 2 (tensor<4xf32>) sends [@g.1] receives [@other.0]
    pipe.program @device.0 device 0 body {
      pipe.load stage 0 micro_batch 0
      pipe.run forward stage 0 micro_batch 0
      pipe.send @activations.0.1 stage 0 micro_batch 0
      pipe.recv @gradients.1.0 stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
      pipe.send @tied.0.1 stage 0
      pipe.recv @tied.1.0 stage 0
      pipe.run tied stage 0
      pipe.reduce
      pipe.update stage 0
    }
    pipe.program @device.1 device 1 body {
      pipe.load stage 1 micro_batch 0
      pipe.recv @activations.0.1 stage 1 micro_batch 0
      pipe.run forward stage 1 micro_batch 0
      pipe.run backward stage 1 micro_batch 0
      pipe.send @gradients.1.0 stage 1 micro_batch 0
      pipe.send @tied.1.0 stage 1
      pipe.recv @tied.0.1 stage 1
      pipe.run tied stage 1
      pipe.reduce
      pipe.update stage 1
    }
  }
  // Stage 0 is on the second device.
  pipe.pipeline @eval.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] devices [1, 0] frames [1, 1]
      forward_only {
    pipe.channel @activations.1.0 activations from 1 to 0 capacity 2 (tensor<2xf32>) sends [@x] receives [@x.stage.1]
    pipe.program @device.0 device 0 body {
      pipe.recv @activations.1.0 stage 1 micro_batch 0
      pipe.run forward stage 1 micro_batch 0
    }
    pipe.program @device.1 device 1 body {
      pipe.run forward stage 0 micro_batch 0
      pipe.send @activations.1.0 stage 0 micro_batch 0
    }
  }
}

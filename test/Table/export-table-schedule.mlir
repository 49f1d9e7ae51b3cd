// RUN: sluice-opt %s --sluice-export-table | mlir-translate --mlir-to-llvmir | FileCheck %s

// The program of a device is a table of actions: kind, stage, micro-batch, index of the function, channel, gradient
// buffers into and from, whether they are zero before. Functions are numbered in the order of the module.

// A function that is no action is not in the table.
// CHECK: @sluice_functions = internal constant [5 x
// CHECK-NOT: @layer
// Gradients of one micro-batch need no zeros to start from: backward overwrites them. What the uses of tied parameters
// give is added before the norm.
// CHECK: @sluice_actions = internal constant [6 x { i32, i32, i32, i32, i32, i32, i32, i32, i32 }]
// CHECK-SAME: { i32 0, i32 0, i32 0, i32 -1, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// CHECK-SAME: { i32 2, i32 0, i32 0, i32 3, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// CHECK-SAME: { i32 3, i32 0, i32 0, i32 4, i32 -1, i32 0, i32 -1, i32 0, i32 0 }
// CHECK-SAME: { i32 4, i32 0, i32 -1, i32 2, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// CHECK-SAME: { i32 5, i32 0, i32 -1, i32 1, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// CHECK-SAME: { i32 6, i32 0, i32 -1, i32 0, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// CHECK: @[[SCHEDULE:sluice_string_[0-9]+]] = internal constant [11 x i8] c"sequential\00"
// CHECK: @sluice_program = constant
// CHECK-SAME: ptr @[[SCHEDULE]], i32 1, i32 1, i32 1,
// CHECK: define internal void @train.update(
// CHECK: declare void @layer(ptr)
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train"}
  llvm.func @train.update(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<update>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.norm(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<norm>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.tied(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.forward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr) attributes {
      sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @layer(!llvm.ptr)
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] tied [0, 0] frames [1]
      attributes {schedule = "sequential"} {
    pipe.program @device.0 device 0 body {
      pipe.load stage 0 micro_batch 0
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
      pipe.run tied stage 0
      pipe.reduce
      pipe.update stage 0
    }
  }
}

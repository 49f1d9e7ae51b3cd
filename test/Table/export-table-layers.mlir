// RUN: sluice-opt %s --sluice-export-table | mlir-translate --mlir-to-llvmir | FileCheck %s

// What the runtime reports of a step by itself: its layers, gates that may close one, and metrics of a micro-batch.

// A metric of the whole graph belongs to no layer (-1) and no gate (-1); it is in the frame of stage 0.
// CHECK: @sluice_metrics = internal constant [4 x {{.*}}] [{{.*}} { ptr @[[LOSS:.*]], i32 -1, i32 -1, i32 0, i32 0, {
// CHECK-SAME: i64 192, i64 4
// That of the second layer comes through the second gate.
// CHECK-SAME: i32 1, i32 1, i32 0, i32 0, {
// CHECK-SAME: i64 128, i64 16
// Counts of what was rounded, of values (1) and of gradients (2), are metrics of their own kinds.
// CHECK-SAME: i32 -1, i32 -1, i32 0, i32 1, {
// CHECK-SAME: i64 144, i64 16
// CHECK-SAME: i32 -1, i32 -1, i32 0, i32 2, {
// CHECK-SAME: i64 160, i64 16
// CHECK: @[[H0:sluice_string_[0-9]+]] = internal constant [4 x i8] c"h.0\00"
// CHECK: @[[H1:sluice_string_[0-9]+]] = internal constant [4 x i8] c"h.1\00"
// CHECK: @sluice_layers = internal constant [2 x { ptr }] [{ ptr } { ptr @[[H0]] }, { ptr } { ptr @[[H1]] }]
// The counts lie one after another in the slot: f64 (1) at 64 and 72.
// CHECK: @sluice_gates = internal constant [2 x { i32, i32, i64, double }]
// CHECK-SAME: { i32 0, i32 1, i64 64, double 1.000000e+01 }
// CHECK-SAME: { i32 1, i32 1, i64 72, double 2.000000e+01 }
// Techniques are a symbol of their own, which ends with null.
// CHECK: @sluice_techniques = constant [2 x ptr] [ptr @[[TECHNIQUE:.*]], ptr null]
module attributes {
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 1, optimizer = sgd, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      techniques = ["layer drop"],
      graphs = [#sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      layers = ["h.0", "h.1"],
      gates = [#sluice.layer_gate<layer = 0, gate = <@gates[0]>, flops = 10.0 : f64>,
               #sluice.layer_gate<layer = 1, gate = <@gates[1]>, flops = 20.0 : f64>],
      memory = <parameter_bytes = 64, persistent_bytes = 256, frame_bytes = 256, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 64>>} {
  sluice.slot result @train.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "train", sluice.metric = "loss"}
  sluice.slot gate @gates : tensor<2xf64> {offset = 64 : i64}
  sluice.slot result @range : tensor<4xf32> {
      offset = 128 : i64, gates = [#sluice.gate<@gates[1]>], sluice.layer = "h.1", sluice.metric = "range"}
  sluice.slot result @train.forward.rounded_values : tensor<2xf64> {
      offset = 144 : i64, sluice.statistic = "rounded_values"}
  sluice.slot result @train.backward.rounded_errors : tensor<2xf64> {
      offset = 160 : i64, sluice.statistic = "rounded_errors"}
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
  pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] {
    pipe.program @device.0 device 0 body {
      pipe.load stage 0 micro_batch 0
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
      pipe.reduce
      pipe.update stage 0
    }
  }
}

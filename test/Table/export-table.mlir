// RUN: sluice-opt %s --sluice-set-target=processor=znver4 --sluice-export-table | FileCheck %s
// RUN: sluice-opt %s --sluice-export-table | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=LLVM

// The graph `train` comes first, whatever the order, with the slot of its result.
// CHECK-NOT: sluice.parameter
// CHECK-NOT: sluice.slot
// CHECK-DAG: llvm.mlir.global internal constant @sluice_string_{{[0-9]+}}("znver4\00")
// CHECK-DAG: llvm.func internal @train.forward

// LLVM: @[[W:sluice_string_[0-9]+]] = internal constant [9 x i8] c"h.weight\00"
// LLVM: @[[AVG:sluice_string_[0-9]+]] = internal constant [8 x i8] c"exp_avg\00"
// Name, f32, rank 2, 2x3, offset 64, 24 bytes; normal of 0.5, decays; its gradient at 0, one state tensor at 64.
// LLVM: @sluice_parameters = internal constant [2 x {{.*}} ptr @[[W]], i32 0, i32 2,
// LLVM-SAME: {{^}} [6 x i64] [i64 2, i64 3, i64 0, i64 0, i64 0, i64 0], i64 64, i64 24 }, i32 1, i32 1,
// LLVM-SAME: {{^}} double 5.000000e-01, i64 0, i32 1, i32 0, i32 0, i32 -1, i32 0,
// LLVM-SAME: {{^}} [4 x ptr] [ptr @[[AVG]], ptr null, ptr null, ptr null], [4 x i64] [i64 64, i64 0, i64 0, i64 0] }
// LLVM-SAME: i32 0, i32 0, double 1.000000e+00, i64 -1, i32 0, i32 0, i32 0, i32 -1, i32 0,
// LLVM: @[[RATE:sluice_string_[0-9]+]] = internal constant [14 x i8] c"learning_rate\00"
// LLVM: @[[THETA:sluice_string_[0-9]+]] = internal constant [6 x i8] c"theta\00"
// A scalar without bounds, and one that the program computes, in (0, 1].
// LLVM: @sluice_scalars = internal constant [2 x { ptr, double, ptr, double, double, i32 }]
// LLVM-SAME: { ptr @[[RATE]], double 1.000000e-03, ptr @{{.*}}, double 0xFFF0000000000000, double 0x7FF0000000000000,
// LLVM-SAME: {{^}} i32 0 }
// LLVM-SAME: { ptr @[[THETA]], double 0x7FF8000000000000, ptr @{{.*}}, double 0.000000e+00, double 1.000000e+00,
// LLVM-SAME: {{^}} i32 1 }
// LLVM: @[[FORWARD:sluice_string_[0-9]+]] = internal constant [14 x i8] c"train.forward\00"
// LLVM: @sluice_functions = internal constant [5 x { ptr, ptr, i64, i64, i32, i32, i32 }]
// LLVM-SAME: [{ ptr, ptr, i64, i64, i32, i32, i32 } { ptr @[[FORWARD]], ptr @train.forward, i64 128, i64 64, i32 0,
// LLVM-SAME: {{^}} i32 0, i32 0 }
// Load, forward, backward of two micro-batches; the first backward adds to zeros. Norm and update, then evaluation.
// LLVM: @sluice_actions = internal constant [10 x { i32, i32, i32, i32, i32, i32, i32, i32, i32 }]
// LLVM-SAME: { i32 0, i32 0, i32 0, i32 -1, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 2, i32 0, i32 0, i32 0, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 3, i32 0, i32 0, i32 1, i32 -1, i32 0, i32 -1, i32 1, i32 0 }
// LLVM-SAME: { i32 0, i32 0, i32 1, i32 -1, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 2, i32 0, i32 1, i32 0, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 3, i32 0, i32 1, i32 1, i32 -1, i32 0, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 5, i32 0, i32 -1, i32 2, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 6, i32 0, i32 -1, i32 3, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 0, i32 0, i32 0, i32 -1, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// LLVM-SAME: { i32 7, i32 0, i32 0, i32 4, i32 -1, i32 -1, i32 -1, i32 0, i32 0 }
// The trained graph has no actions of its own, the other one the last two.
// LLVM: @[[TRAIN:sluice_string_[0-9]+]] = internal constant [6 x i8] c"train\00"
// LLVM: @sluice_graphs = internal constant [2 x
// LLVM-SAME: { ptr @[[TRAIN]], i32 0, i32 0, i32 0, i32 1,
// LLVM-SAME: { ptr @{{[^,]*}}, i32 8, i32 2, i32 0, i32 1,
// LLVM: @[[GELU:sluice_string_[0-9]+]] = internal constant [5 x i8] c"gelu\00"
// LLVM: @sluice_kernels = internal constant [1 x { ptr, i64, i64 }] [{ ptr, i64, i64 } { ptr @[[GELU]], i64 64,
// LLVM-SAME: {{^}} i64 512 }]
// Gradients of 64 bytes and no gates behind them, a frame of 320 bytes.
// LLVM: @sluice_stages = internal constant [1 x { i64, i64, i64, i64, i32, i32, i32, i32, i32, i32,
// LLVM-SAME: {{^}} i32, i32, i64, i64, i32, i32, i32 }]
// LLVM-SAME: { i64 0, i64 64, i64 64, i64 320, i32 0, i32 1, i32 0, i32 0, i32 0, i32 0,
// LLVM-SAME: {{^}} i32 0, i32 1, i64 0, i64 0, i32 0, i32 0, i32 -1 }
// LLVM: @sluice_devices = internal constant [1 x { i32, i32, i32, double, i32, i32 }]
// LLVM-SAME: { i32 0, i32 0, i32 8, double -1.000000e+00, i32 0, i32 0 }
// LLVM: @sluice_program = constant
// LLVM-SAME: i32 10, ptr @{{.*}}, i64 1, i64 2, i64 3, i64 2, double 6.000000e+00, double 1.000000e+00
// LLVM-SAME: i32 2, i32 2, i32 5, i32 10, i32 2, i32 0, i32 0, i32 0, i32 1, i32 1, i32 1, i32 0, i32 0, i32 0,
// LLVM-SAME: {{^}} i32 0, i32 0, i32 0, i32 0,
// LLVM-SAME: {{^}} ptr @sluice_parameters, ptr @sluice_scalars, ptr @sluice_functions, ptr @sluice_actions,
// LLVM-SAME: {{^}} ptr @sluice_graphs
// LLVM-SAME: i64 128, i64 320, i64 0, i64 64, i64 128, i64 -1
module attributes {
    sluice.kernels = [#sluice.kernel<"gelu", flops = 64, bytes = 512>],
    sluice.scalars = [
        {name = "learning_rate", value = 1.0e-3 : f64, help = "step size"},
        {name = "theta", value = 0x7FF8000000000000 : f64, help = "limit", above = 0.0 : f64, most = 1.0 : f64}],
    sluice.binary = #sluice.binary<
      model = <name = "m", description = "", batch = 1, sequence = 2, vocabulary = 3,
               micro_batches = 2, optimizer = adamw, grad_clip = 1.0 : f64, flops_per_token = 6.0 : f64>,
      graphs = [#sluice.graph<"eval", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>,
        #sluice.graph<"train", inputs = [#sluice.input<"tokens", tensor<1x2xi32>>]>],
      memory = <parameter_bytes = 128, persistent_bytes = 320, frame_bytes = 384, gradient_offset = 0,
                gradient_bytes = 64,
                norms_offset = 128>>} {
  sluice.parameter @h.weight : tensor<2x3xf32> {init = #sluice.normal<0.5>, decays, offset = 64 : i64}
  sluice.parameter @h.bias : tensor<3xf32> {init = #sluice.constant<1.0>, offset = 0 : i64}
  sluice.slot gradient @g : tensor<2x3xf32> of @h.weight {offset = 0 : i64}
  sluice.slot state @m : tensor<2x3xf32> of @h.weight {role = "exp_avg", offset = 64 : i64}
  sluice.slot norm @n : tensor<f64> {role = "h.weight", offset = 128 : i64}
  sluice.slot result @eval.loss : tensor<f32> {offset = 192 : i64, sluice.graph = "eval"}
  sluice.slot result @train.loss : tensor<f32> {offset = 256 : i64, sluice.graph = "train"}
  llvm.func @train.forward(%step: !llvm.ptr, %blocks: !llvm.ptr, %scratch: !llvm.ptr)
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.scratch_bytes = 128 : i64,
      sluice.thread_scratch_bytes = 64 : i64} {
    llvm.return
  }
  llvm.func @train.backward(%step: !llvm.ptr, %blocks: !llvm.ptr, %scratch: !llvm.ptr)
      attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.norm(%step: !llvm.ptr, %blocks: !llvm.ptr, %scratch: !llvm.ptr)
      attributes {sluice.action = #sluice.action<norm>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @train.update(%step: !llvm.ptr, %blocks: !llvm.ptr, %scratch: !llvm.ptr)
      attributes {sluice.action = #sluice.action<update>, sluice.graph = "train", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  llvm.func @eval(%step: !llvm.ptr, %blocks: !llvm.ptr, %scratch: !llvm.ptr)
      attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "eval", sluice.scratch_bytes = 0 : i64,
      sluice.thread_scratch_bytes = 0 : i64} {
    llvm.return
  }
  pipe.pipeline @train.pipeline stages 1 micro_batches 2 replicas 1 groups 1 ages [0] frames [1] {
    pipe.program @device.0 device 0 body {
      pipe.load stage 0 micro_batch 0
      pipe.run forward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 0
      pipe.load stage 0 micro_batch 1
      pipe.run forward stage 0 micro_batch 1
      pipe.run backward stage 0 micro_batch 1
      pipe.reduce
      pipe.update stage 0
    }
  }
  pipe.pipeline @eval.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [1] forward_only {
    pipe.program @device.0 device 0 body {
      pipe.load stage 0 micro_batch 0
      pipe.run forward stage 0 micro_batch 0
    }
  }
}

// What the stages of the trained graph cost: layers, ticks a micro-batch and a message, or what a profile measured.
// RUN: split-file %s %t
// RUN: sluice-opt %t/train.mlir --sluice-assign-stages="partition=1,1 microbatches=2" \
// RUN:   --sluice-cost-stages=microbatches=2 | FileCheck %s
// RUN: sluice-opt %t/train.mlir --sluice-assign-stages="partition=1,1 microbatches=2" \
// RUN:   --sluice-cost-stages="microbatches=2 devices=1" | FileCheck %s --check-prefix=TOGETHER
// RUN: sluice-opt %t/train.mlir --sluice-cost-stages | FileCheck %s --check-prefix=ONE
// RUN: sluice-opt %t/train.mlir --sluice-assign-stages="partition=0,2 profile=%t/profile.json" \
// RUN:   --sluice-cost-stages=profile=%t/profile.json | FileCheck %s --check-prefix=PROFILE
// RUN: sluice-opt %t/train.mlir --sluice-assign-stages="stages=2 profile=%t/profile.json" \
// RUN:   | FileCheck %s --check-prefix=DIVIDED
// RUN: sluice-opt %t/train.mlir --sluice-assign-stages=stages=2 | FileCheck %s --check-prefix=ESTIMATED
// RUN: sluice-opt %t/train.mlir --sluice-recompute-layers=choice=stage \
// RUN:   --sluice-assign-stages="partition=1,1 profile=%t/profile.json" \
// RUN:   --sluice-cost-stages=profile=%t/profile.json | FileCheck %s --check-prefix=REPEATED
// RUN: sluice-opt %t/train.mlir --sluice-recompute-layers=choice=layer \
// RUN:   --sluice-assign-stages="partition=1,1 profile=%t/profile.json" \
// RUN:   --sluice-cost-stages=profile=%t/profile.json | FileCheck %s --check-prefix=LAYERS
// RUN: sed 's/"head": \(false\|true\)/&, "recomputed": true/' %t/profile.json > %t/repeating.json
// RUN: sluice-opt %t/train.mlir --sluice-recompute-layers=choice=stage \
// RUN:   --sluice-assign-stages="partition=1,1 profile=%t/repeating.json" \
// RUN:   --sluice-cost-stages=profile=%t/repeating.json | FileCheck %s --check-prefix=MEASURED
// RUN: sluice-opt %t/eval.mlir --sluice-cost-stages | FileCheck %s --check-prefix=EVAL

// Forward of the embeddings is 4 x 789504 bytes moved, that of h.0 three quarters of 25165824 + 16: 22032396, which is
// 0x41750300C0000000. That of h.1 and the head is 4 x 1179648 and 52690992: 57409584, 0x418B600180000000. A message of
// 393220 bytes is 320000 + 4 x 393220 ticks, the gradient of the table 320000 + 4 x 131072. Gradients of parameters
// alone are all of the backward of the embeddings, and as much as the forward of the product in h.0. The head is whole.
// CHECK: sluice.stage_costs = #sluice.stage_costs<unit = "ticks", stages = [
// CHECK-SAME: <layers = 1, embeddings = 1, head = 0, forward = 0x41750300C0000000 : f64,
// CHECK-SAME: backward = 0x41850300C0000000 : f64, tied = 0.000000e+00 : f64, norm = 0.000000e+00 : f64,
// CHECK-SAME: update = 0.000000e+00 : f64, activations = 1.892880e+06 : f64, gradients = 0.000000e+00 : f64,
// CHECK-SAME: exchange = 8.442880e+05 : f64, backward_weight = 2.519040e+07 : f64>
// CHECK-SAME: <layers = 1, embeddings = 0, head = 1, forward = 0x418B600180000000 : f64,
// CHECK-SAME: activations = 0.000000e+00 : f64, gradients = 1.892880e+06 : f64, exchange = 8.442880e+05 : f64,
// CHECK-SAME: backward_weight = 0.000000e+00 : f64>

// On one device the table is there once.
// TOGETHER: activations = 1.892880e+06 : f64, {{.*}} exchange = 0.000000e+00 : f64, backward_weight = 2.519040e+07
// TOGETHER-SAME: gradients = 1.892880e+06 : f64, exchange = 0.000000e+00 : f64,

// Without stages all is on one.
// ONE: stages = [#sluice.stage_cost<layers = 2, embeddings = 1, head = 1,
// ONE-SAME: activations = 0.000000e+00 : f64, gradients = 0.000000e+00 : f64, exchange = 0.000000e+00 : f64,
// ONE-SAME: backward_weight = 2.519040e+07 : f64>]>

// In the profile the embeddings and h.0 are a stage of 8 seconds: by their estimates, 3158016 and 25165840, that is
// 0.892 and 7.108, of which a quarter is dropped. By their parameters, 131072 and 65536 bytes, the update of 3 is
// 2 and 1. The parameters of the other stage, and so its norm and update, are the head's. Of messages, 1000 bytes took
// twice the 320000 + 4 x 1000 ticks of 1 / 64e9 seconds that are estimated.
// PROFILE: sluice.stage_costs = #sluice.stage_costs<unit = "seconds", stages = [
// PROFILE-SAME: <layers = 0, embeddings = 1, head = 0, forward = 0.89197346575974679 : f64,
// PROFILE-SAME: backward = 1.7839469315194936 : f64, tied = 5.000000e-01 : f64, norm = 0.000000e+00 : f64,
// PROFILE-SAME: update = 2.000000e+00 : f64, activations = 5.9152
// PROFILE-SAME: <layers = 2, embeddings = 0, head = 1, forward = 6.33101990068
// PROFILE-SAME: tied = 5.000000e-01 : f64, norm = 1.000000e+00 : f64, update = 2.000000e+00 : f64,
// PROFILE-SAME: gradients = 5.9152{{.*}} exchange = 2.638400e-05

// Backward of the first stage repeats its forward, 0.892 and three quarters of 7.108 seconds, on top of twice that. The
// last stage has its forward just before. A layer alone repeats what its own backward needs: nothing that is an operand
// of a product is computed in it.
// REPEATED: <layers = 1, embeddings = 1, head = 0, forward = 6.22299336643993{{[0-9]*}} : f64,
// REPEATED-SAME: backward = 18.6689800{{[0-9]*}} : f64, {{.*}} backward_weight = 7.11{{[0-9]*}} : f64, recomputed = 1>
// REPEATED-SAME: <layers = 1, embeddings = 0, head = 1, forward = 1.000000e+00 : f64, backward = 2.000000e+00 : f64,
// REPEATED-SAME: recomputed = 1>
// LAYERS: <layers = 1, embeddings = 1, head = 0, forward = 6.22299336643993{{[0-9]*}} : f64,
// LAYERS-SAME: backward = 12.4459867328798{{[0-9]*}} : f64,
// MEASURED: <layers = 1, embeddings = 1, head = 0, forward = 6.22299336643993{{[0-9]*}} : f64,
// MEASURED-SAME: backward = 12.4459867328798{{[0-9]*}} : f64, {{.*}} backward_weight = 7.11{{[0-9]*}} : f64, recomputed

// By the estimates the head is alone; in the profile it takes little.
// DIVIDED: sluice.layer "h.0" depth 1 of 2 stage 0
// DIVIDED: sluice.layer "h.1" depth 2 of 2 stage 1
// DIVIDED: sluice.layer "head" stage 1
// ESTIMATED: sluice.layer "h.1" depth 2 of 2 stage 0
// ESTIMATED: sluice.layer "head" stage 1

// Nothing is trained.
// EVAL-NOT: sluice.stage_costs

//--- profile.json
{"sluice_profile": 1, "model": "m", "parameters": 49152, "optimizer": "adamw", "compute": "f32", "batch": 1,
 "sequence": 768,
 "stages": [
   {"layers": 1, "embeddings": true, "head": false, "forward": 8, "backward": 16, "tied": 0.5, "norm": 0, "update": 3},
   {"layers": 1, "embeddings": false, "head": true, "forward": 1, "backward": 2, "tied": 0.5, "norm": 1, "update": 1}],
 "messages": [{"bytes": 1000, "seconds": 10.125e-6}]}
//--- train.mlir
sluice.parameter @wte : tensor<256x128xf32> {init = #sluice.normal<0.02>}
sluice.parameter @w : tensor<128x128xf32> {init = #sluice.normal<0.02>, hidden_parts = 1 : i64}
sluice.graph @train(%tokens: tensor<768xi32>, %targets: tensor<768xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<256x128xf32>
  %w0 = sluice.read @w : tensor<128x128xf32>
  %x = sluice.layer "embeddings" () parameters(%w = %wte : tensor<256x128xf32>)
      broadcast(%t = %tokens : tensor<768xi32>) -> tensor<768x128xf32> {
    %0 = sluice.embedding %t, %w : tensor<768xi32>, tensor<256x128xf32> to tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %h0, %s = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<768x128xf32>) parameters(%w = %w0 : tensor<128x128xf32>)
      -> (tensor<768x128xf32>, tensor<f32>) attributes {sluice.drop_probability = 0.25} {
    %0 = sluice.linear %a, %w : tensor<768x128xf32>, tensor<128x128xf32> to tensor<768x128xf32>
    %1 = sluice.zero : tensor<f32>
    sluice.yield %0, %1 : tensor<768x128xf32>, tensor<f32>
  }
  %h1 = sluice.layer "h.1" depth 2 of 2 (%a = %h0 : tensor<768x128xf32>) -> tensor<768x128xf32> {
    %0 = sluice.mul %a, %a : tensor<768x128xf32>, tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %loss = sluice.layer "head" (%a = %h1 : tensor<768x128xf32>, %b = %s : tensor<f32>)
      parameters(%w = %wte : tensor<256x128xf32>) broadcast(%t = %targets : tensor<768xi32>) -> tensor<f32> {
    %l, %z = sluice.linear_cross_entropy %a, %w, %t
        : tensor<768x128xf32>, tensor<256x128xf32>, tensor<768xi32> to tensor<f32>, tensor<768xf32>
    %m = sluice.add %l, %b : tensor<f32>, tensor<f32>
    sluice.yield %m : tensor<f32>
  }
  sluice.return %loss : tensor<f32>
}
//--- eval.mlir
sluice.graph @eval(%x: tensor<4xi32>) -> tensor<4xi32> {
  %y = sluice.layer "model" () broadcast(%a = %x : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  sluice.return %y : tensor<4xi32>
}

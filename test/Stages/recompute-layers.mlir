// Which layers backward repeats: all of the stack, or on each stage as few as its memory asks for.
// RUN: sluice-opt %s --sluice-recompute-layers --remarks-filter=stages 2>&1 | FileCheck %s --check-prefix=ALL
// RUN: sluice-opt %s --sluice-recompute-layers --sluice-assign-stages=partition=2,2 --sluice-cost-stages \
// RUN:   --remarks-filter=stages 2>&1 | FileCheck %s --check-prefix=COSTS
// RUN: sluice-opt %s --sluice-recompute-layers=choice=stage --sluice-assign-stages=partition=2,2 --sluice-cost-stages \
// RUN:   --remarks-filter=stages 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: sluice-opt %s --sluice-recompute-layers=choice=auto --remarks-filter=stages 2>&1 \
// RUN:   | FileCheck %s --check-prefix=NONE
// RUN: sluice-opt %s --sluice-recompute-layers="choice=auto memory-limit=38036" --remarks-filter=stages 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ENOUGH
// RUN: sluice-opt %s --sluice-recompute-layers="choice=auto memory-limit=38035" --remarks-filter=stages 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SOME
// RUN: sluice-opt %s --sluice-assign-stages=partition=2,2 \
// RUN:   --sluice-recompute-layers="choice=auto memory-limit=21300 microbatches=2" | FileCheck %s --check-prefix=STAGE
// RUN: sluice-opt %s --sluice-assign-stages="stages=2 memory-limit=21000 may-recompute microbatches=2" \
// RUN:   --sluice-recompute-layers="choice=auto memory-limit=21000 microbatches=2" | FileCheck %s --check-prefix=BOTH

// What stands outside of the stack is not repeated.
// ALL: RecomputeLayers {{.*}}layers=4, reason="all layers of the stack are recomputed", recomputed=4
// ALL: sluice.layer "embeddings" ()
// ALL: sluice.layer "h.0" depth 1 of 4 recompute (
// ALL: sluice.layer "h.1" depth 2 of 4 recompute (
// ALL: sluice.layer "h.2" depth 3 of 4 recompute (
// ALL: sluice.layer "h.3" depth 4 of 4 recompute (
// ALL: sluice.layer "head" (

// Weights, gradients and moments of two layers and the table, two frames of what the embeddings and two layers yield,
// and once what a layer computes: 18432 + 2 x 384 + 768. Beside two forwards, 38976, of the embeddings and two layers
// backward has the first product and the activation of each layer again: 6656 + 4096.
// COSTS: AssignStages {{.*}} bytes=19584, {{.*}}stage=0
// COSTS: stages = [#sluice.stage_cost<layers = 2, embeddings = 1, head = 0, forward = 3.897600e+04 : f64,
// COSTS-SAME: backward = 9.945600e+04 : f64,

// A stage that is repeated whole keeps what comes into it: the first nothing but tokens. What its layers compute is
// there at once, 128 + 2 x 768 beside 18432 of parameters, and backward takes a forward more. The last one has forward
// in its backward.
// WHOLE: RecomputeLayers {{.*}}layers=4, reason="all stages are recomputed", recomputed=4
// WHOLE: AssignStages {{.*}} bytes=20096, {{.*}}stage=0
// WHOLE: stages = [#sluice.stage_cost<layers = 2, embeddings = 1, head = 0, forward = 3.897600e+04 : f64,
// WHOLE-SAME: backward = 1.169280e+05 : f64,
// WHOLE: sluice.layer "embeddings" stage 0 recompute_stage (
// WHOLE: sluice.layer "h.3" depth 4 of 4 stage 1 recompute_stage (
// WHOLE: sluice.layer "head" stage 1 recompute_stage (

// NONE: remark: nothing is recomputed without a memory limit
// NONE: RecomputeLayers {{.*}}layers=4, reason="no memory limit: nothing is recomputed", recomputed=0
// NONE-NOT: recompute (

// 34816 bytes of parameters, and 128 + 4 x 768 + 20 that are kept.
// ENOUGH: RecomputeLayers {{.*}}layers=4, reason="the memory suffices: nothing is recomputed", recomputed=0
// ENOUGH-NOT: recompute (

// One layer saves 640 bytes, and needs 768 while it is repeated: it takes two. What is dropped most comes first.
// SOME: RecomputeLayers {{.*}}layers=4, reason="as few layers as the memory asks for are recomputed", recomputed=2
// SOME: sluice.layer "h.0" depth 1 of 4 recompute (
// SOME: sluice.layer "h.1" depth 2 of 4 (
// SOME: sluice.layer "h.2" depth 3 of 4 (
// SOME: sluice.layer "h.3" depth 4 of 4 recompute (

// The first stage keeps two micro-batches, the other one.
// STAGE: sluice.layer "h.0" depth 1 of 4 stage 0 recompute (
// STAGE: sluice.layer "h.1" depth 2 of 4 stage 0 (
// STAGE: sluice.layer "h.2" depth 3 of 4 stage 1 (
// STAGE: sluice.layer "h.3" depth 4 of 4 stage 1 (

// No partition keeps that limit without it.
// BOTH: sluice.layer "h.0" depth 1 of 4 stage 0 recompute (
// BOTH: sluice.layer "h.1" depth 2 of 4 stage 0 recompute (
// BOTH: sluice.layer "h.2" depth 3 of 4 stage 1 (
// BOTH: sluice.layer "h.3" depth 4 of 4 stage 1 (
sluice.parameter @wte : tensor<16x8xf32> {init = #sluice.normal<0.02>}
sluice.parameter @up.0 : tensor<8x32xf32> {init = #sluice.normal<0.02>}
sluice.parameter @down.0 : tensor<32x8xf32> {init = #sluice.normal<0.02>}
sluice.parameter @up.1 : tensor<8x32xf32> {init = #sluice.normal<0.02>}
sluice.parameter @down.1 : tensor<32x8xf32> {init = #sluice.normal<0.02>}
sluice.parameter @up.2 : tensor<8x32xf32> {init = #sluice.normal<0.02>}
sluice.parameter @down.2 : tensor<32x8xf32> {init = #sluice.normal<0.02>}
sluice.parameter @up.3 : tensor<8x32xf32> {init = #sluice.normal<0.02>}
sluice.parameter @down.3 : tensor<32x8xf32> {init = #sluice.normal<0.02>}
sluice.graph @train(%tokens: tensor<4xi32>, %targets: tensor<4xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<16x8xf32>
  %up0 = sluice.read @up.0 : tensor<8x32xf32>
  %down0 = sluice.read @down.0 : tensor<32x8xf32>
  %up1 = sluice.read @up.1 : tensor<8x32xf32>
  %down1 = sluice.read @down.1 : tensor<32x8xf32>
  %up2 = sluice.read @up.2 : tensor<8x32xf32>
  %down2 = sluice.read @down.2 : tensor<32x8xf32>
  %up3 = sluice.read @up.3 : tensor<8x32xf32>
  %down3 = sluice.read @down.3 : tensor<32x8xf32>
  %x = sluice.layer "embeddings" () parameters(%w = %wte : tensor<16x8xf32>)
      broadcast(%t = %tokens : tensor<4xi32>) -> tensor<4x8xf32> {
    %0 = sluice.embedding %t, %w : tensor<4xi32>, tensor<16x8xf32> to tensor<4x8xf32>
    sluice.yield %0 : tensor<4x8xf32>
  }
  %h0 = sluice.layer "h.0" depth 1 of 4 (%a = %x : tensor<4x8xf32>)
      parameters(%u = %up0 : tensor<8x32xf32>, %d = %down0 : tensor<32x8xf32>) -> tensor<4x8xf32> {
    %0 = sluice.linear %a, %u : tensor<4x8xf32>, tensor<8x32xf32> to tensor<4x32xf32>
    %1 = sluice.gelu tanh %0 : tensor<4x32xf32>
    %2 = sluice.linear %1, %d : tensor<4x32xf32>, tensor<32x8xf32> to tensor<4x8xf32>
    %3 = sluice.add %a, %2 residual : tensor<4x8xf32>, tensor<4x8xf32>
    sluice.yield %3 : tensor<4x8xf32>
  }
  %h1 = sluice.layer "h.1" depth 2 of 4 (%a = %h0 : tensor<4x8xf32>)
      parameters(%u = %up1 : tensor<8x32xf32>, %d = %down1 : tensor<32x8xf32>) -> tensor<4x8xf32> {
    %0 = sluice.linear %a, %u : tensor<4x8xf32>, tensor<8x32xf32> to tensor<4x32xf32>
    %1 = sluice.gelu tanh %0 : tensor<4x32xf32>
    %2 = sluice.linear %1, %d : tensor<4x32xf32>, tensor<32x8xf32> to tensor<4x8xf32>
    %3 = sluice.add %a, %2 residual : tensor<4x8xf32>, tensor<4x8xf32>
    sluice.yield %3 : tensor<4x8xf32>
  }
  %h2 = sluice.layer "h.2" depth 3 of 4 (%a = %h1 : tensor<4x8xf32>)
      parameters(%u = %up2 : tensor<8x32xf32>, %d = %down2 : tensor<32x8xf32>) -> tensor<4x8xf32> {
    %0 = sluice.linear %a, %u : tensor<4x8xf32>, tensor<8x32xf32> to tensor<4x32xf32>
    %1 = sluice.gelu tanh %0 : tensor<4x32xf32>
    %2 = sluice.linear %1, %d : tensor<4x32xf32>, tensor<32x8xf32> to tensor<4x8xf32>
    %3 = sluice.add %a, %2 residual : tensor<4x8xf32>, tensor<4x8xf32>
    sluice.yield %3 : tensor<4x8xf32>
  }
  %h3 = sluice.layer "h.3" depth 4 of 4 (%a = %h2 : tensor<4x8xf32>)
      parameters(%u = %up3 : tensor<8x32xf32>, %d = %down3 : tensor<32x8xf32>) -> tensor<4x8xf32>
      attributes {sluice.drop_probability = 0.5} {
    %0 = sluice.linear %a, %u : tensor<4x8xf32>, tensor<8x32xf32> to tensor<4x32xf32>
    %1 = sluice.gelu tanh %0 : tensor<4x32xf32>
    %2 = sluice.linear %1, %d : tensor<4x32xf32>, tensor<32x8xf32> to tensor<4x8xf32>
    %3 = sluice.add %a, %2 residual : tensor<4x8xf32>, tensor<4x8xf32>
    sluice.yield %3 : tensor<4x8xf32>
  }
  %loss = sluice.layer "head" (%a = %h3 : tensor<4x8xf32>) parameters(%w = %wte : tensor<16x8xf32>)
      broadcast(%t = %targets : tensor<4xi32>) -> tensor<f32> {
    %l, %z = sluice.linear_cross_entropy %a, %w, %t
        : tensor<4x8xf32>, tensor<16x8xf32>, tensor<4xi32> to tensor<f32>, tensor<4xf32>
    sluice.yield %l : tensor<f32>
  }
  sluice.return %loss : tensor<f32>
}

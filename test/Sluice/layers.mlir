// What a layer takes stands in groups, each with the name that the body knows it by.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<0.02>}

// CHECK-LABEL: sluice.graph @all_groups
// CHECK: sluice.layer "h.2" depth 3 of 6 (%[[X:.*]] = %{{.*}} : tensor<3x4xf32>)
// CHECK-SAME: parameters(%[[W:.*]] = %{{.*}} : tensor<4x4xf32>) broadcast(%[[I:.*]] = %{{.*}} : tensor<3xi32>)
// CHECK-SAME: scalars(%[[R:.*]] = %{{.*}} : tensor<f64>) -> tensor<3x4xf32> attributes {test.note = "kept"} {
// CHECK-NEXT: %[[E:.*]] = sluice.embedding %[[I]], %[[W]]
// CHECK-NEXT: %[[Y:.*]] = sluice.add %[[X]], %[[E]] residual
// CHECK-NEXT: sluice.yield %[[Y]] : tensor<3x4xf32>
sluice.graph @all_groups(%tokens: tensor<3xi32>) -> tensor<3x4xf32> {
  %w = sluice.read @w : tensor<4x4xf32>
  %x = sluice.zero : tensor<3x4xf32>
  %r = sluice.scalar "rate" : tensor<f64>
  %y = sluice.layer "h.2" depth 3 of 6 (%a = %x : tensor<3x4xf32>) parameters(%p = %w : tensor<4x4xf32>)
      broadcast(%i = %tokens : tensor<3xi32>) scalars(%s = %r : tensor<f64>) -> tensor<3x4xf32>
      attributes {test.note = "kept"} {
    %e = sluice.embedding %i, %p : tensor<3xi32>, tensor<4x4xf32> to tensor<3x4xf32>
    %b = sluice.add %a, %e residual : tensor<3x4xf32>, tensor<3x4xf32>
    sluice.yield %b : tensor<3x4xf32>
  }
  sluice.return %y : tensor<3x4xf32>
}

// Groups that are empty are not written; a layer outside of the stack has no depth.
// CHECK-LABEL: sluice.graph @without_activations
// CHECK: sluice.layer "embeddings" () parameters(%{{.*}} = %{{.*}} : tensor<4x4xf32>) -> tensor<4x4xf32> {
// CHECK-NEXT: sluice.yield
sluice.graph @without_activations() -> tensor<4x4xf32> {
  %w = sluice.read @w : tensor<4x4xf32>
  %y = sluice.layer "embeddings" () parameters(%p = %w : tensor<4x4xf32>) -> tensor<4x4xf32> {
    sluice.yield %p : tensor<4x4xf32>
  }
  sluice.return %y : tensor<4x4xf32>
}

// A layer of no result needs no terminator in text; it has one all the same.
// CHECK-LABEL: sluice.graph @without_results
// CHECK: sluice.layer "nothing" () {
// CHECK-NEXT: sluice.zero
// CHECK-NEXT: sluice.yield{{$}}
// CHECK-NEXT: }
sluice.graph @without_results() {
  sluice.layer "nothing" () {
    %z = sluice.zero : tensor<f32>
  }
  sluice.return
}

// A gate stands in front of the groups: it is no argument of the body.
// CHECK-LABEL: sluice.graph @train
// CHECK: %[[KEEP:.*]] = sluice.bernoulli
// CHECK: %[[Y:.*]]:2 = sluice.layer "h.0" depth 1 of 1 gate %[[KEEP]][1] : tensor<2xf64>
// CHECK-SAME: (%[[A:.*]] = %{{.*}} : tensor<f32>) -> (tensor<f32>, tensor<f32>) {
// CHECK-NEXT: sluice.yield %[[A]], %[[A]] : tensor<f32>, tensor<f32>
// CHECK: sluice.return %[[Y]]#0
sluice.graph @train() -> tensor<f32> {
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<2xf64>
  %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<2xf64>
  %x = sluice.zero : tensor<f32>
  %y, %z = sluice.layer "h.0" depth 1 of 1 gate %keep[1] : tensor<2xf64> (%a = %x : tensor<f32>)
      -> (tensor<f32>, tensor<f32>) {
    sluice.yield %a, %a : tensor<f32>, tensor<f32>
  }
  sluice.return %y : tensor<f32>
}

// What backward repeats says so behind its depth and stage.
// CHECK-LABEL: module @repeats
// CHECK: sluice.layer "h.0" depth 1 of 2 recompute () {
// CHECK: sluice.layer "h.1" depth 2 of 2 () {
// CHECK: sluice.layer "head" recompute_stage () {
module @repeats {
  sluice.graph @train() -> tensor<f32> {
    %loss = sluice.zero : tensor<f32>
    sluice.layer "h.0" depth 1 of 2 recompute () {
    }
    sluice.layer "h.1" depth 2 of 2 () {
    }
    sluice.layer "head" recompute_stage () {
    }
    sluice.return %loss : tensor<f32>
  }
}

// A stage stands behind the depth, where there is one. A graph may have layers on some stages only.
// CHECK-LABEL: sluice.graph @stages
// CHECK: sluice.layer "embeddings" stage 0 () {
// CHECK: sluice.layer "h.0" depth 1 of 2 stage 0 () {
// CHECK: sluice.layer "h.1" depth 2 of 2 stage 2 () {
sluice.graph @stages() {
  sluice.layer "embeddings" stage 0 () {
  }
  sluice.layer "h.0" depth 1 of 2 stage 0 () {
  }
  sluice.layer "h.1" depth 2 of 2 stage 2 () {
  }
  sluice.return
}

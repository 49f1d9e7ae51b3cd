// Which stage layers get: from a partition, by what they cost, and in graphs beside `train`.
// RUN: sluice-opt %s --sluice-assign-stages=partition=1,2 --verify-roundtrip | FileCheck %s
// RUN: sluice-opt %s --sluice-assign-stages="stages=4 partition=0,2,1,0" \
// RUN:   | FileCheck %s --check-prefix=ALONE --implicit-check-not="sluice.layer "
// RUN: sluice-opt %s --sluice-assign-stages | FileCheck %s --check-prefix=ONE --implicit-check-not="sluice.layer "
// RUN: sluice-opt %s --sluice-assign-stages=stages=2 | FileCheck %s --check-prefix=TWO
// RUN: sluice-opt %s --sluice-assign-stages=stages=5 | FileCheck %s --check-prefix=FIVE

sluice.parameter @wte : tensor<256x128xf32> {init = #sluice.normal<0.02>}
sluice.parameter @w0 : tensor<128x128xf32> {init = #sluice.normal<0.02>}
sluice.parameter @w1 : tensor<128x128xf32> {init = #sluice.normal<0.02>}
sluice.parameter @w2 : tensor<128x128xf32> {init = #sluice.normal<0.02>}

// The embeddings are on the first stage, the head on the last; parts of one depth stay together, and so does what
// stands between a layer and the next. Of "step" every stage that uses it has its own, in front of its layers.
// CHECK-LABEL: sluice.graph @train
// CHECK-NOT: sluice.layer "step"
// CHECK: %[[E:.*]] = sluice.layer "embeddings" stage 0
// CHECK: %[[S0:.*]]:2 = sluice.layer "step.stage.0" stage 0 () broadcast({{.*}}) scalars({{.*}}) -> {{.*}} {
// CHECK-NEXT: sluice.bernoulli
// CHECK: sluice.layer "h.0" depth 1 of 3 stage 0 gate %[[S0]]#0[0] : tensor<3xf64>
// CHECK-SAME: (%{{.*}} = %[[E]] : tensor<768x128xf32>)
// CHECK: sluice.layer "between.1" stage 0
// CHECK: %[[S1:.*]]:2 = sluice.layer "step.stage.1" stage 1 ()
// CHECK-NEXT: sluice.bernoulli
// CHECK: sluice.layer "h.1.0" depth 2 of 3 stage 1 gate %[[S1]]#0[1]
// CHECK: sluice.layer "h.1.1" depth 2 of 3 stage 1 gate %[[S1]]#0[2]
// CHECK: sluice.layer "h.2" depth 3 of 3 stage 1 (
// CHECK: %[[H:.*]] = sluice.layer "head" stage 1
// CHECK: sluice.return %[[H]], %[[S1]]#1
//
// A graph that divides differently follows by depth.
// CHECK-LABEL: sluice.graph @eval
// CHECK: sluice.layer "embeddings" stage 0
// CHECK: sluice.layer "h.0" depth 1 of 3 stage 0
// CHECK: sluice.layer "h.1" depth 2 of 3 stage 1
// CHECK: sluice.layer "h.2" depth 3 of 3 stage 1
// CHECK: sluice.layer "head" stage 1

// Of layers that take results of such layers alone every stage has its own as well, but not of a layer with a depth.
// CHECK-LABEL: sluice.graph @logits
// CHECK: sluice.layer "h.0" depth 1 of 3 stage 0 () scalars(
// CHECK: %[[L:.*]] = sluice.layer "limits" stage 1 () scalars(
// CHECK: %[[S:.*]] = sluice.layer "scales" stage 1 (%{{.*}} = %[[L]] : tensor<f64>)
// CHECK: sluice.layer "h.1" depth 2 of 3 stage 1 (%{{.*}} = %{{.*}} : tensor<f64>, %{{.*}} = %[[S]] : tensor<f64>)
// CHECK: sluice.layer "h.2" depth 3 of 3 stage 1 (%{{.*}} = %{{.*}} : tensor<f64>, %{{.*}} = %[[S]] : tensor<f64>)

// ALONE-LABEL: sluice.graph @train
// ALONE: sluice.layer "embeddings" stage 0
// ALONE: sluice.layer "step.stage.1" stage 1
// ALONE: sluice.layer "h.0" depth 1 of 3 stage 1
// ALONE: sluice.layer "between.1" stage 1
// ALONE: sluice.layer "h.1.0" depth 2 of 3 stage 1
// ALONE: sluice.layer "h.1.1" depth 2 of 3 stage 1
// ALONE: sluice.layer "h.2" depth 3 of 3 stage 2
// ALONE: sluice.layer "head" stage 3
// ALONE: sluice.layer "step.stage.3" stage 3
// ALONE-LABEL: sluice.graph @eval
// ALONE: sluice.layer "embeddings" stage 0
// ALONE: sluice.layer "h.0" depth 1 of 3 stage 1
// ALONE: sluice.layer "h.1" depth 2 of 3 stage 1
// ALONE: sluice.layer "h.2" depth 3 of 3 stage 2
// ALONE: sluice.layer "head" stage 3
// ALONE-LABEL: sluice.graph @logits
// ALONE: sluice.layer "h.0" depth 1 of 3 stage 1
// ALONE: %[[L:.*]] = sluice.layer "limits.stage.1" stage 1
// ALONE: %[[S:.*]] = sluice.layer "scales.stage.1" stage 1 (%{{.*}} = %[[L]] : tensor<f64>)
// ALONE: sluice.layer "h.1" depth 2 of 3 stage 1 ({{.*}} = %[[S]] : tensor<f64>)
// ALONE: %[[L:.*]] = sluice.layer "limits.stage.2" stage 2
// ALONE: %[[S:.*]] = sluice.layer "scales.stage.2" stage 2 (%{{.*}} = %[[L]] : tensor<f64>)
// ALONE: sluice.layer "h.2" depth 3 of 3 stage 2 ({{.*}} = %[[S]] : tensor<f64>)

// On one stage "step" stays what it is, and keeps its name.
// ONE-LABEL: sluice.graph @train
// ONE: sluice.layer "embeddings" stage 0
// ONE: sluice.layer "step" stage 0
// ONE: sluice.layer "h.0" depth 1 of 3 stage 0
// ONE: sluice.layer "between.1" stage 0
// ONE: sluice.layer "h.1.0" depth 2 of 3 stage 0
// ONE: sluice.layer "h.1.1" depth 2 of 3 stage 0
// ONE: sluice.layer "h.2" depth 3 of 3 stage 0
// ONE: sluice.layer "head" stage 0
// ONE-LABEL: sluice.graph @eval
// ONE-COUNT-5: sluice.layer {{.*}} stage 0
// ONE-LABEL: sluice.graph @logits
// ONE-COUNT-5: sluice.layer {{.*}} stage 0

// The head costs about as much as two layers.
// TWO-LABEL: sluice.graph @train
// TWO: sluice.layer "h.1.1" depth 2 of 3 stage 0
// TWO: sluice.layer "h.2" depth 3 of 3 stage 1
// TWO: sluice.layer "head" stage 1

// As many stages as there are.
// FIVE-LABEL: sluice.graph @train
// FIVE: sluice.layer "embeddings" stage 0
// FIVE: sluice.layer "h.0" depth 1 of 3 stage 1
// FIVE: sluice.layer "h.1.0" depth 2 of 3 stage 2
// FIVE: sluice.layer "h.1.1" depth 2 of 3 stage 2
// FIVE: sluice.layer "h.2" depth 3 of 3 stage 3
// FIVE: sluice.layer "head" stage 4
sluice.graph @train(%tokens: tensor<768xi32>, %targets: tensor<768xi32>)
    -> (tensor<f32>, tensor<f64> {sluice.metric = "rate"}) {
  %wte = sluice.read @wte : tensor<256x128xf32>
  %w0 = sluice.read @w0 : tensor<128x128xf32>
  %w1 = sluice.read @w1 : tensor<128x128xf32>
  %w2 = sluice.read @w2 : tensor<128x128xf32>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<3xf64>
  %rate = sluice.scalar "rate" : tensor<f64>
  %keep, %r = sluice.layer "step" () broadcast(%k = %key : tensor<4xi32>)
      scalars(%q = %p : tensor<3xf64>, %s = %rate : tensor<f64>) -> (tensor<3xf64>, tensor<f64>) {
    %0 = sluice.bernoulli %k, %q : tensor<4xi32>, tensor<3xf64>
    sluice.yield %0, %s : tensor<3xf64>, tensor<f64>
  }
  %x = sluice.layer "embeddings" () parameters(%w = %wte : tensor<256x128xf32>)
      broadcast(%t = %tokens : tensor<768xi32>) -> tensor<768x128xf32> {
    %0 = sluice.embedding %t, %w : tensor<768xi32>, tensor<256x128xf32> to tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %h0 = sluice.layer "h.0" depth 1 of 3 gate %keep[0] : tensor<3xf64> (%a = %x : tensor<768x128xf32>)
      parameters(%w = %w0 : tensor<128x128xf32>) -> tensor<768x128xf32> {
    %0 = sluice.linear %a, %w : tensor<768x128xf32>, tensor<128x128xf32> to tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %b = sluice.layer "between.1" (%a = %h0 : tensor<768x128xf32>) -> tensor<768x128xf32> {
    %0 = sluice.scale %a by 2.0 : tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %h10 = sluice.layer "h.1.0" depth 2 of 3 gate %keep[1] : tensor<3xf64> (%a = %b : tensor<768x128xf32>)
      parameters(%w = %w1 : tensor<128x128xf32>) -> tensor<768x128xf32> {
    %0 = sluice.linear %a, %w : tensor<768x128xf32>, tensor<128x128xf32> to tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %h11 = sluice.layer "h.1.1" depth 2 of 3 gate %keep[2] : tensor<3xf64> (%a = %h10 : tensor<768x128xf32>)
      -> tensor<768x128xf32> {
    %0 = sluice.relu %a : tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %h2 = sluice.layer "h.2" depth 3 of 3 (%a = %h11 : tensor<768x128xf32>)
      parameters(%w = %w2 : tensor<128x128xf32>) -> tensor<768x128xf32> {
    %0 = sluice.linear %a, %w : tensor<768x128xf32>, tensor<128x128xf32> to tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %loss = sluice.layer "head" (%a = %h2 : tensor<768x128xf32>) parameters(%w = %wte : tensor<256x128xf32>)
      broadcast(%t = %targets : tensor<768xi32>) -> tensor<f32> {
    %l, %z = sluice.linear_cross_entropy %a, %w, %t
        : tensor<768x128xf32>, tensor<256x128xf32>, tensor<768xi32> to tensor<f32>, tensor<768xf32>
    sluice.yield %l : tensor<f32>
  }
  sluice.return %loss, %r : tensor<f32>, tensor<f64>
}

sluice.graph @eval(%tokens: tensor<768xi32>) -> tensor<768x128xf32> {
  %wte = sluice.read @wte : tensor<256x128xf32>
  %x = sluice.layer "embeddings" () parameters(%w = %wte : tensor<256x128xf32>)
      broadcast(%t = %tokens : tensor<768xi32>) -> tensor<768x128xf32> {
    %0 = sluice.embedding %t, %w : tensor<768xi32>, tensor<256x128xf32> to tensor<768x128xf32>
    sluice.yield %0 : tensor<768x128xf32>
  }
  %h0 = sluice.layer "h.0" depth 1 of 3 (%a = %x : tensor<768x128xf32>) -> tensor<768x128xf32> {
    sluice.yield %a : tensor<768x128xf32>
  }
  %h1 = sluice.layer "h.1" depth 2 of 3 (%a = %h0 : tensor<768x128xf32>) -> tensor<768x128xf32> {
    sluice.yield %a : tensor<768x128xf32>
  }
  %h2 = sluice.layer "h.2" depth 3 of 3 (%a = %h1 : tensor<768x128xf32>) -> tensor<768x128xf32> {
    sluice.yield %a : tensor<768x128xf32>
  }
  %y = sluice.layer "head" (%a = %h2 : tensor<768x128xf32>) -> tensor<768x128xf32> {
    sluice.yield %a : tensor<768x128xf32>
  }
  sluice.return %y : tensor<768x128xf32>
}

sluice.graph @logits() -> tensor<f64> {
  %rate = sluice.scalar "rate" : tensor<f64>
  %l = sluice.layer "limits" () scalars(%r = %rate : tensor<f64>) -> tensor<f64> {
    %0 = sluice.scale %r by 2.0 : tensor<f64>
    sluice.yield %0 : tensor<f64>
  }
  %s = sluice.layer "scales" (%a = %l : tensor<f64>) -> tensor<f64> {
    %0 = sluice.scale %a by 3.0 : tensor<f64>
    sluice.yield %0 : tensor<f64>
  }
  %h0 = sluice.layer "h.0" depth 1 of 3 () scalars(%r = %rate : tensor<f64>) -> tensor<f64> {
    sluice.yield %r : tensor<f64>
  }
  %h1 = sluice.layer "h.1" depth 2 of 3 (%a = %h0 : tensor<f64>, %b = %s : tensor<f64>) -> tensor<f64> {
    %0 = sluice.add %a, %b : tensor<f64>, tensor<f64>
    sluice.yield %0 : tensor<f64>
  }
  %h2 = sluice.layer "h.2" depth 3 of 3 (%a = %h1 : tensor<f64>, %b = %s : tensor<f64>) -> tensor<f64> {
    %0 = sluice.add %a, %b : tensor<f64>, tensor<f64>
    sluice.yield %0 : tensor<f64>
  }
  sluice.return %h2 : tensor<f64>
}

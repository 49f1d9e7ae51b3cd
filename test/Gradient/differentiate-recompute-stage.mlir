// Of a stage that is recomputed nothing is kept but what comes into it: backward calls forwards of its layers again,
// one behind the other, and then their backwards.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s

// The embeddings and the head are not repeated: the result of one is kept, and that of the last layer for the other.
// CHECK: sluice.slot kept @train.h.2.result.0
// CHECK-NEXT: sluice.slot kept @train.embeddings.result.0
// CHECK-NOT: sluice.slot kept @train.h.{{[012]}}.kept
// CHECK: func.func @train.forward()

// A layer that is dropped passes on what it got, as in forward. What it would have kept is not looked at.
// CHECK: func.func @train.backward()
// CHECK: %[[X:.*]] = sluice.fetch @train.embeddings.result.0
// CHECK: %[[H0:.*]]:2 = call @train.h.0.forward(%[[X]], {{.*}}) {sluice.repeats} :
// CHECK: %[[H1:.*]]:2 = scf.if
// CHECK-NEXT: func.call @train.h.1.forward(%[[H0]]#0, {{.*}}) {sluice.repeats} :
// CHECK: else
// CHECK-NEXT: %[[COPY:.*]] = func.call @train.copy.{{[0-9]+}}(%[[H0]]#0)
// CHECK-NOT: sluice.repeats
// CHECK: ub.poison
// CHECK-NEXT: scf.yield %[[COPY]], %{{.*}}
// CHECK: %[[H2:.*]]:2 = call @train.h.2.forward(%[[H1]]#0, {{.*}}) {sluice.repeats} :
// CHECK-NOT: @train.h.{{[012]}}.forward
// CHECK: call @train.h.2.backward({{.*}}%[[H2]]#1)
// CHECK: func.call @train.h.1.backward({{.*}}%[[H1]]#1)
// CHECK: call @train.h.0.backward({{.*}}%[[H0]]#1)

sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @up.0 : tensor<4x8xf32> {init = #sluice.normal<1.0>}
sluice.parameter @down.0 : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @up.1 : tensor<4x8xf32> {init = #sluice.normal<1.0>}
sluice.parameter @down.1 : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @up.2 : tensor<4x8xf32> {init = #sluice.normal<1.0>}
sluice.parameter @down.2 : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %up0 = sluice.read @up.0 : tensor<4x8xf32>
  %down0 = sluice.read @down.0 : tensor<8x4xf32>
  %up1 = sluice.read @up.1 : tensor<4x8xf32>
  %down1 = sluice.read @down.1 : tensor<8x4xf32>
  %up2 = sluice.read @up.2 : tensor<4x8xf32>
  %down2 = sluice.read @down.2 : tensor<8x4xf32>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<1xf64>
  %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<1xf64>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %h0 = sluice.layer "h.0" depth 1 of 3 recompute_stage (%a = %x : tensor<2x3x4xf32>)
      parameters(%u = %up0 : tensor<4x8xf32>, %d = %down0 : tensor<8x4xf32>) -> tensor<2x3x4xf32> {
    %0 = sluice.linear %a, %u : tensor<2x3x4xf32>, tensor<4x8xf32> to tensor<2x3x8xf32>
    %1 = sluice.gelu tanh %0 : tensor<2x3x8xf32>
    %2 = sluice.linear %1, %d : tensor<2x3x8xf32>, tensor<8x4xf32> to tensor<2x3x4xf32>
    %3 = sluice.add %a, %2 residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %3 : tensor<2x3x4xf32>
  }
  %h1 = sluice.layer "h.1" depth 2 of 3 recompute_stage gate %keep[0] : tensor<1xf64> (%a = %h0 : tensor<2x3x4xf32>)
      parameters(%u = %up1 : tensor<4x8xf32>, %d = %down1 : tensor<8x4xf32>) -> tensor<2x3x4xf32> {
    %0 = sluice.linear %a, %u : tensor<2x3x4xf32>, tensor<4x8xf32> to tensor<2x3x8xf32>
    %1 = sluice.gelu tanh %0 : tensor<2x3x8xf32>
    %2 = sluice.linear %1, %d : tensor<2x3x8xf32>, tensor<8x4xf32> to tensor<2x3x4xf32>
    %3 = sluice.add %a, %2 residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %3 : tensor<2x3x4xf32>
  }
  %h2 = sluice.layer "h.2" depth 3 of 3 recompute_stage (%a = %h1 : tensor<2x3x4xf32>)
      parameters(%u = %up2 : tensor<4x8xf32>, %d = %down2 : tensor<8x4xf32>) -> tensor<2x3x4xf32> {
    %0 = sluice.linear %a, %u : tensor<2x3x4xf32>, tensor<4x8xf32> to tensor<2x3x8xf32>
    %1 = sluice.gelu tanh %0 : tensor<2x3x8xf32>
    %2 = sluice.linear %1, %d : tensor<2x3x8xf32>, tensor<8x4xf32> to tensor<2x3x4xf32>
    %3 = sluice.add %a, %2 residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %3 : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %h2, %wte, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

// A layer that is recomputed keeps its inputs alone: backward calls its forward again, and then its backward.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers), \
// RUN:   sluice-differentiate,canonicalize,sluice-trim-repeated)" | FileCheck %s --check-prefix=TRIMMED

// Inputs are results of the layers in front, each kept once. What nothing keeps has no slot.
// CHECK-NOT: sluice.slot kept @train.h.0.kept
// CHECK-NOT: sluice.slot kept @train.h.1.kept
// CHECK-COUNT-1: sluice.slot kept @train.h.1.result.0
// CHECK-COUNT-1: sluice.slot kept @train.h.0.result.0
// CHECK-COUNT-1: sluice.slot kept @train.embeddings.result.0
// CHECK-NOT: sluice.slot kept @train.h.0.kept
// CHECK-NOT: sluice.slot kept @train.h.1.kept
// CHECK: sluice.slot kept @train.h.2.kept.0
// CHECK-NOT: sluice.slot kept

// CHECK: func.func @train.forward()
// CHECK: call @train.h.0.forward(%{{[^)]*}}) : (

// A layer that is dropped is not repeated, and one that keeps what it computes neither.
// CHECK: func.func @train.backward()
// CHECK-NOT: func.call @train.h.2.forward
// CHECK: call @train.h.2.backward
// CHECK: %[[H0:.*]] = sluice.fetch @train.h.0.result.0
// CHECK: %[[AGAIN:.*]]:2 = scf.if
// CHECK-NEXT: func.call @train.h.1.forward(%[[H0]], {{.*}}) {sluice.repeats} :
// CHECK: else
// CHECK-COUNT-2: ub.poison
// CHECK-NOT: sluice.fetch @train.h.1.kept
// CHECK: scf.if
// CHECK: func.call @train.h.1.backward({{.*}}%[[AGAIN]]#1)
// CHECK: %[[X:.*]] = sluice.fetch @train.embeddings.result.0
// CHECK: %[[AGAIN:.*]]:2 = call @train.h.0.forward(%[[X]], {{.*}}) {sluice.repeats} :
// CHECK: call @train.h.0.backward({{.*}}%[[AGAIN]]#1)

// The product that only the layer's result needs is not computed again, and forward returns nothing else.
// TRIMMED-NOT: @train.h.0.forward(
// TRIMMED: func.func private @train.h.0.forward.alone({{.*}}) -> tensor<2x3x4xf32> {
// TRIMMED: func.func private @train.h.0.forward.repeated(
// TRIMMED-NEXT: sluice.linear
// TRIMMED-NEXT: return
// TRIMMED: func.func @train.backward()
// TRIMMED: call @train.h.0.forward.repeated({{.*}}) {sluice.repeats} : ({{.*}}) -> tensor<2x3x8xf32>
// TRIMMED-NOT: @train.h.0.forward(

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
  %h0 = sluice.layer "h.0" depth 1 of 3 recompute (%a = %x : tensor<2x3x4xf32>)
      parameters(%u = %up0 : tensor<4x8xf32>, %d = %down0 : tensor<8x4xf32>) -> tensor<2x3x4xf32> {
    %0 = sluice.linear %a, %u : tensor<2x3x4xf32>, tensor<4x8xf32> to tensor<2x3x8xf32>
    %1 = sluice.gelu tanh %0 : tensor<2x3x8xf32>
    %2 = sluice.linear %1, %d : tensor<2x3x8xf32>, tensor<8x4xf32> to tensor<2x3x4xf32>
    %3 = sluice.add %a, %2 residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %3 : tensor<2x3x4xf32>
  }
  %h1 = sluice.layer "h.1" depth 2 of 3 recompute gate %keep[0] : tensor<1xf64> (%a = %h0 : tensor<2x3x4xf32>)
      parameters(%u = %up1 : tensor<4x8xf32>, %d = %down1 : tensor<8x4xf32>) -> tensor<2x3x4xf32> {
    %0 = sluice.linear %a, %u : tensor<2x3x4xf32>, tensor<4x8xf32> to tensor<2x3x8xf32>
    %1 = sluice.gelu tanh %0 : tensor<2x3x8xf32>
    %2 = sluice.linear %1, %d : tensor<2x3x8xf32>, tensor<8x4xf32> to tensor<2x3x4xf32>
    %3 = sluice.add %a, %2 residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %3 : tensor<2x3x4xf32>
  }
  %h2 = sluice.layer "h.2" depth 3 of 3 (%a = %h1 : tensor<2x3x4xf32>)
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

// A parameter that a gated and an ungated layer read: its gradient is there in every step, whatever the gate.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s

// CHECK: sluice.slot gradient @gradient.w : tensor<4x4xf32> of @w{{$}}
sluice.parameter @head : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @x : tensor<2x3x4xf32> {init = #sluice.normal<1.0>}

// A closed gate leaves zeros for the sum with the other layer's gradient, not what is undefined.
// CHECK: func.func @train.backward()
// CHECK: call @train.h.1.backward
// CHECK: scf.if
// CHECK: func.call @train.h.0.backward
// CHECK: else
// CHECK: %[[COPY:.*]] = func.call @train.copy.{{[0-9]+}}
// CHECK: %[[ZERO:.*]] = func.call @train.zero.{{[0-9]+}}() : () -> tensor<4x4xf32>
// CHECK: scf.yield %[[COPY]], %[[ZERO]]
sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f32> {
  %head = sluice.read @head : tensor<7x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %x = sluice.read @x : tensor<2x3x4xf32>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<1xf64>
  %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<1xf64>
  %y = sluice.layer "h.0" depth 1 of 2 gate %keep[0] : tensor<1xf64> (%a = %x : tensor<2x3x4xf32>)
      parameters(%b = %w : tensor<4x4xf32>) -> tensor<2x3x4xf32> {
    %l = sluice.linear %a, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %r = sluice.add %a, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<2x3x4xf32>)
      parameters(%b = %w : tensor<4x4xf32>) -> tensor<2x3x4xf32> {
    %l = sluice.linear %a, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %r = sluice.add %a, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %z, %head, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

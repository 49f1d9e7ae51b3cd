// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-opt %s \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate{microbatches=2})" \
// RUN:   | FileCheck %s --check-prefix=ACCUMULATE

// The layer's input is a parameter: it has its gradient where the layer is dropped too, so that no gate is in front of
// it. That of the layer's weight comes through the gate, and so does that of a parameter which the layer does not pass
// on.
// CHECK: sluice.slot gradient @gradient.x : tensor<2x3x4xf32> of @x{{$}}
// CHECK: sluice.slot gradient @gradient.v : tensor<2x3x4xf32> of @v {gates = [#sluice.gate<@train.gates.0[0]>]}
// CHECK: sluice.slot gradient @gradient.w : tensor<4x4xf32> of @w {gates = [#sluice.gate<@train.gates.0[0]>]}
sluice.parameter @x : tensor<2x3x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @v : tensor<2x3x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf32> {init = #sluice.normal<1.0>}

// CHECK: func.func @train.backward()
// CHECK: %[[HEAD:.*]]:{{[0-9]+}} = call @train.head.backward
// CHECK: %[[GRADIENTS:.*]]:3 = scf.if
// CHECK: else
// CHECK-NEXT: %[[PASSED:.*]] = func.call @train.copy.{{[0-9]+}}(%[[HEAD]]#
// CHECK: scf.yield %[[PASSED]],
// CHECK: sluice.store %[[GRADIENTS]]#0, @gradient.x

// With several micro-batches what passes through is added to what is there.
// ACCUMULATE: func.func @train.backward()
// ACCUMULATE: %[[HEAD:.*]]:{{[0-9]+}} = call @train.head.backward
// ACCUMULATE: %[[OLD:.*]] = sluice.fetch @gradient.x :
// ACCUMULATE: else
// ACCUMULATE-NEXT: %[[NEW:.*]] = func.call @[[SUM:train.sum.[0-9]+]](%[[OLD]], %[[HEAD]]#
// ACCUMULATE: scf.yield %[[NEW]],
// ACCUMULATE: func.func private @[[SUM]](%arg0: tensor<2x3x4xf32> {sluice.updates = 0 : i64}
sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f32> {
  %x = sluice.read @x : tensor<2x3x4xf32>
  %v = sluice.read @v : tensor<2x3x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %head = sluice.read @head : tensor<7x4xf32>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<1xf64>
  %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<1xf64>
  %y = sluice.layer "h.0" depth 1 of 1 gate %keep[0] : tensor<1xf64>
      (%a = %x : tensor<2x3x4xf32>, %c = %v : tensor<2x3x4xf32>) parameters(%b = %w : tensor<4x4xf32>)
      -> tensor<2x3x4xf32> {
    %s = sluice.add %a, %c : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    %l = sluice.linear %s, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %r = sluice.add %a, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-opt %s \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate{microbatches=2})" \
// RUN:   | FileCheck %s --check-prefix=ACCUMULATE

// CHECK: layers = ["h.0"]
// CHECK-SAME: gates = [#sluice.layer_gate<layer = 0, gate = <@train.gates.0[0]>, flops = 5.760000e+02 : f64>]
// CHECK: sluice.slot gate @train.gates.0 : tensor<1xf64>
// CHECK: sluice.slot result @train.metric.1
// CHECK-SAME: {{^}} : tensor<f32> {gates = [#sluice.gate<@train.gates.0[0]>], sluice.metric = "size"}
// The gradient of @w comes through the gate; the table has other uses, so that its gradient is always there.
// CHECK: sluice.slot gradient @gradient.wte : tensor<7x4xf32> of @wte{{$}}
// CHECK: sluice.slot gradient @gradient.w : tensor<4x4xf32> of @w {gates = [#sluice.gate<@train.gates.0[0]>]}
sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}

// CHECK: func.func @train.forward()
// CHECK: %[[KEEP:.*]] = call @train.step.forward
// CHECK: %[[X:.*]] = call @train.embeddings.forward
// CHECK: tensor.extract %[[KEEP]][%c0]
// CHECK: %[[OPEN:.*]] = arith.cmpf ogt
// A dropped layer passes its input on, its other results are zeros, and what it would keep for backward is undefined.
// CHECK: scf.if %[[OPEN]]
// CHECK: func.call @train.h.0.forward
// CHECK: else
// CHECK: %[[COPY:.*]] = func.call @train.copy.0(%[[X]])
// CHECK: %[[ZERO:.*]] = func.call @train.zero.1()
// CHECK: %[[POISON:.*]] = ub.poison
// CHECK: scf.yield %[[COPY]], %[[ZERO]], %[[POISON]]

// CHECK: func.func @train.backward()
// CHECK: %[[COUNT:.*]] = call @train.copy.2
// CHECK: sluice.store %[[COUNT]], @train.gates.0
// CHECK: scf.if
// CHECK: func.call @train.h.0.backward
// CHECK: else
// CHECK: %[[COPY:.*]] = func.call @train.copy.3
// CHECK: %[[POISON:.*]] = ub.poison
// CHECK: scf.yield %[[COPY]], %[[POISON]]

// With several micro-batches gates are counted, and a dropped layer leaves the gradient as it is.
// ACCUMULATE: func.func @train.backward()
// ACCUMULATE: %[[OLD:.*]] = sluice.fetch @train.gates.0
// ACCUMULATE: %[[COUNT:.*]] = call @train.sum.{{[0-9]+}}(%[[OLD]],
// ACCUMULATE: sluice.store %[[COUNT]], @train.gates.0
// ACCUMULATE: %[[GRADIENT:.*]] = sluice.fetch @gradient.w :
// ACCUMULATE: else
// ACCUMULATE: scf.yield %{{.*}}, %[[GRADIENT]]
sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>)
    -> (tensor<f32>, tensor<f32> {sluice.metric = "size"}) {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<1xf64>
  %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<1xf64>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %y, %size = sluice.layer "h.0" depth 1 of 1 gate %keep[0] : tensor<1xf64> (%a = %x : tensor<2x3x4xf32>)
      parameters(%b = %w : tensor<4x4xf32>) -> (tensor<2x3x4xf32>, tensor<f32>) {
    %l = sluice.linear %a, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %g = sluice.gelu tanh %l : tensor<2x3x4xf32>
    %r = sluice.add %a, %g residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    %s = sluice.sum_leading %r : tensor<2x3x4xf32> to tensor<4xf32>
    %t = sluice.sum_leading %s : tensor<4xf32> to tensor<f32>
    sluice.yield %r, %t : tensor<2x3x4xf32>, tensor<f32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %wte, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss, %size : tensor<f32>, tensor<f32>
}

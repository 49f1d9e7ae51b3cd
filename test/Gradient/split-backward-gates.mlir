// A branch around a call becomes one around each half: a dropped layer keeps nothing, and leaves gradients as they are.
// A weight that is used twice has both of its gradients in the second half, added once.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers), \
// RUN:   sluice-differentiate{microbatches=2}, sluice-split-backward)" | FileCheck %s
// RUN: sed "s/f32/f64/g" %s > %t.f64.mlir && sluice-run %t.f64.mlir --check-gradient \
// RUN:   | FileCheck %s --check-prefix=NUMERIC
// NUMERIC: gradient check passed

// CHECK: func.func private @train.h.0.backward_input(
// CHECK-NOT: matmul
// CHECK: return
// CHECK: func.func private @train.h.0.backward_weight(
// CHECK: %[[FIRST:.*]] = sluice.matmul
// CHECK: %[[SECOND:.*]] = sluice.matmul
// CHECK: %[[BOTH:.*]] = sluice.add %[[FIRST]], %[[SECOND]]
// CHECK: %[[SUM:.*]] = sluice.add %{{.*}}, %[[BOTH]]
// CHECK: return %[[SUM]] : tensor<4x4xf32>

// CHECK: func.func @train.backward_input()
// CHECK-NOT: sluice.store %{{.*}}, @train.gates.0
// CHECK: %[[DY:.*]]:3 = call @train.head.backward
// CHECK: %[[OPEN:.*]] = arith.cmpf ogt
// CHECK: %[[INPUT:.*]]:2 = scf.if %[[OPEN]] -> (tensor<2x3x4xf32>, tensor<2x3x4xf32>)
// CHECK: func.call @train.h.0.backward_input
// CHECK: else
// CHECK-NEXT: %[[COPY:.*]] = func.call @train.copy
// CHECK-NEXT: %[[POISON:.*]] = ub.poison
// CHECK-NEXT: scf.yield %[[COPY]], %[[POISON]]
// CHECK: sluice.store %[[INPUT]]#1, @train.h.0.backward_input.kept.1
// CHECK: return

// Gates are counted where gradients are summed.
// CHECK: func.func @train.backward_weight()
// CHECK: sluice.store %{{.*}}, @train.gates.0
// CHECK: %[[OPEN:.*]] = arith.cmpf ogt
// CHECK: %[[OLD:.*]] = sluice.fetch @gradient.w :
// CHECK: %[[NEW:.*]] = scf.if %[[OPEN]] -> (tensor<4x4xf32>)
// CHECK: func.call @train.h.0.backward_weight
// CHECK: else
// CHECK-NEXT: scf.yield %[[OLD]]
// CHECK: sluice.store %[[NEW]], @gradient.w
// CHECK: call @train.embeddings.backward

sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}

sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<1xf64>
  %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<1xf64>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 gate %keep[0] : tensor<1xf64> (%a = %x : tensor<2x3x4xf32>)
      parameters(%b = %w : tensor<4x4xf32>) -> tensor<2x3x4xf32> {
    %l = sluice.linear %a, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %g = sluice.gelu tanh %l : tensor<2x3x4xf32>
    %m = sluice.linear %g, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %r = sluice.add %a, %m residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %wte, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] tied [0, 0] {
  pipe.program @device.0 device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.run backward_input stage 0 micro_batch 0
    pipe.run backward_weight stage 0 micro_batch 0
    pipe.run tied stage 0
    pipe.reduce
    pipe.update stage 0
  }
}

// With several micro-batches each gradient is added to what its slot holds; with one it is what the slot gets.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s --check-prefixes=BOTH,ONE --implicit-check-not=sluice.updates
// RUN: sluice-opt %s \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate{microbatches=8})" \
// RUN:   | FileCheck %s --check-prefixes=BOTH,MANY
// RUN: not sluice-opt %s \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate{microbatches=0})" \
// RUN:   2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected at least 1 micro-batch, found 0

sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf32> {init = #sluice.normal<1.0>}

// The gradient of the stream is not a parameter's: it is never added to an old one. Where a sum is computed stands
// which argument it is written over.
// ONE-LABEL: func.func private @train.h.0.backward
// ONE: %[[DW:.*]] = sluice.matmul
// ONE-NEXT: return %{{.*}}, %[[DW]]
// MANY-LABEL: func.func private @train.h.0.backward
// MANY-SAME: %[[OLD:[^:]*]]: tensor<4x4xf32> {sluice.updates = 1 : i64}
// MANY: %[[DW:.*]] = sluice.matmul
// MANY: %[[SUM:.*]] = sluice.add %[[OLD]], %[[DW]]
// MANY: return %{{.*}}, %[[SUM]]

// A step of whole micro-batches is one forward and one backward all the same.
// BOTH-LABEL: func.func @train.forward
// BOTH-SAME: {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
// BOTH-LABEL: func.func @train.backward
// BOTH-SAME: {sluice.action = #sluice.action<backward>, sluice.graph = "train"}
// ONE: %[[GRADIENTS:.*]]:2 = call @train.h.0.backward
// ONE: sluice.store %[[GRADIENTS]]#1, @gradient.w : tensor<4x4xf32>
// MANY: %[[OLD:.*]] = sluice.fetch @gradient.w : tensor<4x4xf32>
// MANY: %[[GRADIENTS:.*]]:2 = call @train.h.0.backward({{.*}}%[[OLD]]
// MANY: sluice.store %[[GRADIENTS]]#1, @gradient.w : tensor<4x4xf32>
sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%tokens: tensor<3xi32>, %targets: tensor<3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %head = sluice.read @head : tensor<7x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<3xi32>, tensor<7x4xf32> to tensor<3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<3x4xf32>) parameters(%p = %w : tensor<4x4xf32>)
      -> tensor<3x4xf32> {
    %b = sluice.linear %a, %p : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
    sluice.yield %b : tensor<3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  sluice.return %loss : tensor<f32>
}

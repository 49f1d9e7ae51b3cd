// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-opt %s \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate{microbatches=2})" \
// RUN:   | FileCheck %s --check-prefix=ACCUMULATE

// Each use of a tied parameter has a gradient slot; they are added once. What backward needs is a slot, what can be
// repeated is not. The head's forward is a part of backward.
// CHECK-DAG: sluice.slot gradient @gradient.wte : tensor<7x4xf32> of @wte
// CHECK-DAG: sluice.slot gradient @gradient.wte.1 : tensor<7x4xf32> of @wte
// CHECK-DAG: sluice.slot kept @train.h.0.result.0 : tensor<2x3x4xf32>
// CHECK-DAG: sluice.slot result @train.loss : tensor<f32> {sluice.graph = "train"}
sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}

// CHECK: func.func private @train.head.backward
// CHECK: %[[LOSS:.*]], %[[LSE:.*]] = sluice.linear_cross_entropy
// CHECK: %[[DX:.*]], %[[DW:.*]] = sluice.linear_cross_entropy_backward {{.*}}%[[LSE]]
// CHECK: return %[[LOSS]], %[[DX]], %[[DW]]
// CHECK: func.func private @train.h.0.backward
// CHECK-NEXT: sluice.gelu_backward tanh
// CHECK: func.func private @train.embeddings.backward(%{{.*}}: tensor<2x3xi32>, %{{.*}}: tensor<2x3x4xf32>)
// CHECK-NEXT: %[[ROWS:.*]] = sluice.embedding_backward
// CHECK-NEXT: return %[[ROWS]]

// CHECK: func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
// CHECK: sluice.input 0 : tensor<2x3xi32>
// CHECK: call @train.embeddings.forward
// CHECK: call @train.h.0.forward
// CHECK-NOT: @train.loss

// CHECK: func.func @train.backward()
// CHECK: sluice.scalar "loss_gradient"
// CHECK: %[[HEAD:.*]]:3 = call @train.head.backward
// CHECK: sluice.store %[[HEAD]]#2, @gradient.wte :
// CHECK: call @train.h.0.backward
// CHECK: %[[ROWS:.*]] = call @train.embeddings.backward
// CHECK: sluice.store %[[ROWS]], @gradient.wte.1 :
// CHECK: sluice.store %[[HEAD]]#0, @train.loss
// CHECK: func.func @train.tied() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train"}
// CHECK-NEXT: %[[A:.*]] = sluice.fetch @gradient.wte :
// CHECK-NEXT: %[[B:.*]] = sluice.fetch @gradient.wte.1 :
// CHECK-NEXT: %[[SUM:.*]] = call @train.sum.0(%[[A]], %[[B]])
// CHECK-NEXT: sluice.store %[[SUM]], @gradient.wte :
// CHECK: func.func private @train.sum.0(%{{.*}}: tensor<7x4xf32> {sluice.updates = 0 : i64},

// With several micro-batches backward adds to what the slots hold, in place.
// ACCUMULATE: func.func private @train.head.backward({{.*}}tensor<7x4xf32> {sluice.updates = 2 : i64}
// ACCUMULATE: sluice.add %{{.*}}, %dweight
// ACCUMULATE: func.func @train.backward()
// ACCUMULATE: %[[OLD:.*]] = sluice.fetch @gradient.wte.1
// ACCUMULATE: call @train.embeddings.backward({{.*}}%[[OLD]])
// ACCUMULATE: sluice.store %{{.*}}, @gradient.wte.1
// ACCUMULATE: func.func @train.tied()
sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<2x3x4xf32>
    %r = sluice.add %a, %g residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %wte, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

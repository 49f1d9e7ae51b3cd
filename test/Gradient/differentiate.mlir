// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" | FileCheck %s
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate{microbatches=2})" | FileCheck %s --check-prefix=ACCUMULATE

// A tied parameter has a gradient slot for each use; what backward needs is a slot, what can be repeated is not. The head's forward is a part of backward.
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

// CHECK: func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"}
// CHECK: sluice.input 0 : tensor<2x3xi32>
// CHECK: call @train.embeddings.forward
// CHECK: call @train.h.0.forward
// CHECK-NOT: @train.loss

// CHECK: func.func @train.backward()
// CHECK: sluice.scalar "loss_gradient"
// CHECK: call @train.head.backward
// CHECK: call @train.h.0.backward
// CHECK: call @train.embeddings.backward
// CHECK: sluice.store %{{.*}}, @gradient.wte.1
// CHECK: sluice.store %{{.*}}, @train.loss

// CHECK: func.func @train.tied()
// CHECK: %[[A:.*]] = sluice.fetch @gradient.wte :
// CHECK: %[[B:.*]] = sluice.fetch @gradient.wte.1
// CHECK: %[[SUM:.*]] = call @train.sum.0(%[[A]], %[[B]])
// CHECK: sluice.store %[[SUM]], @gradient.wte :

// With several micro-batches backward adds to what the slot holds, in place.
// ACCUMULATE: func.func private @train.head.backward({{.*}}tensor<7x4xf32> {sluice.updates = 2 : i64}
// ACCUMULATE: sluice.add %{{.*}}, %dweight
sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<2x3x4xf32>
    %r = sluice.add %a, %g residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %wte, %targets : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

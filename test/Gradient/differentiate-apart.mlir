// Draws, and whatever else no parameter is behind, need no gradient; unused parameters have none.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s --implicit-check-not="@gradient.unused" --implicit-check-not="@gradient.scale"

// CHECK: sluice.slot gradient @gradient.w : tensor<3xf32> of @w
sluice.parameter @w : tensor<3xf32> {init = #sluice.normal<1.0>}
sluice.parameter @unused : tensor<3xf32> {init = #sluice.normal<1.0>}
sluice.parameter @scale : tensor<3xf32> {init = #sluice.normal<1.0>}

// Only the product with what is drawn is backward; the draw itself is kept, as it is drawn once.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK-SAME: (%[[DY:.*]]: tensor<f32>, %[[MASK:.*]]: tensor<3xf32>) -> tensor<3xf32>
// CHECK-NOT: sluice.bernoulli
// CHECK: return

// What is logged, and not differentiated, is computed in forward alone.
// CHECK-LABEL: func.func private @train.model.forward
// CHECK: %[[MASK:.*]] = sluice.bernoulli
// CHECK: sluice.mul %{{.*}}, %[[MASK]]
// CHECK: %[[SIZE:.*]] = sluice.sum_leading
// CHECK: return %{{.*}}, %[[SIZE]], %[[MASK]] : tensor<f32>, tensor<f32>, tensor<3xf32>
// CHECK-LABEL: func.func @train.backward
// CHECK: call @train.model.backward
// CHECK-NOT: call
sluice.graph @train() -> (tensor<f32>, tensor<f32> {sluice.metric = "size"}) {
  %w = sluice.read @w : tensor<3xf32>
  %unused = sluice.read @unused : tensor<3xf32>
  %scale = sluice.read @scale : tensor<3xf32>
  %key = sluice.key : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<3xf32>
  %one = arith.constant dense<1.0> : tensor<3x1xf32>
  %loss, %size = sluice.layer "model" ()
      parameters(%v = %w : tensor<3xf32>, %s = %scale : tensor<3xf32>) broadcast(%k = %key : tensor<4xi32>)
      scalars(%q = %p : tensor<3xf32>, %ones = %one : tensor<3x1xf32>) -> (tensor<f32>, tensor<f32>) {
    %mask = sluice.bernoulli %k, %q : tensor<4xi32>, tensor<3xf32>
    %y = sluice.mul %v, %mask : tensor<3xf32>, tensor<3xf32>
    %row = sluice.reshape %y : tensor<3xf32> to tensor<1x3xf32>
    %l = sluice.linear %row, %ones : tensor<1x3xf32>, tensor<3x1xf32> to tensor<1x1xf32>
    %r = sluice.reshape %l : tensor<1x1xf32> to tensor<f32>
    %t = sluice.sum_leading %s : tensor<3xf32> to tensor<f32>
    sluice.yield %r, %t : tensor<f32>, tensor<f32>
  }
  sluice.return %loss, %size : tensor<f32>, tensor<f32>
}

// Where each branch has a draw of its own, a layer becomes as many layers as it has branches.
// RUN: sluice-opt %s --sluice-insert-layer-drop=granularity=sublayer | FileCheck %s

sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<1.0>}

// What a branch needs goes with it, in the order of the groups; the second part takes the stream of the first.
// CHECK-LABEL: sluice.graph @train
// CHECK-SAME: (%[[T:.*]]: tensor<4xi32>)
// Depths of the draws: two of the first layer, one of the second, whose single branch leaves it whole.
// CHECK: arith.constant dense<[1.000000e+00, 1.000000e+00, 2.000000e+00]> : tensor<3xf64>
// CHECK: %[[FIRST:.*]] = sluice.layer "h.0.0" depth 1 of 2 gate %[[KEEP:.*]][0] : tensor<3xf64>
// CHECK-SAME: (%[[A:.*]] = %{{.*}} : tensor<4xf32>) parameters(%[[P:.*]] = %{{.*}} : tensor<4xf32>) scalars
// CHECK-NOT: broadcast
// CHECK: %[[B:.*]] = sluice.mul %[[A]], %[[P]]
// CHECK: sluice.yield
// CHECK: %[[SECOND:.*]]:2 = sluice.layer "h.0.1" depth 1 of 2 gate %[[KEEP]][1] : tensor<3xf64>
// CHECK-SAME: (%[[C:.*]] = %[[FIRST]] : tensor<4xf32>) broadcast(%[[I:.*]] = %[[T]] : tensor<4xi32>)
// CHECK-SAME: -> (tensor<4xf32>, tensor<f32>)
// CHECK: sluice.standardization_loss
// What a layer yields beside the stream is yielded by the part that computes it.
// CHECK: sluice.yield %{{.*}}, %{{.*}} : tensor<4xf32>, tensor<f32>
// CHECK: sluice.layer "h.1" depth 2 of 2 gate %[[KEEP]][2] : tensor<3xf64> (%{{.*}} = %[[SECOND]]#0 : tensor<4xf32>)
// CHECK: sluice.return %{{.*}}, %[[SECOND]]#1
sluice.graph @train(%t: tensor<4xi32>) -> (tensor<f32>, tensor<f32> {sluice.metric = "size"}) {
  %w = sluice.read @w : tensor<4xf32>
  %x = sluice.zero : tensor<4xf32>
  %y, %size = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<4xf32>) parameters(%p = %w : tensor<4xf32>)
      broadcast(%i = %t : tensor<4xi32>) -> (tensor<4xf32>, tensor<f32>) {
    %b = sluice.mul %a, %p : tensor<4xf32>, tensor<4xf32>
    %c = sluice.add %a, %b residual : tensor<4xf32>, tensor<4xf32>
    %d = sluice.relu %c : tensor<4xf32>
    %e = sluice.reshape %d : tensor<4xf32> to tensor<4x1xf32>
    %term, %m, %v, %r = sluice.standardization_loss %e, %i epsilon 0.125
        : tensor<4x1xf32>, tensor<4xi32> to tensor<f32>, tensor<1xf32>, tensor<4xf32>
    %f = sluice.add %c, %d residual : tensor<4xf32>, tensor<4xf32>
    sluice.yield %f, %term : tensor<4xf32>, tensor<f32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<4xf32>) -> tensor<4xf32> {
    %b = sluice.relu %a : tensor<4xf32>
    %c = sluice.add %a, %b residual : tensor<4xf32>, tensor<4xf32>
    sluice.yield %c : tensor<4xf32>
  }
  %l = sluice.sum_leading %z : tensor<4xf32> to tensor<f32>
  sluice.return %l, %size : tensor<f32>, tensor<f32>
}

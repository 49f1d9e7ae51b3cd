// What forward keeps for backward: results of ops that backward uses, but for those that are repeated there.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s

sluice.parameter @x : tensor<3x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @g : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf32> {init = #sluice.normal<1.0>}

// Of the first layer nothing is kept but its result, which the second layer takes; of the second the log-sum-exp, and
// what attention gave. The norm and what rearranges its result are repeated.
// CHECK: sluice.slot kept @train.h.1.result.0 : tensor<3x4xf32>
// CHECK-NEXT: sluice.slot kept @train.h.0.result.0 : tensor<3x4xf32>
// CHECK-NEXT: sluice.slot kept @train.h.1.kept.0 : tensor<1x3x4xf32>
// CHECK-NEXT: sluice.slot kept @train.h.1.kept.1 : tensor<1x2x3xf32>
// CHECK-NOT: sluice.slot kept

// CHECK-LABEL: func.func private @train.h.1.backward
// CHECK-SAME: (%[[X:[^:]*]]: tensor<3x4xf32>, %[[G:[^:]*]]: tensor<4xf32>, %[[DY:[^:]*]]: tensor<3x4xf32>,
// CHECK-SAME: %[[A:[^:]*]]: tensor<1x3x4xf32>, %[[L:[^:]*]]: tensor<1x2x3xf32>)
// CHECK: %[[N:.*]], %[[RSTD:.*]] = sluice.rms_norm %[[X]], %[[G]]
// CHECK: %[[Q:.*]] = sluice.reshape %[[N]]
// CHECK: sluice.attention_backward %{{.*}}, %[[Q]], %[[Q]], %[[Q]], %[[A]], %[[L]] heads 2
// CHECK: sluice.rms_norm_backward %{{.*}}, %[[X]], %[[G]], %[[RSTD]]

// The product of the first layer needs its operands alone: a parameter that is read again, and an argument.
// CHECK-LABEL: func.func private @train.h.0.forward
// CHECK: return %{{[^,]*}} : tensor<3x4xf32>
// CHECK-LABEL: func.func @train.backward
// CHECK-DAG: sluice.fetch @train.h.1.kept.0
// CHECK-DAG: sluice.fetch @train.h.1.kept.1
// CHECK-DAG: sluice.fetch @train.h.0.result.0
// CHECK: call @train.h.1.backward
// CHECK: call @train.h.0.backward
sluice.graph @train(%targets: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.read @x : tensor<3x4xf32>
  %g = sluice.read @g : tensor<4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %head = sluice.read @head : tensor<7x4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<3x4xf32>) parameters(%p = %w : tensor<4x4xf32>)
      -> tensor<3x4xf32> {
    %b = sluice.linear %a, %p : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
    sluice.yield %b : tensor<3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<3x4xf32>) parameters(%p = %g : tensor<4xf32>)
      -> tensor<3x4xf32> {
    %n, %rstd = sluice.rms_norm %a, %p epsilon 0.125 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
    %q = sluice.reshape %n : tensor<3x4xf32> to tensor<1x3x4xf32>
    %o, %lse = sluice.attention %q, %q, %q heads 2 : tensor<1x3x4xf32>, tensor<1x3x4xf32> to tensor<1x2x3xf32>
    %r = sluice.reshape %o : tensor<1x3x4xf32> to tensor<3x4xf32>
    sluice.yield %r : tensor<3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %z, %head, %targets
      : tensor<3x4xf32>, tensor<7x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  sluice.return %loss : tensor<f32>
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s

// Norms and GELU are repeated in backward, right where it needs them: only the inner linear's result is kept.
// CHECK-COUNT-1: sluice.slot kept @train.h.0.kept.0 : tensor<2x3x8xf32>
// CHECK-NOT: @train.h.0.kept.1
// CHECK: func.func private @train.h.0.backward(%[[X:[^:]*]]: {{.*}}, %[[DY:[^:]*]]: tensor<2x3x4xf32>,
// CHECK-SAME: {{^}} %[[H:[^:]*]]: tensor<2x3x8xf32>)
// CHECK-NEXT: sluice.linear %[[DY]], %{{.*}} transposed
// CHECK-NEXT: %[[GELU:.*]] = sluice.gelu tanh %[[H]]
// CHECK-NEXT: sluice.matmul %[[GELU]], %[[DY]]
// CHECK-NEXT: %[[DH:.*]] = sluice.gelu_backward tanh %{{.*}}, %[[H]]
// CHECK-NEXT: sluice.linear %[[DH]], %{{.*}} transposed
// CHECK-NEXT: %[[N:.*]], %[[MEAN:.*]], %[[RSTD:.*]] = sluice.layer_norm %[[X]]
// CHECK-NEXT: sluice.matmul %[[N]], %[[DH]]
// CHECK-NEXT: sluice.layer_norm_backward %{{.*}}, %[[X]], %{{.*}}, %[[MEAN]], %[[RSTD]]
sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @norm : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.parameter @up : tensor<4x8xf32> {init = #sluice.normal<1.0>}
sluice.parameter @down : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %norm = sluice.read @norm : tensor<4xf32>
  %up = sluice.read @up : tensor<4x8xf32>
  %down = sluice.read @down : tensor<8x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<2x3x4xf32>)
      parameters(%p = %norm : tensor<4xf32>, %q = %up : tensor<4x8xf32>, %r = %down : tensor<8x4xf32>)
      -> tensor<2x3x4xf32> {
    %n, %mean, %rstd = sluice.layer_norm %a, %p epsilon 1.0e-5
        : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>, tensor<2x3xf32>
    %h = sluice.linear %n, %q : tensor<2x3x4xf32>, tensor<4x8xf32> to tensor<2x3x8xf32>
    %g = sluice.gelu tanh %h : tensor<2x3x8xf32>
    %o = sluice.linear %g, %r : tensor<2x3x8xf32>, tensor<8x4xf32> to tensor<2x3x4xf32>
    sluice.yield %o : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %wte, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

// Layers that normalize their sum are dropped where that is forced: the branch is scaled, and a dropped layer leaves
// the norm out as well.
// RUN: sluice-opt %s --sluice-insert-layer-drop=force=true | FileCheck %s

sluice.parameter @n : tensor<4xf32> {init = #sluice.constant<1.0>}
// CHECK-LABEL: sluice.graph @train
// CHECK: %[[KEEP:.*]] = sluice.bernoulli
// CHECK: sluice.layer "h.0" depth 1 of 2 gate %[[KEEP]][0]
// CHECK: %[[BRANCH:.*]] = sluice.gelu
// CHECK: %[[SCALED:.*]] = sluice.mul %[[BRANCH]],
// CHECK: %[[SUM:.*]] = sluice.add %{{.*}}, %[[SCALED]] residual
// CHECK: sluice.rms_norm %[[SUM]]
// CHECK: sluice.layer "h.1" depth 2 of 2 gate %[[KEEP]][1]
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<3x4xf32>
  %n = sluice.read @n : tensor<4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<3x4xf32>)
      parameters(%p = %n : tensor<4xf32>) -> tensor<3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    %b = sluice.add %a, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    %m, %rstd = sluice.rms_norm %b, %p epsilon 1.0e-5 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
    sluice.yield %m : tensor<3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<3x4xf32>)
      parameters(%p = %n : tensor<4xf32>) -> tensor<3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    %b = sluice.add %a, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    %m, %rstd = sluice.rms_norm %b, %p epsilon 1.0e-5 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
    sluice.yield %m : tensor<3x4xf32>
  }
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}

// RUN: sluice-opt %s --load-pass-plugin=%plugin --pass-pipeline="builtin.module(scale-branches)" | FileCheck %s
// RUN: sluice-opt %s --load-pass-plugin=%plugin --pass-pipeline="builtin.module(scale-branches{power=1})" \
// RUN:   | FileCheck %s --check-prefix=LINEAR

// Four branches, each by 1/sqrt 4 or by 1/4.
// CHECK-LABEL: sluice.graph @train
// CHECK: %[[G:.*]] = sluice.gelu
// CHECK: %[[S:.*]] = sluice.scale %[[G]] by 5.000000e-01
// CHECK: sluice.add %{{.*}}, %[[S]] residual
// CHECK-COUNT-3: sluice.scale %{{.*}} by 5.000000e-01
// CHECK-NOT: sluice.scale
// LINEAR-COUNT-4: sluice.scale %{{.*}} by 2.500000e-01
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<3x4xf32>) -> tensor<3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    %b = sluice.add %a, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    %h = sluice.gelu erf %b : tensor<3x4xf32>
    %c = sluice.add %b, %h residual : tensor<3x4xf32>, tensor<3x4xf32>
    sluice.yield %c : tensor<3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<3x4xf32>) -> tensor<3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    %b = sluice.add %a, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    %h = sluice.gelu erf %b : tensor<3x4xf32>
    %c = sluice.add %b, %h residual : tensor<3x4xf32>, tensor<3x4xf32>
    sluice.yield %c : tensor<3x4xf32>
  }
  // What is no branch stays as it is.
  %s = sluice.add %z, %x : tensor<3x4xf32>, tensor<3x4xf32>
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}

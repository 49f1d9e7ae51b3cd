// A part that nothing uses has a gradient of zeros, and one that is used twice the sum of both.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// NUMERIC: gradient check passed: 64 elements

// CHECK-LABEL: func.func private @train.model.backward
// CHECK: %[[DY:.*]], %{{.*}} = sluice.linear_cross_entropy_backward
// CHECK-DAG: %[[TWICE:.*]] = sluice.scale %[[DY]] by 2.000000e+00
// CHECK-DAG: %[[BOTH:.*]] = sluice.add %[[DY]], %[[TWICE]]
// CHECK-DAG: %[[NONE:.*]] = sluice.zero : tensor<3x2xf64>
// CHECK: sluice.concat %[[BOTH]], %[[NONE]] : tensor<3x4xf64>, tensor<3x2xf64> to tensor<3x6xf64>

sluice.parameter @x : tensor<3x6xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @apart : tensor<3x6xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<3x6xf64>
  %apart = sluice.read @apart : tensor<3x6xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %shifted = sluice.add %x, %apart : tensor<3x6xf64>, tensor<3x6xf64>
  %a, %b = sluice.split %shifted : tensor<3x6xf64> to tensor<3x4xf64>, tensor<3x2xf64>
  %twice = sluice.scale %a by 2.0 : tensor<3x4xf64>
  %y = sluice.add %a, %twice : tensor<3x4xf64>, tensor<3x4xf64>
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<3x4xf64>, tensor<7x4xf64>, tensor<3xi32> to tensor<f64>, tensor<3xf64>
  sluice.return %loss : tensor<f64>
}

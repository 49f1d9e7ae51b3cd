// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// Each side is the factor of the other gradient.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: sluice.mul
// CHECK: sluice.mul
// CHECK: sluice.sum_leading
// NUMERIC: gradient check passed

sluice.parameter @x : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @b : tensor<4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<2x3x4xf64>
  %b = sluice.read @b : tensor<4xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %y = sluice.mul %x, %b : tensor<2x3x4xf64>, tensor<4xf64>
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<2x3x4xf64>, tensor<7x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
  sluice.return %loss : tensor<f64>
}

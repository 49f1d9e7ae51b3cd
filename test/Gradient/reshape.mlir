// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// The gradient takes the old shape.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: sluice.reshape
// NUMERIC: gradient check passed

sluice.parameter @x : tensor<6x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<6x4xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %y = sluice.reshape %x : tensor<6x4xf64> to tensor<2x3x4xf64>
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<2x3x4xf64>, tensor<7x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
  sluice.return %loss : tensor<f64>
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// The rows that tokens name, some of them twice, have a gradient of their own. It is added to that of the table as the
// head.
// CHECK-DAG: sluice.slot gradient @gradient.t : tensor<7x4xf64> of @t
// CHECK-DAG: sluice.slot gradient @gradient.t.1 : tensor<7x4xf64> of @t
// CHECK: func.func @train.tied()
// CHECK: call @train.sum.0
// NUMERIC: gradient check passed
sluice.parameter @t : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x5xi32>) -> tensor<f64> {
  %t = sluice.read @t : tensor<7x4xf64>
  %x = sluice.embedding %targets, %t : tensor<2x5xi32>, tensor<7x4xf64> to tensor<2x5x4xf64>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<2x5x4xf64>) -> tensor<2x5x4xf64> {
    %g = sluice.gelu tanh %a : tensor<2x5x4xf64>
    sluice.yield %g : tensor<2x5x4xf64>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %t, %targets
      : tensor<2x5x4xf64>, tensor<7x4xf64>, tensor<2x5xi32> to tensor<f64>, tensor<2x5xf64>
  sluice.return %loss : tensor<f64>
}

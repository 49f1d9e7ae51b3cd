// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// Probabilities are recomputed from the log-sum-exp.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: sluice.attention_backward
// NUMERIC: gradient check passed

sluice.parameter @q : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @k : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @v : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
  %q = sluice.read @q : tensor<2x3x4xf64>
  %k = sluice.read @k : tensor<2x3x4xf64>
  %v = sluice.read @v : tensor<2x3x4xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %y, %l = sluice.attention %q, %k, %v heads 2 : tensor<2x3x4xf64>, tensor<2x3x4xf64> to tensor<2x2x3xf64>
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<2x3x4xf64>, tensor<7x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
  sluice.return %loss : tensor<f64>
}

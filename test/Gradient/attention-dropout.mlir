// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// Backward draws the mask of forward.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: sluice.attention_backward {{.*}} rate
// NUMERIC: gradient check passed

module attributes {sluice.scalars = [{name = "dropout", value = 0.25, help = ""}]} {
  sluice.parameter @q : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
  sluice.parameter @k : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
  sluice.parameter @v : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
  sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

  sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
    %q = sluice.read @q : tensor<2x3x4xf64>
    %k = sluice.read @k : tensor<2x3x4xf64>
    %v = sluice.read @v : tensor<2x3x4xf64>
    %head = sluice.read @head : tensor<7x4xf64>
    %key = sluice.key : tensor<4xi32>
    %layer = arith.constant dense<1> : tensor<1xi32>
    %rate = sluice.scalar "dropout" : tensor<f64>
    %y, %l = sluice.attention %q, %k, %v heads 2
        random %key : tensor<4xi32>, %layer : tensor<1xi32> rate %rate : tensor<f64>
        : tensor<2x3x4xf64>, tensor<2x3x4xf64> to tensor<2x2x3xf64>
    %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
        : tensor<2x3x4xf64>, tensor<7x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
    sluice.return %loss : tensor<f64>
  }
}

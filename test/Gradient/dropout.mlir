// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// Backward draws the same mask, at the rate that the step has.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: sluice.dropout
// CHECK-LABEL: func.func @train.backward
// CHECK: %[[RATE:.*]] = sluice.scalar "dropout" : tensor<f64>
// CHECK: call @train.model.backward({{.*}}%[[RATE]]
// NUMERIC: gradient check passed

module attributes {sluice.scalars = [{name = "dropout", value = 0.25, help = ""}]} {
  sluice.parameter @x : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
  sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

  sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
    %x = sluice.read @x : tensor<2x3x4xf64>
    %head = sluice.read @head : tensor<7x4xf64>
    %k = sluice.key : tensor<4xi32>
    %l = arith.constant dense<1> : tensor<1xi32>
    %r = sluice.scalar "dropout" : tensor<f64>
    %y = sluice.dropout %x, %k, %l rate %r ordinal 0 : tensor<2x3x4xf64>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
    %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
        : tensor<2x3x4xf64>, tensor<7x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
    sluice.return %loss : tensor<f64>
  }
}

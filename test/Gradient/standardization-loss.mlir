// RUN: split-file %s %t
// RUN: sluice-opt %t/sum.mlir \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" | FileCheck %s
// RUN: sluice-run %t/sum.mlir --check-gradient | FileCheck %s --check-prefix=NUMERIC
// RUN: sluice-run %t/averaged.mlir --check-gradient | FileCheck %s --check-prefix=NUMERIC

// The statistics are kept for backward, which goes through them.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: sluice.standardization_loss_backward {{.*}} epsilon 1.000000e-03
// NUMERIC: gradient check passed

//--- sum.mlir
sluice.parameter @x : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<2x3xi32> {sluice.values = dense<[[1, -1, 2], [0, 3, -1]]> : tensor<2x3xi32>})
    -> tensor<f64> {
  %x = sluice.read @x : tensor<2x3x4xf64>
  %loss, %mean, %variance, %range = sluice.standardization_loss %x, %targets epsilon 1.0e-03
      : tensor<2x3x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<4xf64>, tensor<4xf64>
  sluice.return %loss : tensor<f64>
}

//--- averaged.mlir
// More columns than a block of them, behind a linear and beside its other use.
sluice.parameter @x : tensor<40x3xf64> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<3x70xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<5x70xf64> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<40xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<40x3xf64>
  %w = sluice.read @w : tensor<3x70xf64>
  %head = sluice.read @head : tensor<5x70xf64>
  %y = sluice.linear %x, %w : tensor<40x3xf64>, tensor<3x70xf64> to tensor<40x70xf64>
  %term, %mean, %variance, %range = sluice.standardization_loss %y, %targets averaged epsilon 1.0e-06
      : tensor<40x70xf64>, tensor<40xi32> to tensor<f64>, tensor<70xf64>, tensor<4xf64>
  %z = sluice.gelu tanh %y : tensor<40x70xf64>
  %task, %lse = sluice.linear_cross_entropy %z, %head, %targets
      : tensor<40x70xf64>, tensor<5x70xf64>, tensor<40xi32> to tensor<f64>, tensor<40xf64>
  %loss = sluice.add %task, %term : tensor<f64>, tensor<f64>
  sluice.return %loss : tensor<f64>
}

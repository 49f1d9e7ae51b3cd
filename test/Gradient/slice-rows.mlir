// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// Rows that are not used have a gradient of zero.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: sluice.pad_rows
// NUMERIC: gradient check passed

sluice.parameter @x : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @p : tensor<5x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<2x3x4xf64>
  %p = sluice.read @p : tensor<5x4xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %r = sluice.slice_rows %p : tensor<5x4xf64> to tensor<3x4xf64>
  %y = sluice.add %x, %r : tensor<2x3x4xf64>, tensor<3x4xf64>
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<2x3x4xf64>, tensor<7x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
  sluice.return %loss : tensor<f64>
}

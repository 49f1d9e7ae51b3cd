// A norm without a bias has gradients of its input and of its weight alone, over any leading dimensions.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// NUMERIC: gradient check passed: 36 elements

// The norm is repeated in backward, for its statistics; the third gradient is left unused.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK: %{{.*}}, %[[MEAN:.*]], %[[RSTD:.*]] = sluice.layer_norm %[[X:.*]], %[[W:.*]] epsilon 1.250000e-01
// CHECK: %[[DX:.*]], %[[DW:.*]], %{{.*}} = sluice.layer_norm_backward %{{.*}}, %[[X]], %[[W]], %[[MEAN]], %[[RSTD]]
// CHECK: return %{{.*}}, %[[DX]], %[[DW]], %{{.*}} :

sluice.parameter @x : tensor<4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @g : tensor<4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%target: tensor<1xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<4xf64>
  %g = sluice.read @g : tensor<4xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %y, %mean, %rstd = sluice.layer_norm %x, %g epsilon 0.125 : tensor<4xf64>, tensor<4xf64> to tensor<f64>, tensor<f64>
  %r = sluice.reshape %y : tensor<4xf64> to tensor<1x4xf64>
  %loss, %lse = sluice.linear_cross_entropy %r, %head, %target
      : tensor<1x4xf64>, tensor<7x4xf64>, tensor<1xi32> to tensor<f64>, tensor<1xf64>
  sluice.return %loss : tensor<f64>
}

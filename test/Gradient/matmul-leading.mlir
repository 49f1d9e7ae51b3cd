// Products of several matrices at a time: each side has a gradient of its own shape, wherever it is transposed.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// NUMERIC: gradient check passed: 96 elements

// CHECK-LABEL: func.func private @train.model.backward
// CHECK-SAME: (%[[A:.*]]: tensor<2x3x4xf64>, %[[B:.*]]: tensor<2x3x4xf64>, %[[C:.*]]: tensor<4x5xf64>,
// CHECK: %[[DR:.*]], %{{.*}} = sluice.linear_cross_entropy_backward
// CHECK: %[[DZ:.*]] = sluice.reshape %[[DR]]
// One matrix for all: its gradient is a sum over them.
// CHECK: %[[DY:.*]] = sluice.matmul %[[DZ]], %[[C]] transpose_rhs
// CHECK-SAME: tensor<2x4x5xf64>, tensor<4x5xf64> to tensor<2x4x4xf64>
// CHECK: sluice.matmul %{{.*}}, %[[DZ]] transpose_lhs reduce_leading
// CHECK-SAME: tensor<2x4x4xf64>, tensor<2x4x5xf64> to tensor<4x5xf64>
// The left side was transposed, and so is what comes back.
// CHECK: sluice.matmul %[[B]], %[[DY]] transpose_rhs errors_rhs
// CHECK-SAME: tensor<2x3x4xf64>, tensor<2x4x4xf64> to tensor<2x3x4xf64>
// CHECK: sluice.matmul %[[A]], %[[DY]] errors_rhs
// CHECK-SAME: tensor<2x3x4xf64>, tensor<2x4x4xf64> to tensor<2x3x4xf64>

sluice.parameter @a : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @b : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @c : tensor<4x5xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x5xi32>) -> tensor<f64> {
  %a = sluice.read @a : tensor<2x3x4xf64>
  %b = sluice.read @b : tensor<2x3x4xf64>
  %c = sluice.read @c : tensor<4x5xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %y = sluice.matmul %a, %b transpose_lhs : tensor<2x3x4xf64>, tensor<2x3x4xf64> to tensor<2x4x4xf64>
  %z = sluice.matmul %y, %c : tensor<2x4x4xf64>, tensor<4x5xf64> to tensor<2x4x5xf64>
  %r = sluice.reshape %z : tensor<2x4x5xf64> to tensor<2x5x4xf64>
  %loss, %lse = sluice.linear_cross_entropy %r, %head, %targets
      : tensor<2x5x4xf64>, tensor<7x4xf64>, tensor<2x5xi32> to tensor<f64>, tensor<2x5xf64>
  sluice.return %loss : tensor<f64>
}

// A linear of a vector has a weight gradient, too: the product of a column and a row.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// NUMERIC: gradient check passed: 59 elements

// CHECK-LABEL: func.func private @train.model.backward
// CHECK: %[[DR:.*]], %{{.*}} = sluice.linear_cross_entropy_backward
// CHECK: %[[DZ:.*]] = sluice.reshape %[[DR]]
// Of the transposed linear, sides change places.
// CHECK: %[[DY:.*]] = sluice.linear %[[DZ]], %{{.*}} errors : tensor<3xf64>, tensor<3x5xf64> to tensor<5xf64>
// CHECK-DAG: %[[Y:.*]] = sluice.reshape %{{.*}} : tensor<5xf64> to tensor<1x5xf64>
// CHECK-DAG: %[[ROW:.*]] = sluice.reshape %[[DZ]] : tensor<3xf64> to tensor<1x3xf64>
// CHECK: sluice.matmul %[[ROW]], %[[Y]] transpose_lhs reduce_leading {{.*}} to tensor<3x5xf64>
// CHECK: sluice.linear %[[DY]], %{{.*}} transposed errors : tensor<5xf64>, tensor<4x5xf64> to tensor<4xf64>
// CHECK: sluice.matmul %{{.*}}, %{{.*}} transpose_lhs reduce_leading {{.*}} to tensor<4x5xf64>

sluice.parameter @x : tensor<4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x5xf64> {init = #sluice.normal<1.0>}
sluice.parameter @b : tensor<5xf64> {init = #sluice.normal<1.0>}
sluice.parameter @t : tensor<3x5xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<5x3xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%target: tensor<1xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<4xf64>
  %w = sluice.read @w : tensor<4x5xf64>
  %b = sluice.read @b : tensor<5xf64>
  %t = sluice.read @t : tensor<3x5xf64>
  %head = sluice.read @head : tensor<5x3xf64>
  %y = sluice.linear %x, %w bias %b : tensor<4xf64>, tensor<4x5xf64>, tensor<5xf64> to tensor<5xf64>
  %z = sluice.linear %y, %t transposed : tensor<5xf64>, tensor<3x5xf64> to tensor<3xf64>
  %r = sluice.reshape %z : tensor<3xf64> to tensor<1x3xf64>
  %loss, %lse = sluice.linear_cross_entropy %r, %head, %target
      : tensor<1x3xf64>, tensor<5x3xf64>, tensor<1xi32> to tensor<f64>, tensor<1xf64>
  sluice.return %loss : tensor<f64>
}

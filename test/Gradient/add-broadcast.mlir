// The gradient of what is broadcast is summed over where it went, to a vector and to a scalar.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// NUMERIC: gradient check passed: 53 elements

// CHECK-LABEL: func.func private @train.model.backward
// CHECK: %[[DX:.*]], %{{.*}} = sluice.linear_cross_entropy_backward
// The scalar multiplied every element.
// CHECK: %[[EACH:.*]] = sluice.mul %[[DX]], %{{.*}} : tensor<2x3x4xf64>, tensor<2x3x4xf64>
// CHECK: %[[DS:.*]] = sluice.sum_leading %[[EACH]] : tensor<2x3x4xf64> to tensor<f64>
// CHECK: %[[DB:.*]] = sluice.sum_leading %{{.*}} : tensor<2x3x4xf64> to tensor<4xf64>
// CHECK: return {{.*}}%[[DB]]

sluice.parameter @x : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @b : tensor<4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @s : tensor<1xf64> {init = #sluice.constant<1.5>}
sluice.parameter @head : tensor<6x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<2x3x4xf64>
  %b = sluice.read @b : tensor<4xf64>
  %one = sluice.read @s : tensor<1xf64>
  %head = sluice.read @head : tensor<6x4xf64>
  %s = sluice.reshape %one : tensor<1xf64> to tensor<f64>
  %y = sluice.add %x, %b : tensor<2x3x4xf64>, tensor<4xf64>
  %z = sluice.mul %y, %s : tensor<2x3x4xf64>, tensor<f64>
  %loss, %lse = sluice.linear_cross_entropy %z, %head, %targets
      : tensor<2x3x4xf64>, tensor<6x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
  sluice.return %loss : tensor<f64>
}

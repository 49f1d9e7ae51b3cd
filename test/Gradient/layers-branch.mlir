// What two layers read has the sum of their gradients, whatever lies between them.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=NUMERIC

// CHECK: func.func @train.backward()
// CHECK: %[[OF_LAST:.*]]:2 = call @train.h.2.backward
// CHECK: %[[OF_SECOND:.*]] = call @train.h.1.backward(%{{.*}}, %[[OF_LAST]]#1)
// CHECK: %[[SUM:.*]] = call @train.sum.0(%[[OF_LAST]]#0, %[[OF_SECOND]])
// CHECK: call @train.h.0.backward(%{{.*}}, %[[SUM]])
// NUMERIC: gradient check passed

sluice.parameter @x : tensor<3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<3x4xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %start = sluice.scale %x by 1.5 : tensor<3x4xf64>
  %y = sluice.layer "h.0" depth 1 of 3 (%a = %start : tensor<3x4xf64>) -> tensor<3x4xf64> {
    %g = sluice.gelu tanh %a : tensor<3x4xf64>
    sluice.yield %g : tensor<3x4xf64>
  }
  %z = sluice.layer "h.1" depth 2 of 3 (%a = %y : tensor<3x4xf64>) -> tensor<3x4xf64> {
    %g = sluice.silu %a : tensor<3x4xf64>
    sluice.yield %g : tensor<3x4xf64>
  }
  %w = sluice.layer "h.2" depth 3 of 3 (%a = %y : tensor<3x4xf64>, %b = %z : tensor<3x4xf64>) -> tensor<3x4xf64> {
    %m = sluice.mul %a, %b : tensor<3x4xf64>, tensor<3x4xf64>
    sluice.yield %m : tensor<3x4xf64>
  }
  %loss, %lse = sluice.linear_cross_entropy %w, %head, %targets
      : tensor<3x4xf64>, tensor<7x4xf64>, tensor<3xi32> to tensor<f64>, tensor<3xf64>
  sluice.return %loss : tensor<f64>
}

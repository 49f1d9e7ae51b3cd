// RUN: sluice-opt %s \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate{tied-gradients=mean})"\
// RUN:   | FileCheck %s
// RUN: sluice-opt %s --sluice-gradient="tied-gradients=mean partition=0,1" | FileCheck %s --check-prefix=STAGES
// RUN: sluice-opt %s --sluice-gradient="tied-gradients=mean partition=0,1 devices=1" \
// RUN:   | FileCheck %s --check-prefix=TOGETHER

// Of three uses of a parameter the mean is a third of their sum. A parameter with one use is left alone.
// CHECK: func.func @train.tied()
// CHECK: %[[FIRST:.*]] = call @[[SUM:train.sum.[0-9]+]]
// CHECK: %[[MEAN:.*]] = call @[[LAST:train.sum.[0-9]+]](%[[FIRST]],
// CHECK-NEXT: sluice.store %[[MEAN]], @gradient.t :
// CHECK: func.func private @[[SUM]]
// CHECK-NEXT: %[[A:.*]] = sluice.add
// CHECK-NEXT: return %[[A]]
// CHECK: func.func private @[[LAST]]
// CHECK-NEXT: %[[B:.*]] = sluice.add
// CHECK-NEXT: %[[C:.*]] = sluice.scale %[[B]] by 0.33333333333333331
// CHECK-NEXT: return %[[C]]

// Stages of two devices each have the mean of all uses, the stage that owns the parameter of one device alone.
// STAGES-COUNT-2: sluice.scale %{{.*}} by 0.33333333333333331
// STAGES-NOT: sluice.scale
// TOGETHER-COUNT-1: sluice.scale %{{.*}} by 0.33333333333333331
// TOGETHER-NOT: sluice.scale
sluice.parameter @t : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<2x5xi32>) -> tensor<f32> {
  %t = sluice.read @t : tensor<7x4xf32>
  %s = sluice.read @t : tensor<7x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %i = sluice.embedding %targets, %t : tensor<2x5xi32>, tensor<7x4xf32> to tensor<2x5x4xf32>
  %j = sluice.embedding %targets, %s : tensor<2x5xi32>, tensor<7x4xf32> to tensor<2x5x4xf32>
  %x = sluice.mul %i, %j : tensor<2x5x4xf32>, tensor<2x5x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<2x5x4xf32>)
      parameters(%b = %w : tensor<4x4xf32>) -> tensor<2x5x4xf32> {
    %l = sluice.linear %a, %b : tensor<2x5x4xf32>, tensor<4x4xf32> to tensor<2x5x4xf32>
    sluice.yield %l : tensor<2x5x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %t, %targets
      : tensor<2x5x4xf32>, tensor<7x4xf32>, tensor<2x5xi32> to tensor<f32>, tensor<2x5xf32>
  sluice.return %loss : tensor<f32>
}

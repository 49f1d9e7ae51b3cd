// RUN: not sluice-opt %s --sluice-gradient=tied-gradients=mean 2>&1 | FileCheck %s --check-prefix=UNTIED
// RUN: not sluice-opt %s --sluice-gradient=tied-gradients=median 2>&1 | FileCheck %s --check-prefix=MEDIAN
// RUN: sluice-opt %s --sluice-gradient=tied-gradients=sum | FileCheck %s
// CHECK: func.func @train.update

// UNTIED: error: expected a tied parameter for tied gradients 'mean', found none
// MEDIAN: error: expected tied gradients 'sum' or 'mean', found 'median'
sluice.parameter @t : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<2x5xi32>) -> tensor<f32> {
  %t = sluice.read @t : tensor<7x4xf32>
  %head = sluice.read @head : tensor<7x4xf32>
  %x = sluice.embedding %targets, %t : tensor<2x5xi32>, tensor<7x4xf32> to tensor<2x5x4xf32>
  %loss, %lse = sluice.linear_cross_entropy %x, %head, %targets
      : tensor<2x5x4xf32>, tensor<7x4xf32>, tensor<2x5xi32> to tensor<f32>, tensor<2x5xf32>
  sluice.return %loss : tensor<f32>
}

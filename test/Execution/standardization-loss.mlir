// RUN: sluice-run %s --function=none | FileCheck %s --check-prefix=NONE
// RUN: sluice-run %s --function=constant | FileCheck %s --check-prefix=CONSTANT
// RUN: sluice-run %s --function=constant_gradient | FileCheck %s --check-prefix=GRADIENT

// Where no position counts everything is 0.
// NONE: {{^}}0{{$}}
// NONE-NEXT: {{^}}[0, 0, 0]{{$}}
// NONE-NEXT: {{^}}[0, 0, 0]{{$}}
// NONE-NEXT: {{^}}[0, 0, 0, 0]{{$}}
func.func @none(%x: tensor<2x3xf32>, %t: tensor<2xi32> {sluice.values = dense<-1> : tensor<2xi32>})
    -> (tensor<f32>, tensor<3xf32>, tensor<3xf32>, tensor<4xf32>) {
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon 1.0e-06
      : tensor<2x3xf32>, tensor<2xi32> to tensor<f32>, tensor<3xf32>, tensor<4xf32>
  return %l, %m, %v, %r : tensor<f32>, tensor<3xf32>, tensor<3xf32>, tensor<4xf32>
}

// A constant unit: (0.5^2 + 0 - log(1e-6) - 1) / 2.
// CONSTANT: {{^}}6.53276{{$}}
// CONSTANT-NEXT: {{^}}[0.5]{{$}}
// CONSTANT-NEXT: {{^}}[0]{{$}}
// CONSTANT-NEXT: {{^}}[0.5, 0.5, 0, 0]{{$}}
func.func @constant(%x: tensor<100x1xf32> {sluice.values = dense<0.5> : tensor<100x1xf32>},
    %t: tensor<100xi32> {sluice.values = dense<0> : tensor<100xi32>})
    -> (tensor<f32>, tensor<1xf32>, tensor<1xf32>, tensor<4xf32>) {
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon 1.0e-06
      : tensor<100x1xf32>, tensor<100xi32> to tensor<f32>, tensor<1xf32>, tensor<4xf32>
  return %l, %m, %v, %r : tensor<f32>, tensor<1xf32>, tensor<1xf32>, tensor<4xf32>
}

// Its gradient is that of the mean alone.
// GRADIENT: {{^\[\[}}0.25], [0.25], [0], [0.25], [0.25]]{{$}}
func.func @constant_gradient(%x: tensor<5x1xf32> {sluice.values = dense<0.5> : tensor<5x1xf32>},
    %t: tensor<5xi32> {sluice.values = dense<[0, 1, -1, 2, 3]> : tensor<5xi32>},
    %g: tensor<f32> {sluice.values = dense<2.0> : tensor<f32>}) -> tensor<5x1xf32> {
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon 1.0e-06
      : tensor<5x1xf32>, tensor<5xi32> to tensor<f32>, tensor<1xf32>, tensor<4xf32>
  %dx = sluice.standardization_loss_backward %g, %x, %t, %m, %v epsilon 1.0e-06
      : tensor<f32>, tensor<5x1xf32>, tensor<5xi32>, tensor<1xf32>
  return %dx : tensor<5x1xf32>
}

// RUN: sluice-run %s --function=relu | FileCheck %s

// What is not a number is neither rectified away nor without a gradient, so that the run stops.
// CHECK: {{^}}[0, 0, 2, {{-?}}nan]{{$}}
// CHECK-NEXT: {{^}}[0, 0, 5, 5]{{$}}
func.func @relu(%x: tensor<4xf32> {sluice.values = dense<[-1.5, 0.0, 2.0, 0x7FC00000]> : tensor<4xf32>},
                %dy: tensor<4xf32> {sluice.values = dense<5.0> : tensor<4xf32>}) -> (tensor<4xf32>, tensor<4xf32>) {
  %y, %dx = sluice.relu_with_gradient %dy, %x : tensor<4xf32>
  return %y, %dx : tensor<4xf32>, tensor<4xf32>
}

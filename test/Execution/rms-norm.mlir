// RUN: sluice-run %s --function=norm | FileCheck %s

// sqrt(mean(3^2, 4^2)) = 3.53553; a row of zeros stays finite.
// CHECK: {{^\[\[}}0.848528, 2.26274], [0, 0]]{{$}}
func.func @norm(%x: tensor<2x2xf32> {sluice.values = dense<[[3.0, 4.0], [0.0, 0.0]]> : tensor<2x2xf32>},
                %w: tensor<2xf32> {sluice.values = dense<[1.0, 2.0]> : tensor<2xf32>}) -> tensor<2x2xf32> {
  %y, %r = sluice.rms_norm %x, %w epsilon 1.0e-12 : tensor<2x2xf32>, tensor<2xf32> to tensor<2xf32>
  return %y : tensor<2x2xf32>
}

// RUN: sluice-run %s --function=double | FileCheck %s --check-prefix=DOUBLE
// RUN: sluice-run %s --function=random --seed=1 > %t.1
// RUN: sluice-run %s --function=random --seed=1 | diff %t.1 -
// RUN: sluice-run %s --function=random --seed=2 | not diff %t.1 -
// RUN: sluice-run %s --function=train | FileCheck %s --check-prefix=TRAIN
// RUN: sluice-run %s --check-gradient | FileCheck %s --check-prefix=GRADIENT

// DOUBLE: {{^\[\[}}2, 4], [6, 8]]{{$}}
func.func @double(%x: tensor<2x2xf32> {sluice.values = dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>})
    -> tensor<2x2xf32> {
  %y = sluice.add %x, %x : tensor<2x2xf32>, tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

func.func @random(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = sluice.add %x, %x : tensor<2x3xf32>, tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// With no weights every class has the same score: log(4), over the targets that are not -1.
// TRAIN: {{^}}1.38629{{$}}
// GRADIENT: gradient check passed: 24 elements, max relative error {{[0-9.]+e[-+][0-9]+}}
sluice.parameter @table : tensor<4x3xf32> {init = #sluice.normal<0.02>}
sluice.parameter @head : tensor<4x3xf32> {init = #sluice.normal<0.02>, sluice.values = dense<0.0> : tensor<4x3xf32>}
sluice.graph @train(%tokens: tensor<1x3xi32> {sluice.values = dense<[[0, 1, 3]]> : tensor<1x3xi32>},
                    %targets: tensor<1x3xi32> {sluice.values = dense<[[1, -1, 2]]> : tensor<1x3xi32>}) -> tensor<f32> {
  %table = sluice.read @table : tensor<4x3xf32>
  %head = sluice.read @head : tensor<4x3xf32>
  %x = sluice.embedding %tokens, %table : tensor<1x3xi32>, tensor<4x3xf32> to tensor<1x3x3xf32>
  %loss, %lse = sluice.linear_cross_entropy %x, %head, %targets
      : tensor<1x3x3xf32>, tensor<4x3xf32>, tensor<1x3xi32> to tensor<f32>, tensor<1x3xf32>
  sluice.return %loss : tensor<f32>
}

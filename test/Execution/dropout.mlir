// The share of what dropout keeps is 1 - rate, rows and heads have masks of their own, and at a rate of 0 every bit is
// that without dropout.
// RUN: sluice-run %s --function=share_of_elements | python3 %S/kept-share.py 0.25 256
// RUN: sluice-run %s --function=share_of_probabilities | python3 %S/kept-share.py 0.25 128
// RUN: sluice-run %s --function=rate_of_zero | FileCheck %s --check-prefix=ZERO
// RUN: sluice-run %s --function=rate_of_one | FileCheck %s --check-prefix=ONE

// Rows of 256 ones.
func.func @share_of_elements(%x: tensor<8x128x256xf32> {sluice.values = dense<1.0> : tensor<8x128x256xf32>},
                             %ones: tensor<256x1xf32> {sluice.values = dense<0.00390625> : tensor<256x1xf32>},
                             %key: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
                             %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
                             %rate: tensor<f64> {sluice.values = dense<0.25> : tensor<f64>}) -> tensor<8x128x1xf32> {
  %y = sluice.dropout %x, %key, %layer rate %rate ordinal 6
      : tensor<8x128x256xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  %sums = sluice.linear %y, %ones : tensor<8x128x256xf32>, tensor<256x1xf32> to tensor<8x128x1xf32>
  return %sums : tensor<8x128x1xf32>
}

// Equal scores give 128 equal probabilities a row; with values of 1 a result is the sum of the row.
func.func @share_of_probabilities(%q: tensor<8x128x4xf32> {sluice.values = dense<0.0> : tensor<8x128x4xf32>},
    %v: tensor<8x128x4xf32> {sluice.values = dense<1.0> : tensor<8x128x4xf32>},
    %key: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
    %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
    %rate: tensor<f64> {sluice.values = dense<0.25> : tensor<f64>}) -> tensor<8x128x4xf32> {
  %y, %lse = sluice.attention %q, %v, %v heads 4
      random %key : tensor<4xi32>, %layer : tensor<1xi32> rate %rate : tensor<f64>
      : tensor<8x128x4xf32>, tensor<8x128x4xf32> to tensor<8x4x128xf32>
  return %y : tensor<8x128x4xf32>
}

// The sum of the squares of all differences, forward and backward.
// ZERO: {{^}}0{{$}}
func.func @rate_of_zero(%q: tensor<2x100x8xf32>, %k: tensor<2x100x8xf32>, %v: tensor<2x100x8xf32>,
    %dy: tensor<2x100x8xf32>, %key: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
    %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
    %rate: tensor<f64> {sluice.values = dense<0.0> : tensor<f64>}) -> tensor<f64> {
  %x = sluice.dropout %q, %key, %layer rate %rate ordinal 6
      : tensor<2x100x8xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  %y0, %l0 = sluice.attention %q, %k, %v heads 2 causal
      : tensor<2x100x8xf32>, tensor<2x100x8xf32> to tensor<2x2x100xf32>
  %y1, %l1 = sluice.attention %x, %k, %v heads 2 causal
      random %key : tensor<4xi32>, %layer : tensor<1xi32> rate %rate : tensor<f64>
      : tensor<2x100x8xf32>, tensor<2x100x8xf32> to tensor<2x2x100xf32>
  %dq0, %dk0, %dv0 = sluice.attention_backward %dy, %q, %k, %v, %y0, %l0 heads 2 causal
      : tensor<2x100x8xf32>, tensor<2x2x100xf32>
  %dq1, %dk1, %dv1 = sluice.attention_backward %dy, %x, %k, %v, %y1, %l1 heads 2 causal
      random %key : tensor<4xi32>, %layer : tensor<1xi32> rate %rate : tensor<f64>
      : tensor<2x100x8xf32>, tensor<2x2x100xf32>
  %without = sluice.concat %y0, %dq0, %dk0, %dv0
      : tensor<2x100x8xf32>, tensor<2x100x8xf32>, tensor<2x100x8xf32>, tensor<2x100x8xf32> to tensor<2x100x32xf32>
  %with = sluice.concat %y1, %dq1, %dk1, %dv1
      : tensor<2x100x8xf32>, tensor<2x100x8xf32>, tensor<2x100x8xf32>, tensor<2x100x8xf32> to tensor<2x100x32xf32>
  %minus = sluice.scale %without by -1.0 : tensor<2x100x32xf32>
  %difference = sluice.add %with, %minus : tensor<2x100x32xf32>, tensor<2x100x32xf32>
  %sum = sluice.sum_of_squares %difference : tensor<2x100x32xf32> to tensor<f64>
  return %sum : tensor<f64>
}

// A rate that is out of range counts as the nearest one: everything is dropped, nothing is infinite.
// ONE: {{^\[\[-?0, -?0\], \[-?0, -?0\]\]$}}
func.func @rate_of_one(%x: tensor<2x2xf32>, %key: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
                       %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
                       %rate: tensor<f64> {sluice.values = dense<1.0> : tensor<f64>}) -> tensor<2x2xf32> {
  %y = sluice.dropout %x, %key, %layer rate %rate ordinal 6 : tensor<2x2xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %y : tensor<2x2xf32>
}

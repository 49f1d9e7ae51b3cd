// Every word of a key counts in what is drawn, heads draw for themselves, and the bits are Philox's.
// RUN: sluice-run %s --function=steps | python3 %S/differing.py
// RUN: sluice-run %s --function=micro_batches | python3 %S/differing.py
// RUN: sluice-run %s --function=gates_of_micro_batches | python3 %S/differing.py
// RUN: sluice-run %s --function=heads | python3 %S/equal-heads.py 4
// RUN: sluice-run %s --function=known_answer | FileCheck %s

func.func @steps(%x: tensor<1x256xf32> {sluice.values = dense<1.0> : tensor<1x256xf32>},
    %a: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
    %b: tensor<4xi32> {sluice.values = dense<[1, 2, 9, 4]> : tensor<4xi32>},
    %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
    %rate: tensor<f64> {sluice.values = dense<0.5> : tensor<f64>}) -> (tensor<1x256xf32>, tensor<1x256xf32>) {
  %y = sluice.dropout %x, %a, %layer rate %rate ordinal 6
      : tensor<1x256xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  %z = sluice.dropout %x, %b, %layer rate %rate ordinal 6
      : tensor<1x256xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %y, %z : tensor<1x256xf32>, tensor<1x256xf32>
}
func.func @micro_batches(%x: tensor<1x256xf32> {sluice.values = dense<1.0> : tensor<1x256xf32>},
    %a: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
    %b: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 5]> : tensor<4xi32>},
    %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
    %rate: tensor<f64> {sluice.values = dense<0.5> : tensor<f64>}) -> (tensor<1x256xf32>, tensor<1x256xf32>) {
  %y = sluice.dropout %x, %a, %layer rate %rate ordinal 6
      : tensor<1x256xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  %z = sluice.dropout %x, %b, %layer rate %rate ordinal 6
      : tensor<1x256xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %y, %z : tensor<1x256xf32>, tensor<1x256xf32>
}

// Gates of one step, of micro-batches 0 and 1.
func.func @gates_of_micro_batches(%a: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 0]> : tensor<4xi32>},
    %b: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 1]> : tensor<4xi32>},
    %p: tensor<64xf64> {sluice.values = dense<0.5> : tensor<64xf64>}) -> (tensor<64xf64>, tensor<64xf64>) {
  %y = sluice.bernoulli %a, %p : tensor<4xi32>, tensor<64xf64>
  %z = sluice.bernoulli %b, %p : tensor<4xi32>, tensor<64xf64>
  return %y, %z : tensor<64xf64>, tensor<64xf64>
}

// Equal scores and values of 1: a result is the share of the row that is kept, times 2.
func.func @heads(%q: tensor<1x128x16xf32> {sluice.values = dense<0.0> : tensor<1x128x16xf32>},
    %v: tensor<1x128x16xf32> {sluice.values = dense<1.0> : tensor<1x128x16xf32>},
    %key: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
    %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
    %rate: tensor<f64> {sluice.values = dense<0.5> : tensor<f64>}) -> tensor<1x128x16xf32> {
  %y, %lse = sluice.attention %q, %v, %v heads 4
      random %key : tensor<4xi32>, %layer : tensor<1xi32> rate %rate : tensor<f64>
      : tensor<1x128x16xf32>, tensor<1x128x16xf32> to tensor<1x4x128xf32>
  return %y : tensor<1x128x16xf32>
}

// Philox4x32-10 of Random123 under a key of zeros.
// CHECK: {{^\[\[}}0, 2, 0, 2, 2, 0, 2, 2]]{{$}}
func.func @known_answer(%x: tensor<1x8xf32> {sluice.values = dense<1.0> : tensor<1x8xf32>},
    %key: tensor<4xi32> {sluice.values = dense<[0, 0, 0, 0]> : tensor<4xi32>},
    %layer: tensor<1xi32> {sluice.values = dense<0> : tensor<1xi32>},
    %rate: tensor<f64> {sluice.values = dense<0.5> : tensor<f64>}) -> tensor<1x8xf32> {
  %y = sluice.dropout %x, %key, %layer rate %rate ordinal 0 : tensor<1x8xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %y : tensor<1x8xf32>
}

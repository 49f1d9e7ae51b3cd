// RUN: sluice-run %s --function=one | FileCheck %s --check-prefix=ONE
// RUN: sluice-run %s --function=several | FileCheck %s --check-prefix=SEVERAL

// Counts are added to what an argument holds, of one op and of several. One element is too large, two are too small.
// ONE: [101, 202]
func.func @one(%x: tensor<5xf32> {sluice.values = dense<[1.0e9, 1.0, 1.0e-12, 0.0, -1.0e-12]> : tensor<5xf32>},
    %sum: tensor<2xf64> {sluice.updates = 0 : i64, sluice.values = dense<[100.0, 200.0]> : tensor<2xf64>})
    -> tensor<2xf64> {
  %0 = sluice.count_roundings %x to <e4m3b4> : tensor<5xf32> to tensor<2xf64>
  %1 = sluice.add %sum, %0 : tensor<2xf64>, tensor<2xf64>
  return %1 : tensor<2xf64>
}

// SEVERAL: [102, 204]
func.func @several(%x: tensor<5xf32> {sluice.values = dense<[1.0e9, 1.0, 1.0e-12, 0.0, -1.0e-12]> : tensor<5xf32>},
    %sum: tensor<2xf64> {sluice.updates = 0 : i64, sluice.values = dense<[100.0, 200.0]> : tensor<2xf64>})
    -> tensor<2xf64> {
  %0 = sluice.count_roundings %x to <e4m3b4> : tensor<5xf32> to tensor<2xf64>
  %1 = sluice.count_roundings %x to <f8E5M2> : tensor<5xf32> to tensor<2xf64>
  %2 = sluice.add %0, %1 : tensor<2xf64>, tensor<2xf64>
  %3 = sluice.add %2, %sum : tensor<2xf64>, tensor<2xf64>
  return %3 : tensor<2xf64>
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" --verify-diagnostics

func.func @should_refuse_tensors(%rows: tensor<3x128xf32>, %i: tensor<3xi32>, %table: tensor<5x128xf32>) -> tensor<5x128xf32> {
  // expected-error @below {{expected buffers, found tensors}}
  %t = sluice.scatter_rows ins(%rows, %i : tensor<3x128xf32>, tensor<3xi32>) outs(%table : tensor<5x128xf32>) -> tensor<5x128xf32>
  return %t : tensor<5x128xf32>
}

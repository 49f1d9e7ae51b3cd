// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" --split-input-file \
// RUN:   --verify-diagnostics

func.func @should_refuse_tensors(%rows: tensor<3x128xf32>, %i: tensor<3xi32>,
                                 %table: tensor<5x128xf32>) -> tensor<5x128xf32> {
  // expected-error @below {{expected buffers, found tensors}}
  %t = sluice.scatter_rows ins(%rows, %i : tensor<3x128xf32>, tensor<3xi32>) outs(%table : tensor<5x128xf32>)
    -> tensor<5x128xf32>
  return %t : tensor<5x128xf32>
}

// -----

func.func @should_refuse_an_op_that_no_strategy_has_seen(%u: memref<2x32x24xf32>, %x: memref<2x32x24xf32>) {
  // expected-error @below {{expected a 'block' that a target's strategy sets before, found none}}
  sluice.blocked_newton_schulz ins(%u : memref<2x32x24xf32>) outs(%x : memref<2x32x24xf32>) {parts = 3}
  return
}

// RUN: sluice-opt %s --sluice-insert-optimizer=optimizer=adagrad --verify-diagnostics
// RUN: not sluice-opt %s --sluice-insert-optimizer=optimizer=muon 2>&1 | FileCheck %s

// CHECK: error: expected a parameter with 'hidden_parts' for the optimizer 'muon', found none
// expected-error @below {{expected the optimizer 'adamw', 'sgd' or 'muon', found 'adagrad'}}
module {
  sluice.parameter @w : tensor<4x3xf32> {init = #sluice.normal<0.02>}
  sluice.slot gradient @gradient.w : tensor<4x3xf32> of @w
}

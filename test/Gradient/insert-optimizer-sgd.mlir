// RUN: sluice-opt %s --sluice-insert-optimizer=optimizer=sgd | FileCheck %s

sluice.parameter @w : tensor<3xf32> {init = #sluice.constant<1.0>}
sluice.slot gradient @gradient.w : tensor<3xf32> of @w

// CHECK: sluice.slot state @momentum_buffer.w : tensor<3xf32> of @w {role = "momentum_buffer"}
// CHECK: func.func private @update.w
// CHECK-NOT: decays
// CHECK: sluice.sgd

// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers))" --verify-roundtrip \
// RUN:   | FileCheck %s

sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<1.0>}

// The ops before, between and after the layers are layers of their own; reads stay outside.
// CHECK-LABEL: sluice.graph @eval
// CHECK: sluice.read @w
// CHECK: sluice.layer "embeddings"
// CHECK: sluice.layer "h.0" depth 1 of 2
// CHECK: sluice.layer "between.1"
// CHECK: sluice.layer "h.1" depth 2 of 2
// CHECK: sluice.layer "head"
// CHECK-NOT: sluice.layer
// CHECK: sluice.return
sluice.graph @eval() -> tensor<4xf32> {
  %w = sluice.read @w : tensor<4xf32>
  %a = sluice.scale %w by 2.0 : tensor<4xf32>
  %b = sluice.layer "h.0" depth 1 of 2 (%x = %a : tensor<4xf32>) -> tensor<4xf32> {
    %y = sluice.scale %x by 3.0 : tensor<4xf32>
    sluice.yield %y : tensor<4xf32>
  }
  %c = sluice.add %b, %w : tensor<4xf32>, tensor<4xf32>
  %d = sluice.layer "h.1" depth 2 of 2 (%x = %c : tensor<4xf32>) -> tensor<4xf32> {
    %y = sluice.scale %x by 3.0 : tensor<4xf32>
    sluice.yield %y : tensor<4xf32>
  }
  %e = sluice.mul %d, %w : tensor<4xf32>, tensor<4xf32>
  sluice.return %e : tensor<4xf32>
}

// RUN: sluice-opt %s --split-input-file \
// RUN:   --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" | FileCheck %s

// Of a product every row has a gradient: it accumulates apart and is added once.
// CHECK-DAG: sluice.slot gradient @gradient.t : tensor<7x4xf32> of @t
// CHECK-DAG: sluice.slot gradient @gradient.t.1 : tensor<7x4xf32> of @t
// CHECK: func.func @train.tied()
sluice.parameter @t : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @u : tensor<7x7xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<2x5xi32>) -> tensor<f32> {
  %t = sluice.read @t : tensor<7x4xf32>
  %u = sluice.read @u : tensor<7x7xf32>
  %x = sluice.embedding %targets, %u : tensor<2x5xi32>, tensor<7x7xf32> to tensor<2x5x7xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<2x5x7xf32>)
      parameters(%w = %t : tensor<7x4xf32>) -> tensor<2x5x4xf32> {
    %g = sluice.linear %a, %w : tensor<2x5x7xf32>, tensor<7x4xf32> to tensor<2x5x4xf32>
    sluice.yield %g : tensor<2x5x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %t, %targets
      : tensor<2x5x4xf32>, tensor<7x4xf32>, tensor<2x5xi32> to tensor<f32>, tensor<2x5xf32>
  sluice.return %loss : tensor<f32>
}

// -----

// A layer that reads the table twice adds to no slot twice.
// CHECK-DAG: sluice.slot gradient @gradient.t : tensor<7x4xf32> of @t
// CHECK-DAG: sluice.slot gradient @gradient.t.1 : tensor<7x4xf32> of @t
// CHECK-DAG: sluice.slot gradient @gradient.t.2 : tensor<7x4xf32> of @t
// CHECK: func.func @train.tied()
sluice.parameter @t : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<2x5xi32>) -> tensor<f32> {
  %t = sluice.read @t : tensor<7x4xf32>
  %s = sluice.read @t : tensor<7x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 () parameters(%v = %t : tensor<7x4xf32>, %w = %s : tensor<7x4xf32>)
      broadcast(%i = %targets : tensor<2x5xi32>) -> tensor<2x5x4xf32> {
    %a = sluice.embedding %i, %v : tensor<2x5xi32>, tensor<7x4xf32> to tensor<2x5x4xf32>
    %b = sluice.embedding %i, %w : tensor<2x5xi32>, tensor<7x4xf32> to tensor<2x5x4xf32>
    %m = sluice.mul %a, %b : tensor<2x5x4xf32>, tensor<2x5x4xf32>
    sluice.yield %m : tensor<2x5x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %t, %targets
      : tensor<2x5x4xf32>, tensor<7x4xf32>, tensor<2x5xi32> to tensor<f32>, tensor<2x5xf32>
  sluice.return %loss : tensor<f32>
}

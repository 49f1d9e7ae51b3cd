// RUN: sluice-opt %s --split-input-file --sluice-record-technique='technique=my-pass{option=1 other=2}' | FileCheck %s
// RUN: sluice-opt %s --split-input-file \
// RUN:   --sluice-graph='techniques={canonicalize,cse},sluice.graph(sluice-group-layers)' \
// RUN:   | FileCheck %s --check-prefix=PIPELINE
// RUN: not sluice-opt %s --sluice-graph='techniques=sluice-group-layers' 2>&1 | FileCheck %s --check-prefix=NESTED
// RUN: not sluice-opt %s --sluice-graph='techniques=my-pass' 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// What is there stays, and comes first.
// CHECK: module attributes {sluice.binary = #sluice.binary<compute = "f32",
// CHECK-SAME: {{^}} techniques = ["first", "my-pass{option=1 other=2}"]>}
// PIPELINE: techniques = ["first", "canonicalize,cse", "sluice.graph(sluice-group-layers)"]
// NESTED: error: Can't add pass 'GroupLayers' restricted to 'sluice.graph'{{.*}} (technique 'sluice-group-layers')
// UNKNOWN: error: 'my-pass' does not refer to a registered pass or pass pipeline (technique 'my-pass')
module attributes {sluice.binary = #sluice.binary<compute = "f32", techniques = ["first"]>} {
  sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
    %l = sluice.zero : tensor<f32>
    sluice.return %l : tensor<f32>
  }
}

// -----

// Graphs without a model make no program, and nobody asks.
// CHECK: module {
module {
}

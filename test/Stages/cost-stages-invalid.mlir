// Profiles that are of no model, or of another.
// RUN: split-file %s %t
// RUN: not sluice-opt %t/train.mlir --sluice-cost-stages=profile=%t/none.json 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not sluice-opt %t/train.mlir --sluice-cost-stages=profile=%t/three.json 2>&1 | FileCheck %s --check-prefix=THREE
// RUN: not sluice-opt %t/train.mlir --sluice-assign-stages=profile=%t/three.json 2>&1 \
// RUN:   | FileCheck %s --check-prefix=THREE
// RUN: not sluice-opt %t/descending.mlir --sluice-cost-stages 2>&1 | FileCheck %s --check-prefix=DESCENDING

// NONE: error: profile '{{.*}}none.json' expected a file to read, found: No such file or directory
// THREE: error: profile '{{.*}}three.json' expected of as many layers, with embeddings and head, as the model has,
// THREE-SAME: 1, found 3{{$}}
// DESCENDING: error: expected a depth of at least 2, that of the layers in front, found 1{{$}}

//--- three.json
{"sluice_profile": 1, "model": "m", "parameters": 0, "optimizer": "adamw", "compute": "f32", "batch": 1, "sequence": 4,
 "stages": [
   {"layers": 2, "embeddings": true, "head": false, "forward": 1, "backward": 2, "tied": 0, "norm": 0, "update": 0}],
 "messages": []}
//--- train.mlir
sluice.parameter @w : tensor<f32> {init = #sluice.constant<1.0>}
sluice.graph @train() -> tensor<f32> {
  %w = sluice.read @w : tensor<f32>
  %y = sluice.layer "model" () parameters(%a = %w : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %y : tensor<f32>
}
//--- descending.mlir
sluice.parameter @w : tensor<f32> {init = #sluice.constant<1.0>}
sluice.graph @train() -> tensor<f32> {
  %w = sluice.read @w : tensor<f32>
  %y = sluice.layer "h.1" depth 2 of 2 () parameters(%a = %w : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  %z = sluice.layer "h.0" depth 1 of 2 () parameters(%a = %w : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %z : tensor<f32>
}

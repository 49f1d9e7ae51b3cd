// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-insert-layer-drop="granularity=sublayer"
// RUN: not sluicec %examples/shakespeare.json --layer-drop=theta=0 2>&1 | FileCheck %s --check-prefix=THETA
// RUN: not sluicec %examples/shakespeare.json --layer-drop=gamma=-1 2>&1 | FileCheck %s --check-prefix=GAMMA
// RUN: not sluicec %examples/shakespeare.json --layer-drop=theta=0.5,schedule=linear 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SCHEDULE
// RUN: not sluicec %examples/shakespeare.json --layer-drop=min-layers=5 2>&1 | FileCheck %s --check-prefix=FLOOR
// RUN: not sluicec %examples/shakespeare.json --layer-drop=tetha=0.5 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not sluice-opt %s --split-input-file --sluice-insert-layer-drop="granularity=sublayer" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SUM
// THETA: error: layer drop expected theta in (0, 1], found 0
// GAMMA: error: layer drop expected gamma of at least 0, or auto, found '-1'
// SCHEDULE: error: layer drop expected schedule to be one of progressive, constant, none, found 'linear'
// FLOOR: error: expected min-layers of at most 4, the number of layers, found 5
// UNKNOWN: error: {{.*}}no such option tetha
// SUM: error: expected layers that normalize inside of their branches, found one that normalizes the sum:
// SUM-SAME: {{^}} dropping such layers makes training diverge (force=true overrides)

// expected-error @below {{expected at least 2 layers to drop some of, found 1}}
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<f32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %y : tensor<f32>
}

// -----

sluice.parameter @n : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<3x4xf32>
  %n = sluice.read @n : tensor<4xf32>
  // expected-error @below {{layers that normalize inside of their branches, found one that normalizes the sum}}
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<3x4xf32>)
      parameters(%p = %n : tensor<4xf32>) -> tensor<3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    %b = sluice.add %a, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    // expected-note @below {{normalized here}}
    %m, %rstd = sluice.rms_norm %b, %p epsilon 1.0e-5 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
    sluice.yield %m : tensor<3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<3x4xf32>) -> tensor<3x4xf32> {
    sluice.yield %a : tensor<3x4xf32>
  }
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}

// -----

sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<3x4xf32>
  // expected-error @below {{a layer that adds branches to its input, found one that computes its result otherwise}}
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<3x4xf32>) -> tensor<3x4xf32> {
    // expected-note @below {{the stream goes through this}}
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    sluice.yield %g : tensor<3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<3x4xf32>) -> tensor<3x4xf32> {
    sluice.yield %a : tensor<3x4xf32>
  }
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}

// -----

sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<3x4xf32>) -> tensor<3x4xf32> {
    // expected-note @below {{this belongs to another branch}}
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    %b = sluice.add %a, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    // expected-error @below {{expected branches that share nothing but the stream}}
    %c = sluice.add %b, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    sluice.yield %c : tensor<3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<3x4xf32>) -> tensor<3x4xf32> {
    sluice.yield %a : tensor<3x4xf32>
  }
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}

// -----

sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<3x4xf32>
  // expected-remark @below {{layers without normalization are dropped}}
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<3x4xf32>) -> tensor<3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    %b = sluice.add %a, %g residual : tensor<3x4xf32>, tensor<3x4xf32>
    sluice.yield %b : tensor<3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<3x4xf32>) -> tensor<3x4xf32> {
    sluice.yield %a : tensor<3x4xf32>
  }
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}

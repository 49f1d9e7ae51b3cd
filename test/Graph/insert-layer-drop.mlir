// RUN: sluice-opt %s --sluice-insert-layer-drop | FileCheck %s
// RUN: sluice-opt %s --sluice-insert-layer-drop="granularity=sublayer gate=step schedule=constant theta=0.8 \
// RUN:   min-layers=1" | FileCheck %s --check-prefix=PARTS
// RUN: sluice-opt %s --sluice-insert-layer-drop="theta=0.25 min-layers=1" | FileCheck %s --check-prefix=LEAST
// RUN: sluice-opt %s --sluice-insert-layer-drop=schedule=none | FileCheck %s --check-prefix=NONE
// RUN: sluice-opt %s --sluice-graph="layer-drop={theta=0.25 gamma=0.5}" | FileCheck %s --check-prefix=PIPELINE

// theta and gamma are run-time scalars; gamma is computed unless it is given.
// CHECK: name = "theta"{{.*}}value = 5.000000e-01
// CHECK: name = "gamma"{{.*}}value = 0x7FF8000000000000
// PIPELINE: name = "theta"{{.*}}value = 2.500000e-01
// PIPELINE: name = "gamma"{{.*}}value = 5.000000e-01

sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @n : tensor<4xf32> {init = #sluice.constant<1.0>}

// One draw for each layer, with the seed of gates; the probabilities follow from depth and step.
// CHECK-LABEL: sluice.graph @train
// CHECK: %[[KEY:.*]] = sluice.key gates
// CHECK-DAG: sluice.scalar "theta"
// CHECK-DAG: sluice.scalar "gamma"
// CHECK-DAG: sluice.scalar "steps"
// CHECK: arith.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf64>
// CHECK: %[[P:.*]]:2 = linalg.generic
// CHECK: math.exp
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f64, f32
// CHECK: %[[KEEP:.*]] = sluice.bernoulli %[[KEY]], %[[P]]#0
// What is added to the stream is scaled, inside of the gate.
// CHECK: %[[FIRST:.*]] = arith.constant dense<0> : tensor<1xi32>
// CHECK: sluice.layer "h.0" depth 1 of 2 gate %[[KEEP]][0]
// CHECK-SAME: scalars(%[[SCALES:.*]] = %[[P]]#1 : tensor<2xf32>, %[[INDEX:.*]] = %[[FIRST]] : tensor<1xi32>)
// CHECK-SAME: attributes {sluice.drop_probability = 2.500000e-01 : f64} {
// CHECK: %[[SCALE:.*]] = sluice.element %[[SCALES]][%[[INDEX]]]
// CHECK: %[[SCALED:.*]] = sluice.mul %{{.*}}, %[[SCALE]]
// CHECK: sluice.add %{{.*}}, %[[SCALED]] residual
// CHECK: %[[SCALED:.*]] = sluice.mul %{{.*}}, %[[SCALE]]
// CHECK: sluice.add %{{.*}}, %[[SCALED]] residual
// CHECK: %[[SECOND:.*]] = arith.constant dense<1> : tensor<1xi32>
// CHECK: sluice.layer "h.1" depth 2 of 2 gate %[[KEEP]][1]
// CHECK-SAME: scalars(%{{.*}} = %[[P]]#1 : tensor<2xf32>, %{{.*}} = %[[SECOND]] : tensor<1xi32>)
// CHECK-SAME: attributes {sluice.drop_probability = 5.000000e-01 : f64} {

// Where layers are kept in the mean, no layer is dropped more often than that.
// LEAST: sluice.layer "h.0"{{.*}} {sluice.drop_probability = 3.750000e-01 : f64} {
// LEAST: sluice.layer "h.1"{{.*}} {sluice.drop_probability = 5.000000e-01 : f64} {

// Each branch is a layer of its own and has its own draw, with the probability of its block.
// PARTS-LABEL: sluice.graph @train
// PARTS-NOT: "gamma"
// PARTS: arith.constant dense<[1.000000e+00, 1.000000e+00, 2.000000e+00, 2.000000e+00]> : tensor<4xf64>
// PARTS: %[[KEEP:.*]] = sluice.bernoulli step
// PARTS: %[[FIRST:.*]] = sluice.layer "h.0.0" depth 1 of 2 gate %[[KEEP]][0]
// PARTS-SAME: {{^}} {{.*}} parameters(%{{.*}} = %{{.*}} : tensor<4xf32>) scalars
// PARTS: sluice.yield
// PARTS: sluice.layer "h.0.1" depth 1 of 2 gate %[[KEEP]][1] : tensor<4xf64>
// PARTS-SAME: {{^}} (%{{.*}} = %[[FIRST]] : tensor<2x3x4xf32>) parameters(%{{.*}} = %{{.*}} : tensor<4x4xf32>) scalars
// PARTS: sluice.layer "h.1.0" depth 2 of 2 gate %[[KEEP]][2]
// PARTS: sluice.layer "h.1.1" depth 2 of 2 gate %[[KEEP]][3]

// NONE-NOT: gate
// Evaluation keeps every layer as it is.
// CHECK-LABEL: sluice.graph @eval
// CHECK-NOT: gate
// CHECK-NOT: sluice.element
sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %w = sluice.read @w : tensor<4x4xf32>
  %n = sluice.read @n : tensor<4xf32>
  %x = sluice.embedding %tokens, %w : tensor<2x3xi32>, tensor<4x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<2x3x4xf32>)
      parameters(%p = %w : tensor<4x4xf32>, %q = %n : tensor<4xf32>) -> tensor<2x3x4xf32> {
    %m, %rstd = sluice.rms_norm %a, %q epsilon 1.0e-5 : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>
    %b = sluice.add %a, %m residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    %l = sluice.linear %b, %p : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %c = sluice.add %b, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %c : tensor<2x3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<2x3x4xf32>)
      parameters(%p = %w : tensor<4x4xf32>, %q = %n : tensor<4xf32>) -> tensor<2x3x4xf32> {
    %m, %rstd = sluice.rms_norm %a, %q epsilon 1.0e-5 : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>
    %b = sluice.add %a, %m residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    %l = sluice.linear %b, %p : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %c = sluice.add %b, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %c : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %z, %w, %targets
      : tensor<2x3x4xf32>, tensor<4x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}
sluice.graph @eval(%tokens: tensor<2x3xi32>) -> tensor<2x3x4xf32> {
  %w = sluice.read @w : tensor<4x4xf32>
  %x = sluice.embedding %tokens, %w : tensor<2x3xi32>, tensor<4x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<2x3x4xf32>)
      parameters(%p = %w : tensor<4x4xf32>) -> tensor<2x3x4xf32> {
    %l = sluice.linear %a, %p : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %c = sluice.add %a, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %c : tensor<2x3x4xf32>
  }
  sluice.return %y : tensor<2x3x4xf32>
}

// RUN: sluice-opt %s --sluice-gradient=partition=1,1 | FileCheck %s

// From a graph to programs. The table of the embeddings is the weight of the head, on another stage: each has a copy,
// they exchange gradients, add them alike, and update both. The owner alone measures the norm.
// CHECK: sluice.parameter @wte : tensor<7x4xf32> {init = {{.*}}, stage = 0 : i64}
// CHECK-NEXT: sluice.parameter @wte.stage.1 : tensor<7x4xf32> {copy_of = @wte, init = {{.*}}, stage = 1 : i64}
// CHECK-DAG: gradient @gradient.wte : tensor<7x4xf32> of @wte {stage = 0 : i64}
// CHECK-DAG: gradient @gradient.wte.stage.1 : tensor<7x4xf32> of @wte.stage.1 {stage = 1 : i64}
// CHECK-DAG: exchange @exchange.gradient.wte : tensor<7x4xf32> {stage = 1 : i64}
// CHECK-DAG: exchange @exchange.gradient.wte.stage.1 : tensor<7x4xf32> {stage = 0 : i64}
// CHECK-NOT: norm_slot.wte.stage.1

// Backward meets the head first: its gradient is the first term on both stages.
// CHECK-LABEL: func.func @train.tied.0()
// CHECK-DAG: %[[OWN:.*]] = sluice.fetch @gradient.wte :
// CHECK-DAG: %[[OTHER:.*]] = sluice.fetch @exchange.gradient.wte.stage.1
// CHECK: %[[SUM:.*]] = call @train.sum.{{[0-9]+}}(%[[OWN]], %[[OTHER]])
// CHECK-NEXT: sluice.store %[[SUM]], @gradient.wte :
// CHECK-LABEL: func.func @train.tied.1()
// CHECK-DAG: %[[OWN:.*]] = sluice.fetch @gradient.wte.stage.1
// CHECK-DAG: %[[OTHER:.*]] = sluice.fetch @exchange.gradient.wte :
// CHECK: %[[SUM:.*]] = call @train.sum.{{[0-9]+}}(%[[OWN]], %[[OTHER]])
// CHECK-NEXT: sluice.store %[[SUM]], @gradient.wte.stage.1 :
// CHECK-LABEL: func.func @train.norm.0()
// CHECK-NOT: func.func @train.norm.1()
// CHECK-LABEL: func.func @train.update.0()
// CHECK: sluice.write %{{.*}}, @wte :
// CHECK-LABEL: func.func @train.update.1()
// CHECK: sluice.write %{{.*}}, @wte.stage.1 :
// CHECK: sluice.message @train.tied.0.1 behind <tied> of "train" from 0 to 1 sends [@gradient.wte]
// CHECK-SAME: receives [@exchange.gradient.wte]
// CHECK: sluice.message @train.tied.1.0 behind <tied> of "train" from 1 to 0 sends [@gradient.wte.stage.1]
// CHECK-SAME: receives [@exchange.gradient.wte.stage.1]
// CHECK: pipe.pipeline @train.pipeline stages 2 micro_batches 1 {{.*}} tied [0, 1] frames [1, 1]
// CHECK: pipe.channel @tied.0.1 tied from 0 to 1 {{.*}} sends [@gradient.wte] receives [@exchange.gradient.wte]
sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<2x3x4xf32>
    sluice.yield %g : tensor<2x3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
    %g = sluice.gelu tanh %a : tensor<2x3x4xf32>
    sluice.yield %g : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %z, %wte, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

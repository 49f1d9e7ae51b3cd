// RUN: split-file %s %t
// RUN: sluice-opt %t/ring.mlir --sluice-gradient="partition=0,1,1 devices=2" | FileCheck %s
// RUN: sluice-opt %t/gates.mlir --sluice-gradient="partition=1,1 devices=1" | FileCheck %s --check-prefix=GATES

// The embeddings and the head are stages of one device: their table is there once, without an exchange. The last stage
// adds both gradients, measures the norm and has the state and the update.
// CHECK: sluice.parameter @wte : tensor<7x4xf32> {init = {{.*}}, readers = array<i64: 0>, stage = 2 : i64}
// CHECK-NOT: sluice.parameter
// CHECK-NOT: exchange
// CHECK-DAG: gradient @gradient.wte : tensor<7x4xf32> of @wte {stage = 2 : i64}
// CHECK-DAG: gradient @gradient.wte.1 : tensor<7x4xf32> of @wte {stage = 0 : i64}
// CHECK-DAG: state @exp_avg.wte : {{.*}}stage = 2
// CHECK-LABEL: func.func @train.forward.0()
// CHECK: sluice.read @wte :
// CHECK-LABEL: func.func @train.backward.2()
// CHECK: sluice.read @wte :
// CHECK-NOT: @train.tied.0
// CHECK-LABEL: func.func @train.tied.2()
// CHECK-DAG: %[[OWN:.*]] = sluice.fetch @gradient.wte :
// CHECK-DAG: %[[OTHER:.*]] = sluice.fetch @gradient.wte.1 :
// CHECK: %[[SUM:.*]] = call @train.sum.{{[0-9]+}}(%[[OWN]], %[[OTHER]])
// CHECK-NEXT: sluice.store %[[SUM]], @gradient.wte :
// CHECK-NOT: @train.norm.0
// CHECK: func.func @train.norm.2()
// CHECK-NOT: @train.update.0
// CHECK: func.func @train.update.2()
// CHECK: sluice.write %{{.*}}, @wte :
// CHECK-NOT: behind <tied>
// CHECK: pipe.pipeline @train.pipeline stages 3 {{.*}} devices [0, 1, 0] tied [0, 2] frames
// CHECK-NOT: pipe.channel @tied

// A gradient that comes through gates of two stages names none: the norm of the last does not know those of the first.
// GATES: sluice.parameter @w : {{.*}}readers = array<i64: 0>, stage = 1 : i64
// GATES-DAG: sluice.slot gradient @gradient.w : tensor<4x4xf32> of @w {stage = 1 : i64}
// GATES-DAG: sluice.slot gradient @gradient.w.1 : tensor<4x4xf32> of @w {stage = 0 : i64}
// GATES-LABEL: func.func @train.norm.1()
// GATES-NOT: scf.if
// GATES: return

//--- ring.mlir
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
//--- gates.mlir
sluice.parameter @head : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @x : tensor<2x3x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f32> {
  %head = sluice.read @head : tensor<7x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %x = sluice.read @x : tensor<2x3x4xf32>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<0.5> : tensor<2xf64>
  %keep = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<2xf64>
  %y = sluice.layer "h.0" depth 1 of 2 gate %keep[0] : tensor<2xf64> (%a = %x : tensor<2x3x4xf32>)
      parameters(%b = %w : tensor<4x4xf32>) -> tensor<2x3x4xf32> {
    %l = sluice.linear %a, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %r = sluice.add %a, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 gate %keep[1] : tensor<2xf64> (%a = %y : tensor<2x3x4xf32>)
      parameters(%b = %w : tensor<4x4xf32>) -> tensor<2x3x4xf32> {
    %l = sluice.linear %a, %b : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
    %r = sluice.add %a, %l residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %r : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %z, %head, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

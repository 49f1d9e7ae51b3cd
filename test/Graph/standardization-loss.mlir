// RUN: sluice-opt %s --sluice-standardization-loss > %t.linear
// RUN: FileCheck %s --check-prefixes=CLEAN,SMALL < %t.linear
// RUN: FileCheck %s --check-prefix=LINEAR < %t.linear
// RUN: sluice-opt %s --sluice-graph="standardization-loss=site=linear-output" | diff %t.linear -
// RUN: sluice-opt %s --sluice-standardization-loss="site=input-of-norm lambda=0.5 units=mean" > %t.norm
// RUN: FileCheck %s --check-prefixes=CLEAN,LARGE < %t.norm
// RUN: FileCheck %s --check-prefix=NORM < %t.norm
// RUN: sluice-opt %s --sluice-standardization-loss="clip-scope=task" | FileCheck %s --check-prefix=SCOPE
// RUN: sluice-opt %s --sluice-standardization-loss="site=input-of-norm keep-final" | FileCheck %s --check-prefix=FINAL
// RUN: sluice-opt %s --sluice-standardization-loss="keep-scale-shift" | FileCheck %s --check-prefix=KEEP
// RUN: sluice-opt %s --sluice-graph | FileCheck %s --check-prefix=NONE
// NONE-NOT: sluice.standardization_loss

// Norms and their parameters are gone from every graph, and terms stand in training alone.
// CLEAN: sluice.scalars = [{help = {{.*}} least = 0.000000e+00 : f64, name = "lambda"
// SMALL-SAME: value = 1.000000e-04 : f64
// LARGE-SAME: value = 5.000000e-01 : f64
// CLEAN-NOT: @h.0.ln
// CLEAN-NOT: @ln_f
// CLEAN: sluice.parameter @h.0.fc.weight
// CLEAN-LABEL: sluice.graph @train
// CLEAN-NOT: sluice.layer_norm
// CLEAN-NOT: sluice.rms_norm
// CLEAN-LABEL: sluice.graph @eval
// CLEAN-NOT: _norm
// CLEAN-NOT: sluice.standardization_loss
// CLEAN-LABEL: sluice.graph @logits
// CLEAN-NOT: _norm
// CLEAN-NOT: sluice.standardization_loss

// What a linear makes of the stream, after the bias: the first of each branch, in front of what follows.
// LINEAR-LABEL: sluice.graph @train(%arg0: tensor<2x3xi32>, %arg1: tensor<2x3xi32>) ->
// LINEAR-SAME: (tensor<f32>, tensor<f32> {sluice.metric = "loss"},
// LINEAR-SAME: {{^}} tensor<f32> {sluice.metric = "standardization_loss"},
// LINEAR-SAME: {{^}} tensor<4xf32> {sluice.layer = "h.0", sluice.metric = "attn.range"},
// LINEAR-SAME: {{^}} tensor<4xf32> {sluice.layer = "h.0", sluice.metric = "fc.range"})
// LINEAR: %[[LAYER:.*]]:5 = sluice.layer "h.0" depth 1 of 1 (%[[X:[^ ]*]] = %{{[^)]*}})
// LINEAR-SAME: {{^}} parameters({{.*}}) broadcast(%[[TARGETS:.*]] = %arg1 : tensor<2x3xi32>)
// LINEAR-NEXT: %[[QKV:.*]] = sluice.linear %[[X]]
// LINEAR-NEXT: %[[L1:.*]], %{{.*}}, %{{.*}}, %[[R1:.*]] = sluice.standardization_loss %[[QKV]],
// LINEAR-SAME: {{^}} %[[TARGETS]] epsilon 9.99{{.*}}E-7
// LINEAR-NEXT: sluice.split %[[QKV]]
// LINEAR: %[[SUM:.*]] = sluice.add %[[X]], %{{.*}} residual
// LINEAR-NEXT: %[[FC:.*]] = sluice.linear %[[SUM]], %{{.*}} bias
// LINEAR-NEXT: %[[L2:.*]], %{{.*}}, %{{.*}}, %[[R2:.*]] = sluice.standardization_loss %[[FC]], %[[TARGETS]]
// LINEAR-NEXT: sluice.gelu tanh %[[FC]]
// LINEAR: sluice.yield %{{.*}}, %[[L1]], %[[L2]], %[[R1]], %[[R2]]
// LINEAR: %[[TASK:.*]], %{{.*}} = sluice.linear_cross_entropy %[[LAYER]]#0
// LINEAR: %[[BOTH:.*]] = sluice.add %[[LAYER]]#1, %[[LAYER]]#2
// LINEAR: %[[LAMBDA:.*]] = sluice.scalar "lambda" : tensor<f32>
// LINEAR: %[[WEIGHTED:.*]] = sluice.mul %[[BOTH]], %[[LAMBDA]]
// LINEAR: %[[TOTAL:.*]] = sluice.add %[[TASK]], %[[WEIGHTED]]
// LINEAR: sluice.return %[[TOTAL]], %[[TASK]], %[[BOTH]], %[[LAYER]]#3, %[[LAYER]]#4

// The stream where each norm stood; the last one stood outside of layers.
// NORM-LABEL: sluice.graph @train
// NORM-SAME: {sluice.layer = "h.0", sluice.metric = "ln_1.range"},
// NORM-SAME: {{^}} tensor<4xf32> {sluice.layer = "h.0", sluice.metric = "ln_2.range"})
// NORM: sluice.layer "h.0" {{.*}}(%[[X:.*]] = %{{.*}}) parameters
// NORM-NEXT: sluice.standardization_loss %[[X]], %{{.*}} averaged epsilon
// NORM: %[[SUM:.*]] = sluice.add %[[X]], %{{.*}} residual
// NORM-NEXT: sluice.standardization_loss %[[SUM]]
// NORM: %[[OUT:.*]], %{{.*}}, %{{.*}}, %{{.*}} = sluice.standardization_loss %{{.*}}#0, %arg1 averaged
// NORM-NEXT: %[[TASK:.*]], %{{.*}} = sluice.linear_cross_entropy
// NORM: sluice.add %{{.*}}, %[[OUT]]

// The task's loss is differentiated by itself, the term's gradient added after clipping.
// SCOPE-LABEL: sluice.graph @train
// SCOPE-SAME: -> (tensor<f32>, tensor<f32> {sluice.unclipped}, tensor<f32> {sluice.metric = "standardization_loss"},
// SCOPE-SAME: {{^}} tensor<4xf32>
// SCOPE: %[[TASK:.*]], %{{.*}} = sluice.linear_cross_entropy
// SCOPE: %[[WEIGHTED:.*]] = sluice.mul %[[SUM:.*]], %{{.*}}
// SCOPE: sluice.return %[[TASK]], %[[WEIGHTED]], %[[SUM]],

// FINAL: sluice.parameter @ln_f.weight
// FINAL-LABEL: sluice.graph @train
// FINAL-NOT: ln_f.range
// FINAL: sluice.rms_norm
// FINAL-LABEL: sluice.graph @eval
// FINAL: sluice.rms_norm
// FINAL-LABEL: sluice.graph @logits
// FINAL: sluice.rms_norm

// The scale stays where the norm was, and the shift behind it.
// KEEP: sluice.parameter @h.0.ln_1.bias
// KEEP-LABEL: sluice.graph @train
// KEEP: sluice.layer "h.0" depth 1 of 1 (%[[X:[^ ]*]] = %{{[^)]*}})
// KEEP-SAME: {{^}} parameters(%[[W:[^ ]*]] = %{{[^ ]*}} : tensor<4xf32>, %[[B:[^ ]*]] = %{{[^ ]*}} : tensor<4xf32>,
// KEEP-SAME: {{^}} {{.*}}) broadcast
// KEEP-NEXT: %[[SCALED:.*]] = sluice.mul %[[X]], %[[W]]
// KEEP-NEXT: %[[SHIFTED:.*]] = sluice.add %[[SCALED]], %[[B]]
// KEEP-NEXT: sluice.linear %[[SHIFTED]]
// KEEP-LABEL: sluice.graph @eval
// KEEP-NOT: _norm
// KEEP: sluice.mul

sluice.parameter @wte.weight : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @h.0.ln_1.weight : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.parameter @h.0.ln_1.bias : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.parameter @h.0.attn.weight : tensor<4x12xf32> {init = #sluice.normal<1.0>}
sluice.parameter @h.0.ln_2.weight : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.parameter @h.0.fc.weight : tensor<4x6xf32> {init = #sluice.normal<1.0>}
sluice.parameter @h.0.fc.bias : tensor<6xf32> {init = #sluice.constant<0.0>}
sluice.parameter @h.0.proj.weight : tensor<6x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @ln_f.weight : tensor<4xf32> {init = #sluice.constant<1.0>}

sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte.weight : tensor<8x4xf32>
  %x0 = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<8x4xf32> to tensor<2x3x4xf32>
  %p0 = sluice.read @h.0.ln_1.weight : tensor<4xf32>
  %p1 = sluice.read @h.0.ln_1.bias : tensor<4xf32>
  %p2 = sluice.read @h.0.attn.weight : tensor<4x12xf32>
  %p3 = sluice.read @h.0.ln_2.weight : tensor<4xf32>
  %p4 = sluice.read @h.0.fc.weight : tensor<4x6xf32>
  %p5 = sluice.read @h.0.fc.bias : tensor<6xf32>
  %p6 = sluice.read @h.0.proj.weight : tensor<6x4xf32>
  %x1 = sluice.layer "h.0" depth 1 of 1 (%x = %x0 : tensor<2x3x4xf32>)
      parameters(%g1 = %p0 : tensor<4xf32>, %b1 = %p1 : tensor<4xf32>, %wa = %p2 : tensor<4x12xf32>,
      %g2 = %p3 : tensor<4xf32>, %wf = %p4 : tensor<4x6xf32>, %bf = %p5 : tensor<6xf32>,
      %wp = %p6 : tensor<6x4xf32>) -> tensor<2x3x4xf32> {
    %n1, %m1, %r1 = sluice.layer_norm %x, %g1 bias %b1 epsilon 1.0e-05
        : tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32> to tensor<2x3xf32>, tensor<2x3xf32>
    %qkv = sluice.linear %n1, %wa : tensor<2x3x4xf32>, tensor<4x12xf32> to tensor<2x3x12xf32>
    %q, %k, %v = sluice.split %qkv : tensor<2x3x12xf32> to tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<2x3x4xf32>
    %a, %l = sluice.attention %q, %k, %v heads 1 causal : tensor<2x3x4xf32>, tensor<2x3x4xf32> to tensor<2x1x3xf32>
    %s = sluice.add %x, %a residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    %n2, %r2 = sluice.rms_norm %s, %g2 epsilon 1.0e-05 : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>
    %f = sluice.linear %n2, %wf bias %bf : tensor<2x3x4xf32>, tensor<4x6xf32>, tensor<6xf32> to tensor<2x3x6xf32>
    %z = sluice.gelu tanh %f : tensor<2x3x6xf32>
    %o = sluice.linear %z, %wp : tensor<2x3x6xf32>, tensor<6x4xf32> to tensor<2x3x4xf32>
    %y = sluice.add %s, %o residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %y : tensor<2x3x4xf32>
  }
  %pf = sluice.read @ln_f.weight : tensor<4xf32>
  %n, %r = sluice.rms_norm %x1, %pf epsilon 1.0e-05 : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>
  %loss, %lse = sluice.linear_cross_entropy %n, %wte, %targets
      : tensor<2x3x4xf32>, tensor<8x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

sluice.graph @eval(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte.weight : tensor<8x4xf32>
  %x0 = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<8x4xf32> to tensor<2x3x4xf32>
  %p0 = sluice.read @h.0.ln_1.weight : tensor<4xf32>
  %p1 = sluice.read @h.0.ln_1.bias : tensor<4xf32>
  %x1 = sluice.layer "h.0" depth 1 of 1 (%x = %x0 : tensor<2x3x4xf32>)
      parameters(%g1 = %p0 : tensor<4xf32>, %b1 = %p1 : tensor<4xf32>) -> tensor<2x3x4xf32> {
    %n1, %m1, %r1 = sluice.layer_norm %x, %g1 bias %b1 epsilon 1.0e-05
        : tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32> to tensor<2x3xf32>, tensor<2x3xf32>
    sluice.yield %n1 : tensor<2x3x4xf32>
  }
  %pf = sluice.read @ln_f.weight : tensor<4xf32>
  %n, %r = sluice.rms_norm %x1, %pf epsilon 1.0e-05 : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>
  %loss, %lse = sluice.linear_cross_entropy %n, %wte, %targets
      : tensor<2x3x4xf32>, tensor<8x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

sluice.graph @logits(%tokens: tensor<1x3xi32>) -> tensor<1x3x8xf32> {
  %wte = sluice.read @wte.weight : tensor<8x4xf32>
  %x0 = sluice.embedding %tokens, %wte : tensor<1x3xi32>, tensor<8x4xf32> to tensor<1x3x4xf32>
  %pf = sluice.read @ln_f.weight : tensor<4xf32>
  %n, %r = sluice.rms_norm %x0, %pf epsilon 1.0e-05 : tensor<1x3x4xf32>, tensor<4xf32> to tensor<1x3xf32>
  %scores = sluice.linear %n, %wte transposed : tensor<1x3x4xf32>, tensor<8x4xf32> to tensor<1x3x8xf32>
  sluice.return %scores : tensor<1x3x8xf32>
}

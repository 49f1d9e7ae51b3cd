// Backward in two halves, where programs run them: what other stages wait for, and the gradients of parameters that
// contractions compute.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers), \
// RUN:   sluice-differentiate{microbatches=2}, func.func(sluice-join-forward-backward), sluice-split-backward)" \
// RUN:   --remarks-filter=gradient 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t
// One micro-batch adds nothing up.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers), \
// RUN:   sluice-differentiate, func.func(sluice-join-forward-backward), sluice-split-backward)" \
// RUN:   | FileCheck %s --check-prefix=ONE
// RUN: sed 's/backward_input/backward/; /backward_weight/d' %s | sluice-opt --pass-pipeline="builtin.module( \
// RUN:   sluice.graph(sluice-group-layers),sluice-differentiate,sluice-split-backward)" \
// RUN:   | FileCheck %s --check-prefix=WHOLE
// RUN: sed "s/f32/f64/g" %s > %t.f64.mlir && sluice-run %t.f64.mlir --check-gradient \
// RUN:   | FileCheck %s --check-prefix=NUMERIC
// NUMERIC: gradient check passed

// The gradients of the results of both contractions and of the embeddings are kept, 48 + 24 + 24 values of four bytes.
// The norm is repeated with 4 operations for each of 24 values, the activation with 20 for each of 48.
// REMARK: SplitBackward
// REMARK-SAME: functions=1
// REMARK-SAME: kept_bytes=384
// REMARK-SAME: repeated_flops=1056

// CHECK: sluice.slot kept @[[DY:train.head.backward.kept.[0-9]+]] : tensor<2x3x4xf32>
// CHECK: sluice.slot kept @[[KEPT:train.h.0.backward_input.kept.[0-9]+]] : tensor<2x3x8xf32>
// CHECK: sluice.slot kept @[[DX:train.h.0.backward_input.kept.0]] : tensor<2x3x4xf32>

// The head, whose loss is a part of it, stays whole. So do the embeddings.
// CHECK-NOT: head.backward_
// CHECK: func.func private @train.head.backward(
// CHECK-NOT: head.backward_

// The gradients of the norm come with that of its input. The activation is not computed here.
// CHECK: func.func private @train.h.0.backward_input(
// CHECK-SAME: %[[NORM:[a-z0-9]+]]: tensor<4xf32> {sluice.updates = 1 : i64}
// CHECK: sluice.linear {{.*}} transposed errors
// CHECK: %[[DUP:.*]] = sluice.gelu_backward tanh
// CHECK: sluice.linear %[[DUP]], {{.*}} transposed errors
// CHECK: %{{.*}}, %[[DNORM:.*]] = sluice.rms_norm_backward
// CHECK: %[[SUM:.*]] = sluice.add %[[NORM]], %[[DNORM]]
// CHECK-NOT: matmul
// CHECK: return %{{.*}}, %[[SUM]], %[[DUP]] :

// What is cheap is repeated: the activation and the norm. The gradient of the bias needs nothing more.
// CHECK: func.func private @train.h.0.backward_weight(
// CHECK-SAME: {sluice.updates = 0 : i64}
// CHECK-SAME: {sluice.updates = 1 : i64}
// CHECK-SAME: {sluice.updates = 2 : i64}
// CHECK-DAG: %[[ACTIVE:.*]] = sluice.gelu tanh
// CHECK-DAG: %[[NORMED:.*]], %{{.*}} = sluice.rms_norm
// CHECK-DAG: sluice.matmul %[[NORMED]], %{{.*}} transpose_lhs reduce_leading
// CHECK-DAG: sluice.matmul %[[ACTIVE]], %{{.*}} transpose_lhs reduce_leading
// CHECK-DAG: sluice.sum_leading
// CHECK: return
// CHECK: func.func private @train.embeddings.backward(

// CHECK: func.func @train.backward_input() attributes {sluice.action = #sluice.action<backward_input>
// CHECK: %[[HEAD:.*]]:3 = call @train.head.backward
// CHECK: sluice.store %[[HEAD]]#1, @[[DY]]
// CHECK: sluice.store %[[HEAD]]#2, @gradient.wte
// CHECK: %[[INPUT:.*]]:3 = call @train.h.0.backward_input
// CHECK-DAG: sluice.store %[[INPUT]]#0, @[[DX]]
// CHECK-DAG: sluice.store %[[INPUT]]#1, @gradient.norm
// CHECK-DAG: sluice.store %[[INPUT]]#2, @[[KEPT]]
// CHECK-DAG: sluice.store %[[HEAD]]#0, @train.loss
// CHECK-NOT: embeddings.backward
// CHECK: return

// CHECK: func.func @train.backward_weight() attributes {sluice.action = #sluice.action<backward_weight>
// CHECK-NOT: call @train.head
// CHECK-DAG: sluice.fetch @[[DY]]
// CHECK-DAG: sluice.fetch @[[KEPT]]
// CHECK: %[[WEIGHT:.*]]:3 = call @train.h.0.backward_weight
// CHECK-DAG: sluice.store %[[WEIGHT]]#0, @gradient.up
// CHECK-DAG: sluice.store %[[WEIGHT]]#1, @gradient.bias
// CHECK-DAG: sluice.store %[[WEIGHT]]#2, @gradient.down
// CHECK: call @train.embeddings.backward
// CHECK: sluice.store %{{.*}}, @gradient.wte.1
// CHECK: return

// ONE: func.func private @train.h.0.backward_input(
// ONE: %[[DX:.*]], %[[DNORM:.*]] = sluice.rms_norm_backward
// ONE: return %{{.*}}, %[[DNORM]], %{{.*}} :
// ONE: func.func private @train.h.0.backward_weight(
// ONE-NOT: sluice.add
// ONE: return

// WHOLE-NOT: backward_
// WHOLE: func.func @train.backward()
// WHOLE-NOT: backward_

sluice.parameter @wte : tensor<7x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @norm : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.parameter @up : tensor<4x8xf32> {init = #sluice.normal<1.0>}
sluice.parameter @bias : tensor<8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @down : tensor<8x4xf32> {init = #sluice.normal<1.0>}

sluice.graph @train(%tokens: tensor<2x3xi32>, %targets: tensor<2x3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<7x4xf32>
  %norm = sluice.read @norm : tensor<4xf32>
  %up = sluice.read @up : tensor<4x8xf32>
  %bias = sluice.read @bias : tensor<8xf32>
  %down = sluice.read @down : tensor<8x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<2x3x4xf32>)
      parameters(%n = %norm : tensor<4xf32>, %u = %up : tensor<4x8xf32>, %b = %bias : tensor<8xf32>,
                 %d = %down : tensor<8x4xf32>) -> tensor<2x3x4xf32> {
    %normed, %rms = sluice.rms_norm %a, %n epsilon 1.0e-5 : tensor<2x3x4xf32>, tensor<4xf32> to tensor<2x3xf32>
    %wide = sluice.linear %normed, %u bias %b : tensor<2x3x4xf32>, tensor<4x8xf32>, tensor<8xf32> to tensor<2x3x8xf32>
    %active = sluice.gelu tanh %wide : tensor<2x3x8xf32>
    %narrow = sluice.linear %active, %d : tensor<2x3x8xf32>, tensor<8x4xf32> to tensor<2x3x4xf32>
    %sum = sluice.add %a, %narrow residual : tensor<2x3x4xf32>, tensor<2x3x4xf32>
    sluice.yield %sum : tensor<2x3x4xf32>
  }
  %loss, %lse = sluice.linear_cross_entropy %y, %wte, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] tied [0, 0] {
  pipe.program @device.0 device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.run backward_input stage 0 micro_batch 0
    pipe.run backward_weight stage 0 micro_batch 0
    pipe.run tied stage 0
    pipe.reduce
    pipe.update stage 0
  }
}

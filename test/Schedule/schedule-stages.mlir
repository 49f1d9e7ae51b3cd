// RUN: sluice-opt %s --sluice-schedule-stages="schedule=1f1b microbatches=4 replicas=2" | FileCheck %s
// RUN: sluice-opt %s --sluice-schedule-stages | FileCheck %s --check-prefix=DEFAULT
// What is made is proved.
// RUN: sluice-opt %s --sluice-schedule-stages="schedule=gpipe microbatches=8 replicas=2 reduction-groups=4" \
// RUN:   --sluice-verify-schedule | FileCheck %s --check-prefix=PROVED

// Channels carry the slots of the message of their stages and direction, in each replica. The trained graph alone has
// the schedule, micro-batches and replicas.
// CHECK: pipe.pipeline @train.pipeline stages 2 micro_batches 4 replicas 2 groups 2 ages [0, 0] tied [0, 1]
// CHECK-SAME: attributes {schedule = "1f1b"}
// CHECK-DAG: pipe.channel @activations.0.1 activations from 0 to 1 {{.*}} (tensor<4xf32>) sends [@x] receives [@x.1]
// CHECK-DAG: pipe.channel @gradients.1.0 gradients from 1 to 0 {{.*}} (tensor<4xf32>) sends [@dx.1] receives [@dx]
// CHECK-DAG: pipe.channel @tied.0.1 tied from 0 to 1 {{.*}} sends [@g] receives [@other.1]
// CHECK-DAG: pipe.channel @tied.1.0 tied from 1 to 0 {{.*}} sends [@g.1] receives [@other]
// CHECK-DAG: pipe.channel @activations.2.3 activations from 2 to 3 {{.*}} sends [@x] receives [@x.1]
// CHECK-DAG: pipe.channel @tied.3.2 tied from 3 to 2 {{.*}} sends [@g.1] receives [@other]
// CHECK-DAG: pipe.channel @replica.0.2 replica from 0 to 2 capacity 2 (){{$}}
// CHECK: pipe.program @device.3 device 3 body
// CHECK: pipe.run forward stage 1 micro_batch 3
// CHECK: pipe.pipeline @eval.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] forward_only
// CHECK-SAME: attributes {schedule = "sequential"}
// CHECK-NEXT: pipe.channel @activations.0.1 {{.*}} (tensor<2xf32>) sends [@e] receives [@e.1]
// CHECK-NOT: pipe.run tied

// DEFAULT: pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 {{.*}} {schedule = "sequential"}
// PROVED: pipe.pipeline @train.pipeline {{.*}} frames [4, 4] {{.*}} {schedule = "gpipe"}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
sluice.parameter @w.1 : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, copy_of = @w}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 0}
sluice.slot gradient @g.1 : tensor<4xf32> of @w.1 {stage = 1}
sluice.slot exchange @other : tensor<4xf32> {stage = 0}
sluice.slot exchange @other.1 : tensor<4xf32> {stage = 1}
sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @x.1 : tensor<4xf32> {stage = 1}
sluice.slot boundary @dx : tensor<4xf32> {stage = 0}
sluice.slot boundary @dx.1 : tensor<4xf32> {stage = 1}
sluice.slot boundary @e : tensor<2xf32> {stage = 0}
sluice.slot boundary @e.1 : tensor<2xf32> {stage = 1}
func.func @forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 0} {
  return
}
func.func @tied() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 1} {
  return
}
func.func @eval() attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "eval", sluice.stage = 1} {
  return
}
sluice.message @m0 behind <forward> of "train" from 0 to 1 sends [@x] receives [@x.1]
sluice.message @m1 behind <backward> of "train" from 1 to 0 sends [@dx.1] receives [@dx]
sluice.message @m2 behind <tied> of "train" from 0 to 1 sends [@g] receives [@other.1]
sluice.message @m3 behind <tied> of "train" from 1 to 0 sends [@g.1] receives [@other]
sluice.message @m4 behind <evaluate> of "eval" from 0 to 1 sends [@e] receives [@e.1]

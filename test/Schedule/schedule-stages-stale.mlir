// Stages whose gradients are stale do not wait for each other: what they would have to do together is refused.
// RUN: rm -rf %t && split-file %s %t
// RUN: sluice-opt %t/ring.mlir --sluice-schedule-stages="schedule=ouroboros devices=2" --sluice-verify-schedule \
// RUN:   | FileCheck %s
// RUN: not sluice-opt %t/apart.mlir --sluice-schedule-stages=schedule=ouroboros 2>&1 \
// RUN:   | FileCheck %s --check-prefix=APART
// RUN: sluice-opt %t/ring.mlir --sluice-schedule-stages="schedule=ouroboros devices=2 current-weights" \
// RUN:   | FileCheck %s --check-prefix=NEWEST
// RUN: not sluice-opt %t/ring.mlir --sluice-schedule-stages="schedule=1f1b current-weights" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FRESH
// RUN: sluice-opt %t/ring.mlir --sluice-schedule-stages="schedule=ouroboros devices=2 tied-delay=1" \
// RUN:   | FileCheck %s --check-prefix=HELD
// RUN: not sluice-opt %t/ring.mlir --sluice-schedule-stages="schedule=1f1b tied-delay=1" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PROMPT
// RUN: not sluice-opt %t/alone.mlir --sluice-schedule-stages="schedule=ouroboros tied-delay=1" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ALONE
// RUN: not sluice-opt %t/ring.mlir --sluice-schedule-stages="schedule=ouroboros devices=2 tied-delay=2" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=LATER
// RUN: sed 's/name = "other"/name = "loss_scale_interval"/' %t/ring.mlir > %t/dynamic.mlir
// RUN: not sluice-opt %t/dynamic.mlir --sluice-schedule-stages="schedule=ouroboros devices=2" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=DYNAMIC

// CHECK: pipe.pipeline @train.pipeline stages 3 {{.*}} ages [2, 1, 0] activation_ages [0, 0, 0] error_ages [1, 1, 0]
// CHECK-SAME: devices [0, 1, 0] {{.*}} frames [3, 2, 1] {{.*}}{schedule = "ouroboros"}
// CHECK: pipe.pipeline @train.warmup.pipeline stages 3 {{.*}} devices [0, 1, 0] tied [0, 2] {{.*}}{schedule = "gpipe"}
// NEWEST: pipe.pipeline @train.pipeline {{.*}} current_weights attributes
// NEWEST: pipe.pipeline @train.warmup.pipeline
// NEWEST-NOT: current_weights
// NEWEST-SAME: {schedule = "gpipe"}
// HELD: pipe.pipeline @train.pipeline {{.*}} tied_delay attributes
// HELD: pipe.pipeline @train.warmup.pipeline
// HELD-NOT: tied_delay
// HELD-SAME: {schedule = "gpipe"}
// PROMPT: error: expected a schedule whose gradients are stale for a tied delay of 1, found '1f1b'{{$}}
// ALONE: error: expected a parameter that two stages share for a tied delay of 1, found none{{$}}
// LATER: error: expected a tied delay of 0 or 1, found 2{{$}}
// FRESH: error: expected a schedule whose gradients are stale for current weights, found '1f1b'{{$}}
// APART: error: expected stages 0 and 2, which share a parameter, on one device for ouroboros; 1 or 2 devices would
// APART-SAME: fit, found 3{{$}}
// DYNAMIC: error: expected a loss scale that does not change for ouroboros, whose stages do not skip a step together,
// DYNAMIC-SAME: found a dynamic one{{$}}

//--- ring.mlir
module attributes {sluice.scalars = [{help = "", name = "other", value = 1.0 : f64}]} {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: 0>}
  sluice.slot gradient @g : tensor<4xf32> of @w {stage = 2}
  sluice.slot gradient @g.1 : tensor<4xf32> of @w {stage = 0}
  func.func @tied.2() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 2} {
    return
  }
}
//--- alone.mlir
func.func @forward.0() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 0} {
  return
}
func.func @forward.1() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1} {
  return
}
//--- apart.mlir
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
sluice.parameter @w.2 : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, copy_of = @w}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 0}
sluice.slot gradient @g.2 : tensor<4xf32> of @w.2 {stage = 2}
sluice.slot exchange @other : tensor<4xf32> {stage = 0}
sluice.slot exchange @other.2 : tensor<4xf32> {stage = 2}
func.func @tied.0() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 0} {
  return
}
func.func @tied.2() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 2} {
  return
}
sluice.message @to behind <tied> of "train" from 0 to 2 sends [@g] receives [@other.2]
sluice.message @back behind <tied> of "train" from 2 to 0 sends [@g.2] receives [@other]

// RUN: sluice-opt %s --sluice-place-parameters=devices=2 --split-input-file | FileCheck %s
// A second time changes nothing.
// RUN: sluice-opt %s --sluice-place-parameters=devices=2 --sluice-place-parameters=devices=2 --split-input-file \
// RUN:   | FileCheck %s
// Stages that are apart have copies, whatever was said before.
// RUN: sluice-opt %s --sluice-place-parameters=devices=2 --sluice-place-parameters --split-input-file \
// RUN:   | FileCheck %s --check-prefix=APART

// What stages of one device use is there once. The last owns it, the others read it.
// CHECK: sluice.parameter @ring : tensor<4xf32> {decays, init = {{.*}}, readers = array<i64: 0>, stage = 2 : i64}
// Stages of several devices have copies, also those that are on one.
// CHECK-NEXT: sluice.parameter @apart : tensor<4xf32> {init = {{.*}}, stage = 0 : i64}
// CHECK-NEXT: sluice.parameter @apart.stage.1 : {{.*}}copy_of = @apart, {{.*}}stage = 1
// CHECK-NEXT: sluice.parameter @apart.stage.2 : {{.*}}copy_of = @apart, {{.*}}stage = 2
// CHECK-NOT: sluice.parameter
// APART: sluice.parameter @ring : tensor<4xf32> {decays, init = {{[^,]*}}, stage = 0 : i64}
// APART: sluice.parameter @ring.stage.2 : {{.*}}copy_of = @ring, {{.*}}stage = 2
// CHECK-LABEL: sluice.graph @eval
// CHECK-COUNT-1: sluice.read @ring :
// CHECK: sluice.layer "a" stage 0 (%{{[^ ]*}} = %[[RING:[0-9]+]] :
// CHECK: sluice.layer "c" stage 2 (%{{[^ ]*}} = %[[RING]] :
sluice.parameter @ring : tensor<4xf32> {init = #sluice.constant<0.0>, decays}
sluice.parameter @apart : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.graph @eval() -> tensor<4xf32> {
  %ring = sluice.read @ring : tensor<4xf32>
  %apart = sluice.read @apart : tensor<4xf32>
  %x = sluice.layer "a" stage 0 (%a = %ring : tensor<4xf32>) parameters(%b = %apart : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %y = sluice.layer "b" stage 1 (%a = %x : tensor<4xf32>) parameters(%b = %apart : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %z = sluice.layer "c" stage 2 (%a = %ring : tensor<4xf32>) parameters(%b = %apart : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  sluice.return %z : tensor<4xf32>
}

// -----

// Three stages of one device.
// CHECK: sluice.parameter @w : tensor<4xf32> {init = {{.*}}, readers = array<i64: 0, 2>, stage = 4 : i64}
// CHECK-NOT: sluice.parameter
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.graph @eval() -> tensor<4xf32> {
  %w = sluice.read @w : tensor<4xf32>
  %x = sluice.layer "a" stage 0 (%a = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %y = sluice.layer "b" stage 2 (%a = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %z = sluice.layer "c" stage 4 (%a = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  sluice.return %z : tensor<4xf32>
}

// -----

// Programs that are there say where stages are: here the first two, which two devices would not have together.
// CHECK: sluice.parameter @together : {{.*}}readers = array<i64: 0>, stage = 1 : i64
// CHECK-NEXT: sluice.parameter @apart : tensor<4xf32> {init = {{[^,]*}}, stage = 0 : i64}
// CHECK-NEXT: sluice.parameter @apart.stage.2 :
sluice.parameter @together : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.parameter @apart : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.graph @eval() -> tensor<4xf32> {
  %t = sluice.read @together : tensor<4xf32>
  %u = sluice.read @apart : tensor<4xf32>
  %x = sluice.layer "a" stage 0 (%a = %t : tensor<4xf32>) parameters(%b = %u : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %y = sluice.layer "b" stage 1 (%a = %t : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %z = sluice.layer "c" stage 2 (%a = %u : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  sluice.return %z : tensor<4xf32>
}
pipe.pipeline @train.pipeline stages 3 micro_batches 1 replicas 1 groups 1 ages [0, 0, 0] devices [0, 0, 1] {
}

// -----

// Without `devices` of theirs, every stage is on its own.
// CHECK: sluice.parameter @w : {{.*}}stage = 0
// CHECK-NEXT: sluice.parameter @w.stage.2
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.graph @eval() -> tensor<4xf32> {
  %w = sluice.read @w : tensor<4xf32>
  %x = sluice.layer "a" stage 0 (%a = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %z = sluice.layer "c" stage 2 (%a = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  sluice.return %z : tensor<4xf32>
}
pipe.pipeline @train.pipeline stages 3 micro_batches 1 replicas 1 groups 1 ages [0, 0, 0] {
}

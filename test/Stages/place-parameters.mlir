// RUN: sluice-opt %s --sluice-place-parameters --split-input-file | FileCheck %s
// A second time changes nothing.
// RUN: sluice-opt %s --sluice-place-parameters --sluice-place-parameters --split-input-file | FileCheck %s

// A parameter lies on the first stage that uses it, in whatever graph. Every further stage has a copy, behind all
// others, with all that is said of the owner; what no layer reads lies on the first stage.
// CHECK: sluice.parameter @late : tensor<4xf32> {init = {{.*}}, stage = 1 : i64}
// CHECK-NEXT: sluice.parameter @tied : tensor<4xf32> {decays, init = {{.*}}, stage = 0 : i64}
// CHECK-NEXT: sluice.parameter @unread : tensor<4xf32> {init = {{.*}}, stage = 0 : i64}
// CHECK-NEXT: sluice.parameter @tied.stage.1 : tensor<4xf32> {copy_of = @tied, decays, init = {{.*}}, stage = 1 : i64}
// CHECK-NEXT: sluice.parameter @tied.stage.2 : tensor<4xf32> {copy_of = @tied, decays, init = {{.*}}, stage = 2 : i64}
// CHECK-NOT: sluice.parameter
sluice.parameter @late : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.parameter @tied : tensor<4xf32> {init = #sluice.constant<0.0>, decays}
sluice.parameter @unread : tensor<4xf32> {init = #sluice.constant<0.0>}

// Layers read the copy of their stage, both operands.
// CHECK-LABEL: sluice.graph @train
// CHECK: %[[OWN:.*]] = sluice.read @tied :
// CHECK-NEXT: %[[W:.*]] = sluice.read @tied.stage.1
// CHECK-NEXT: %[[V:.*]] = sluice.read @tied.stage.1
// CHECK: sluice.layer "h.0" stage 0 (%{{.*}} = %[[OWN]] :
// CHECK: sluice.layer "h.1" stage 1 (%{{[^ ]*}} = %{{[^ ]*}} : tensor<4xf32>)
// CHECK-SAME: parameters(%{{.*}} = %[[V]] : tensor<4xf32>, %{{.*}} = %[[W]] : tensor<4xf32>)
sluice.graph @train() -> tensor<f32> {
  %tied = sluice.read @tied : tensor<4xf32>
  %x = sluice.layer "h.0" stage 0 (%a = %tied : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %loss = sluice.layer "h.1" stage 1 (%a = %x : tensor<4xf32>)
      parameters(%v = %tied : tensor<4xf32>, %w = %tied : tensor<4xf32>) -> tensor<f32> {
    %l = sluice.zero : tensor<f32>
    sluice.yield %l : tensor<f32>
  }
  sluice.return %loss : tensor<f32>
}

// The owner is not read where copies took its place.
// CHECK-LABEL: sluice.graph @eval
// CHECK: %[[LATE:.*]] = sluice.read @late
// CHECK: sluice.layer "a" stage 1 (%{{.*}} = %[[LATE]]
// CHECK-NOT: sluice.read @tied :
// CHECK: %[[C:.*]] = sluice.read @tied.stage.2
// CHECK: sluice.layer "b" stage 2 (%{{.*}} = %[[C]]
sluice.graph @eval() -> tensor<4xf32> {
  %late = sluice.read @late : tensor<4xf32>
  %x = sluice.layer "a" stage 1 (%a = %late : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %tied = sluice.read @tied : tensor<4xf32>
  %y = sluice.layer "b" stage 2 (%a = %tied : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  sluice.return %y : tensor<4xf32>
}

// -----

// Layers without stages leave parameters without them.
// CHECK: sluice.parameter @w : tensor<4xf32> {init = {{[^,]*}}}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.graph @eval() -> tensor<4xf32> {
  %w = sluice.read @w : tensor<4xf32>
  %x = sluice.layer "a" (%a = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  sluice.return %x : tensor<4xf32>
}

// -----

// A name that is taken is not taken twice.
// CHECK: sluice.parameter @w : {{.*}}stage = 0
// CHECK-NEXT: sluice.parameter @w.stage.1 : {{.*}}stage = 0
// CHECK-NEXT: sluice.parameter @[[COPY:w.stage.1_[0-9]+]] : {{.*}}{copy_of = @w, {{.*}}stage = 1
// CHECK: sluice.read @[[COPY]]
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.parameter @w.stage.1 : tensor<4xf32> {init = #sluice.constant<0.0>}
sluice.graph @eval() -> tensor<4xf32> {
  %w = sluice.read @w : tensor<4xf32>
  %other = sluice.read @w.stage.1 : tensor<4xf32>
  %x = sluice.layer "a" stage 0 (%a = %w : tensor<4xf32>) parameters(%b = %other : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  %y = sluice.layer "b" stage 1 (%a = %x : tensor<4xf32>) parameters(%b = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %b : tensor<4xf32>
  }
  sluice.return %y : tensor<4xf32>
}

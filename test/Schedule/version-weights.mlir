// RUN: sluice-opt %s --split-input-file --sluice-version-weights --verify-diagnostics | FileCheck %s

// Stage 0 is late by one. Its backward reads @w alone: the table and the bias have one version. So has what forward of
// stage 0 reads of stage 1. Other parameters of stage 1, which is not late, need no mark.
// CHECK-LABEL: module @late
// CHECK: @table : {{.*}} {in_place,
// CHECK: @w : tensor<4xf32> {init
// CHECK: @bias : {{.*}} {in_place,
// CHECK: @shared : {{.*}} {in_place,
// CHECK: @head : tensor<4xf32> {init
module @late {
  sluice.parameter @table : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
  sluice.parameter @bias : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
  sluice.parameter @shared : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
  sluice.parameter @head : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
  sluice.slot kept @x : tensor<4xf32> {stage = 0}
  sluice.slot kept @y : tensor<4xf32> {stage = 1}
  func.func @forward.0()
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 0} {
    %shared = sluice.read @shared : tensor<4xf32>
    sluice.store %shared, @x : tensor<4xf32>
    return
  }
  func.func @backward.0()
      attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.stage = 0} {
    %w = sluice.read @w : tensor<4xf32>
    // A read that nothing uses needs no version.
    %table = sluice.read @table : tensor<4xf32>
    sluice.store %w, @x : tensor<4xf32>
    return
  }
  func.func @backward.1()
      attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.stage = 1} {
    %head = sluice.read @head : tensor<4xf32>
    sluice.store %head, @y : tensor<4xf32>
    return
  }
  pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0, 0]
      error_ages [1, 0] {}
}

// -----

// Where gradients are not stale nothing is marked.
// CHECK-LABEL: module @synchronous
// CHECK: @w : tensor<4xf32> {init
module @synchronous {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
  pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {}
}

// -----

module {
  // expected-note@+1 {{it has one version, since other stages read it}}
  sluice.parameter @shared : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
  sluice.slot kept @x : tensor<4xf32> {stage = 0}
  func.func @backward.0()
      attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.stage = 0} {
    // expected-error@+1 {{of stage 0 in its backward, which is late by 1, found 'shared' of stage 1}}
    %shared = sluice.read @shared : tensor<4xf32>
    sluice.store %shared, @x : tensor<4xf32>
    return
  }
  pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0, 0]
      error_ages [1, 0] {}
}

// -----

// What reads the newest weights needs no versions.
// CHECK-LABEL: module @newest
// CHECK: @w : {{.*}} {in_place,
// CHECK: @head : tensor<4xf32> {init
module @newest {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
  sluice.parameter @head : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
  sluice.slot kept @x : tensor<4xf32> {stage = 0}
  func.func @backward.0()
      attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.stage = 0} {
    %w = sluice.read @w : tensor<4xf32>
    sluice.store %w, @x : tensor<4xf32>
    return
  }
  pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0, 0]
      error_ages [1, 0] current_weights {}
}

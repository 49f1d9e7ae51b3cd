// RUN: sluice-opt %s --split-input-file --sluice-round-state | FileCheck %s
// RUN: sluice-opt %s --split-input-file --sluice-round-state=format=bf16 | FileCheck %s --check-prefix=BF16

// Updates of every stage and of dropped layers draw by the key of the step, read once, and the name of the parameter;
// the copy of a tied one has that one's. The pass is among the techniques, behind those that were there.

// CHECK: module attributes {sluice.binary = #sluice.binary<
// CHECK-SAME: techniques = ["my-pass", "sluice-round-state{format=e6m9}"]
// BF16: "sluice-round-state{format=bf16}"
module attributes {sluice.binary = #sluice.binary<techniques = ["my-pass"]>} {
  sluice.parameter @w : tensor<3xf32> {init = #sluice.constant<1.0>, stage = 0 : i64}
  sluice.parameter @v : tensor<3xf32> {init = #sluice.constant<1.0>, stage = 1 : i64}
  sluice.parameter @copy : tensor<3xf32> {init = #sluice.constant<1.0>, stage = 1 : i64, copy_of = @w}
  sluice.slot state @m.w : tensor<3xf32> of @w {role = "momentum_buffer"}
  sluice.slot state @m.v : tensor<3xf32> of @v {role = "momentum_buffer"}
  sluice.slot state @m.copy : tensor<3xf32> of @copy {role = "momentum_buffer"}

  // CHECK: func.func @train.update.0()
  // CHECK-NEXT: %[[KEY:.*]] = sluice.key : tensor<4xi32>
  // CHECK-NEXT: %[[ID:.*]] = arith.constant dense<[-2046688170, -1352406452]> : tensor<2xi32>
  // CHECK: scf.if
  // CHECK: func.call @update.w(%{{.*}}, %[[KEY]], %[[ID]])
  // CHECK-SAME: tensor<4xi32>, tensor<2xi32>)
  // CHECK: else
  // CHECK: func.call @update.dropped.w(%{{.*}}, %[[KEY]], %[[ID]])
  func.func @train.update.0() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @w : tensor<3xf32>
    %m = sluice.fetch @m.w : tensor<3xf32>
    %x = sluice.scalar "learning_rate" : tensor<f32>
    %there = arith.constant true
    %new:2 = scf.if %there -> (tensor<3xf32>, tensor<3xf32>) {
      %1:2 = func.call @update.w(%w, %w, %m, %x) : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<f32>)
          -> (tensor<3xf32>, tensor<3xf32>)
      scf.yield %1#0, %1#1 : tensor<3xf32>, tensor<3xf32>
    } else {
      %1:2 = func.call @update.dropped.w(%w, %m, %x) : (tensor<3xf32>, tensor<3xf32>, tensor<f32>)
          -> (tensor<3xf32>, tensor<3xf32>)
      scf.yield %1#0, %1#1 : tensor<3xf32>, tensor<3xf32>
    }
    sluice.write %new#0, @w : tensor<3xf32>
    sluice.store %new#1, @m.w : tensor<3xf32>
    return
  }

  // CHECK: func.func @train.update.1()
  // CHECK-DAG: %[[KEY:.*]] = sluice.key : tensor<4xi32>
  // CHECK-DAG: %[[V:.*]] = arith.constant dense<[-2046687735, -1352406196]> : tensor<2xi32>
  // CHECK-DAG: %[[W:.*]] = arith.constant dense<[-2046688170, -1352406452]> : tensor<2xi32>
  // CHECK-NOT: sluice.key
  // CHECK: call @update.v(%{{.*}}, %[[KEY]], %[[V]])
  // CHECK: call @update.v(%{{.*}}, %[[KEY]], %[[W]])
  func.func @train.update.1() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %v = sluice.read @v : tensor<3xf32>
    %m = sluice.fetch @m.v : tensor<3xf32>
    %x = sluice.scalar "learning_rate" : tensor<f32>
    %1:3 = call @update.v(%v, %v, %m, %m, %x) : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>,
      tensor<f32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
    sluice.write %1#0, @v : tensor<3xf32>
    sluice.store %1#1, @m.v : tensor<3xf32>
    %copy = sluice.read @copy : tensor<3xf32>
    %mc = sluice.fetch @m.copy : tensor<3xf32>
    %2:3 = call @update.v(%copy, %v, %mc, %m, %x) : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>,
      tensor<f32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>)
    sluice.write %2#0, @copy : tensor<3xf32>
    sluice.store %2#1, @m.copy : tensor<3xf32>
    return
  }

  // CHECK: func.func private @update.w({{.*}}, %[[KEY:.*]]: tensor<4xi32>, %[[ID:.*]]: tensor<2xi32>)
  // CHECK: sluice.rounded_sgd {{.*}} decays to <e6m9> key %[[KEY]] id %[[ID]] :
  // BF16: sluice.rounded_sgd {{.*}} decays to <bf16> key
  func.func private @update.w(%w: tensor<3xf32>, %g: tensor<3xf32>, %m: tensor<3xf32>, %x: tensor<f32>)
      -> (tensor<3xf32>, tensor<3xf32>) {
    %new:2 = sluice.sgd %w, %g, %m scalars(%x, %x, %x, %x) decays
        : tensor<3xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
    return %new#0, %new#1 : tensor<3xf32>, tensor<3xf32>
  }
  // CHECK: func.func private @update.dropped.w
  // CHECK: sluice.rounded_sgd {{.*}}) to <e6m9>
  func.func private @update.dropped.w(%w: tensor<3xf32>, %m: tensor<3xf32>, %x: tensor<f32>)
      -> (tensor<3xf32>, tensor<3xf32>) {
    %zero = sluice.zero : tensor<3xf32>
    %new:2 = sluice.sgd %w, %zero, %m scalars(%x, %x, %x, %x)
        : tensor<3xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
    return %new#0, %new#1 : tensor<3xf32>, tensor<3xf32>
  }
  // CHECK: func.func private @update.v
  // CHECK: sluice.rounded_adamw {{.*}}) to <e6m9>
  func.func private @update.v(%w: tensor<3xf32>, %g: tensor<3xf32>, %m: tensor<3xf32>, %s: tensor<3xf32>,
      %x: tensor<f32>) -> (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) {
    %new:3 = sluice.adamw %w, %g, %m, %s scalars(%x, %x, %x, %x, %x, %x, %x, %x)
        : tensor<3xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
          tensor<f32>
    return %new#0, %new#1, %new#2 : tensor<3xf32>, tensor<3xf32>, tensor<3xf32>
  }
}

// -----

// Without an update there is nothing to round and nothing to tell of.
// CHECK: module attributes {sluice.binary = #sluice.binary<compute = "f32">}
module attributes {sluice.binary = #sluice.binary<compute = "f32">} {
  // CHECK-NOT: sluice.key
  func.func @evaluate.forward() {
    return
  }
}

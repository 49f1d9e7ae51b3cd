// RUN: sluice-opt %s --split-input-file --sluice-count-roundings | FileCheck %s

// Counts stand beside what rounds, weights and activations apart from gradients, each once however often it is used.
// Actions clear their sums, pass them from call to call, also through branches, and leave them in slots of their stage.

// CHECK: sluice.slot result @train.forward.1.rounded_values : tensor<2xf64>
// CHECK-SAME: {sluice.statistic = "rounded_values", stage = 1 : i64}
// CHECK: sluice.slot result @train.backward.1.rounded_errors : tensor<2xf64>
// CHECK-SAME: {sluice.statistic = "rounded_errors", stage = 1 : i64}

// CHECK-LABEL: func.func @train.forward.1()
// CHECK: %[[BEFORE:.*]] = sluice.fetch @train.forward.1.rounded_values
// CHECK-NEXT: %[[ZERO:.*]] = call @train.roundings.none(%[[BEFORE]])
// CHECK: %[[FIRST:.*]]:2 = call @forward(%[[X:.*]], %[[W:.*]], %[[ZERO]])
// CHECK-SAME: (tensor<4x8xf32>, tensor<8x8xf32>, tensor<2xf64>) -> (tensor<4x8xf32>, tensor<2xf64>)
// CHECK: %[[BRANCH:.*]]:2 = scf.if %{{.*}} -> (tensor<4x8xf32>, tensor<2xf64>) {
// CHECK-NEXT: %[[THEN:.*]]:2 = func.call @forward(%[[FIRST]]#0, %[[W]], %[[FIRST]]#1)
// CHECK-NEXT: scf.yield %[[THEN]]#0, %[[THEN]]#1
// CHECK: else
// CHECK: %[[COPY:.*]] = func.call @copy(%[[FIRST]]#0) : (tensor<4x8xf32>) -> tensor<4x8xf32>
// CHECK-NEXT: scf.yield %[[COPY]], %[[FIRST]]#1
// CHECK: sluice.store %[[BRANCH]]#0, @y
// CHECK-NEXT: sluice.store %[[BRANCH]]#1, @train.forward.1.rounded_values

// CHECK-LABEL: func.func @train.backward.1()
// CHECK-NOT: rounded_values
// CHECK: %[[ZERO:.*]] = call @train.roundings.none
// What backward repeats was counted in forward.
// CHECK: call @repeated(%{{.*}}) {sluice.repeats} : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
// CHECK: %[[DX:.*]]:2 = call @backward(%{{.*}}, %[[ZERO]])
// CHECK: sluice.store %[[DX]]#1, @train.backward.1.rounded_errors

// Evaluation counts nothing.
// CHECK-LABEL: func.func @eval()
// CHECK: call @evaluate(%{{.*}}) : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>

// CHECK-LABEL: func.func private @forward(
// CHECK-SAME: %[[X:.*]]: tensor<4x8xf32>, %[[W:.*]]: tensor<8x8xf32>,
// CHECK-SAME: %[[SUM:.*]]: tensor<2xf64> {sluice.updates = 1 : i64}) -> (tensor<4x8xf32>, tensor<2xf64>)
// CHECK: sluice.quantize %[[X]] to <e4m3b4> scaled [1, 4]
// CHECK-NEXT: %[[OF_X:.*]] = sluice.count_roundings %[[X]] to <e4m3b4> scaled [1, 4]
// CHECK: sluice.quantize %[[W]] to <e4m3b4>
// CHECK-NEXT: %[[OF_W:.*]] = sluice.count_roundings %[[W]] to <e4m3b4> :
// CHECK-NEXT: %[[BOTH:.*]] = sluice.add %[[OF_X]], %[[OF_W]]
// CHECK-NOT: sluice.count_roundings
// CHECK: %[[ALL:.*]] = sluice.add %[[BOTH]], %[[SUM]]
// CHECK: return %{{.*}}, %[[ALL]]

// CHECK-LABEL: func.func private @backward(
// CHECK-SAME: tensor<2xf64> {sluice.updates = 1 : i64}
// CHECK: sluice.count_roundings %{{.*}} to <f8E5M2>

// CHECK-LABEL: func.func private @repeated(
// CHECK-NOT: sluice.count_roundings
// CHECK-LABEL: func.func private @evaluate(
// CHECK-NOT: sluice.count_roundings
// CHECK-LABEL: func.func private @train.roundings.none(
// CHECK-SAME: tensor<2xf64> {sluice.updates = 0 : i64}) -> tensor<2xf64>
module {
  sluice.parameter @w : tensor<8x8xf32> {init = #sluice.constant<1.0>, stage = 1 : i64}
  sluice.slot kept @x : tensor<4x8xf32> {stage = 1 : i64}
  sluice.slot kept @y : tensor<4x8xf32> {stage = 1 : i64}
  sluice.slot kept @keep : tensor<1xf32> {stage = 1 : i64}
  func.func @train.forward.1()
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1 : i64} {
    %x = sluice.fetch @x : tensor<4x8xf32>
    %w = sluice.read @w : tensor<8x8xf32>
    %y = call @forward(%x, %w) : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %keep = arith.constant true
    %z = scf.if %keep -> (tensor<4x8xf32>) {
      %0 = func.call @forward(%y, %w) : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
      scf.yield %0 : tensor<4x8xf32>
    } else {
      %0 = func.call @copy(%y) : (tensor<4x8xf32>) -> tensor<4x8xf32>
      scf.yield %0 : tensor<4x8xf32>
    }
    sluice.store %z, @y : tensor<4x8xf32>
    return
  }
  func.func @train.backward.1()
      attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train", sluice.stage = 1 : i64} {
    %x = sluice.fetch @x : tensor<4x8xf32>
    %w = sluice.read @w : tensor<8x8xf32>
    %y = call @repeated(%x, %w) {sluice.repeats} : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    %dx = call @backward(%y) : (tensor<4x8xf32>) -> tensor<8x8xf32>
    return
  }
  func.func @eval() attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "eval"} {
    %x = sluice.fetch @x : tensor<4x8xf32>
    %w = sluice.read @w : tensor<8x8xf32>
    %y = call @evaluate(%x, %w) : (tensor<4x8xf32>, tensor<8x8xf32>) -> tensor<4x8xf32>
    return
  }
  func.func private @forward(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> {
    %0 = sluice.quantize %x to <e4m3b4> scaled [1, 4] : tensor<4x8xf32>
    %1 = sluice.quantize %w to <e4m3b4> : tensor<8x8xf32>
    // Neither what is not used nor what stays f32 is rounded.
    %2 = sluice.quantize %w to <f8E5M2> : tensor<8x8xf32>
    %3 = sluice.quantize %w to <f32> : tensor<8x8xf32>
    %4 = sluice.linear %0, %1 : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
    %5 = sluice.linear %0, %1 transposed : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
    %6 = sluice.linear %5, %3 : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
    %7 = sluice.add %4, %6 : tensor<4x8xf32>, tensor<4x8xf32>
    return %7 : tensor<4x8xf32>
  }
  func.func private @backward(%dy: tensor<4x8xf32>) -> tensor<8x8xf32> {
    %0 = sluice.quantize %dy to <f8E5M2> : tensor<4x8xf32>
    %1 = sluice.matmul %dy, %0 transpose_lhs errors_rhs
        : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
    return %1 : tensor<8x8xf32>
  }
  func.func private @repeated(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> {
    %0 = sluice.quantize %x to <e4m3b4> : tensor<4x8xf32>
    %1 = sluice.linear %0, %w : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
    return %1 : tensor<4x8xf32>
  }
  func.func private @evaluate(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>) -> tensor<4x8xf32> {
    %0 = sluice.quantize %x to <e4m3b4> : tensor<4x8xf32>
    %1 = sluice.linear %0, %w : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
    return %1 : tensor<4x8xf32>
  }
  func.func private @copy(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
    return %x : tensor<4x8xf32>
  }
}

// -----

// Which operand is a gradient decides what a count is of, for all three ways to have one.

// CHECK-LABEL: func.func @train.backward()
// CHECK: call @of_both(%{{.*}}, %{{.*}}, %{{.*}}) : (tensor<4x8xf32>, tensor<2xf64>, tensor<2xf64>)
// CHECK-LABEL: func.func private @of_both(
// CHECK-SAME: %[[VALUES:[a-z0-9]*]]: tensor<2xf64> {sluice.updates = 1 : i64},
// CHECK-SAME: %[[ERRORS:[a-z0-9]*]]: tensor<2xf64> {sluice.updates = 2 : i64})
// CHECK-DAG: %[[E0:.*]] = sluice.count_roundings %{{.*}} to <f8E5M2>
// CHECK-DAG: %[[E1:.*]] = sluice.count_roundings %{{.*}} to <f8E4M3FN>
// CHECK-DAG: %[[V0:.*]] = sluice.count_roundings %{{.*}} to <e4m3b4>
// CHECK-DAG: %[[V1:.*]] = sluice.count_roundings %{{.*}} to <f16>
// CHECK-DAG: %[[E:.*]] = sluice.add %[[E0]], %[[E1]]
// CHECK-DAG: %[[V:.*]] = sluice.add %[[V0]], %[[V1]]
// CHECK-DAG: sluice.add %[[V]], %[[VALUES]]
// CHECK-DAG: sluice.add %[[E]], %[[ERRORS]]
module {
  sluice.slot kept @x : tensor<4x8xf32>
  func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
    %x = sluice.fetch @x : tensor<4x8xf32>
    %y = call @of_both(%x) : (tensor<4x8xf32>) -> tensor<8x8xf32>
    return
  }
  func.func private @of_both(%x: tensor<4x8xf32>) -> tensor<8x8xf32> {
    %e0 = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
    %v0 = sluice.quantize %x to <e4m3b4> : tensor<4x8xf32>
    %e1 = sluice.quantize %x to <f8E4M3FN> : tensor<4x8xf32>
    %v1 = sluice.quantize %x to <f16> : tensor<4x8xf32>
    %0 = sluice.matmul %e0, %v0 transpose_lhs errors_lhs : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
    %1 = sluice.linear %e1, %0 errors : tensor<4x8xf32>, tensor<8x8xf32> to tensor<4x8xf32>
    %2 = sluice.matmul %v1, %1 transpose_lhs : tensor<4x8xf32>, tensor<4x8xf32> to tensor<8x8xf32>
    return %2 : tensor<8x8xf32>
  }
}

// -----

// Where nothing is rounded nothing changes.
// CHECK-LABEL: func.func @train.forward()
// CHECK-NEXT: sluice.fetch @x
// CHECK-NEXT: call @layer(%{{.*}}) : (tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT: return
// CHECK-NOT: func.func private @train.roundings
module {
  sluice.slot kept @x : tensor<4xf32>
  func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
    %x = sluice.fetch @x : tensor<4xf32>
    %y = call @layer(%x) : (tensor<4xf32>) -> tensor<4xf32>
    return
  }
  func.func private @layer(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
}

// RUN: sluice-opt %s --sluice-key-contractions | FileCheck %s
// RUN: sluice-opt %s --sluice-key-contractions --sluice-share-layers | FileCheck %s --check-prefix=SHARED

// A call draws by the key of the step and the name of its function, however often that is in other actions. A second
// call in an action draws other words, and so do the contractions of a function.

#drawn = #sluice.accumulation<e6m9, rounding = stochastic>

// CHECK-LABEL: func.func @train.forward()
// CHECK-NEXT: %[[KEY:.*]] = sluice.key : tensor<4xi32>
// CHECK-DAG: %[[FIRST:.*]] = arith.constant dense<[1184229858, -1018922888]> : tensor<2xi32>
// CHECK-DAG: %[[AGAIN:.*]] = arith.constant dense<[{{.*}}]> : tensor<2xi32>
// CHECK-DAG: %[[SECOND:.*]] = arith.constant dense<[{{.*}}]> : tensor<2xi32>
// CHECK-NOT: sluice.key
// CHECK: scf.if
// CHECK-NEXT: func.call @train.h.0.forward(%{{[0-9a-z]+}}, %{{[0-9a-z]+}}, %[[KEY]], %[[FIRST]])
// CHECK: call @train.h.1.forward(%{{[0-9a-z]+}}, %{{[0-9a-z]+}}, %[[KEY]], %[[SECOND]])
// CHECK-NEXT: call @train.h.0.forward(%{{[0-9a-z]+}}, %{{[0-9a-z]+}}, %[[KEY]], %[[AGAIN]])
// CHECK-NEXT: call @plain(%{{[0-9a-z]+}}, %{{[0-9a-z]+}}) :

// Layers that differ in their name alone are one function still.
// SHARED: call @[[SAME:.*]](%{{.*}}) : (tensor<3x4xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<2xi32>)
// SHARED: call @[[SAME]](
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<3x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %there = arith.constant true
  %0 = scf.if %there -> tensor<3x4xf32> {
    %4 = func.call @train.h.0.forward(%x, %w) : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
    scf.yield %4 : tensor<3x4xf32>
  } else {
    scf.yield %x : tensor<3x4xf32>
  }
  %1 = call @train.h.1.forward(%0, %w) : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %2 = call @train.h.0.forward(%1, %w) : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %3 = call @plain(%2, %w) : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  sluice.store %3, @x : tensor<3x4xf32>
  return
}

// CHECK-LABEL: func.func @train.forward.2()
// CHECK-NEXT: %[[KEY:.*]] = sluice.key : tensor<4xi32>
// CHECK-NEXT: %[[FIRST:.*]] = arith.constant dense<[1184229858, -1018922888]> : tensor<2xi32>
// CHECK: call @train.h.0.forward(%{{[0-9a-z]+}}, %{{[0-9a-z]+}}, %[[KEY]], %[[FIRST]])
func.func @train.forward.2() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<3x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %0 = call @train.h.0.forward(%x, %w) : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  sluice.store %0, @x : tensor<3x4xf32>
  return
}

// What backward repeats draws what forward drew, however often it is repeated.
// CHECK-LABEL: func.func @train.backward()
// CHECK-NEXT: %[[KEY:.*]] = sluice.key : tensor<4xi32>
// CHECK-NEXT: %[[FIRST:.*]] = arith.constant dense<[1184229858, -1018922888]> : tensor<2xi32>
// CHECK-COUNT-2: call @train.h.0.forward(%{{[0-9a-z]+}}, %{{[0-9a-z]+}}, %[[KEY]], %[[FIRST]]) {sluice.repeats}
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<3x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %0 = call @train.h.0.forward(%x, %w) {sluice.repeats} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  %1 = call @train.h.0.forward(%0, %w) {sluice.repeats} : (tensor<3x4xf32>, tensor<4x4xf32>) -> tensor<3x4xf32>
  sluice.store %1, @x : tensor<3x4xf32>
  return
}

// CHECK-LABEL: func.func private @train.h.0.forward(
// CHECK-SAME: %[[KEY:[a-z0-9]+]]: tensor<4xi32>, %[[ID:[a-z0-9]+]]: tensor<2xi32>)
// CHECK-NEXT: sluice.linear %{{.*}} key %[[KEY]] : tensor<4xi32> id %[[ID]] : tensor<2xi32> ordinal 0 {accumulation
// CHECK-NEXT: sluice.linear %{{[0-9a-z]+}}, %{{[0-9a-z]+}} {accumulation = #sluice.accumulation<e6m9>}
// CHECK-NEXT: sluice.matmul %{{.*}} key %[[KEY]] : tensor<4xi32> id %[[ID]] : tensor<2xi32> ordinal 1 {accumulation
func.func private @train.h.0.forward(%x: tensor<3x4xf32>, %w: tensor<4x4xf32>) -> tensor<3x4xf32> {
  %0 = sluice.linear %x, %w {accumulation = #drawn} : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  %1 = sluice.linear %0, %w {accumulation = #sluice.accumulation<e6m9>}
      : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  %2 = sluice.matmul %1, %w {accumulation = #drawn} : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  return %2 : tensor<3x4xf32>
}
func.func private @train.h.1.forward(%x: tensor<3x4xf32>, %w: tensor<4x4xf32>) -> tensor<3x4xf32> {
  %0 = sluice.linear %x, %w {accumulation = #drawn} : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  %1 = sluice.linear %0, %w {accumulation = #sluice.accumulation<e6m9>}
      : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  %2 = sluice.matmul %1, %w {accumulation = #drawn} : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  return %2 : tensor<3x4xf32>
}

// CHECK-LABEL: func.func private @plain(%{{[^,]*}}, %{{[^,]*}}) -> tensor<3x4xf32>
func.func private @plain(%x: tensor<3x4xf32>, %w: tensor<4x4xf32>) -> tensor<3x4xf32> {
  %0 = sluice.linear %x, %w : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}
sluice.slot kept @x : tensor<3x4xf32>
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.constant<1.0>}

// RUN: sluice-opt %s --sluice-log-accumulation="weight=w rows=2" | FileCheck %s

// The call that reads the weight, and no other, has a copy with the error beside it, in steps that measure. Of a layer
// that may be dropped the error is zero then. The bias is added behind the sums.

// CHECK: module attributes {sluice.scalars = [{{.*}}name = "measures_accumulation", value = 0.0
// CHECK: sluice.slot result @train.accumulation_error : tensor<2xf64>
// CHECK-SAME: {role = "w", sluice.statistic = "accumulation_error", stage = 1 : i64}

// CHECK-LABEL: func.func @train.forward.1()
// CHECK: %[[V:.*]] = sluice.read @v
// CHECK: %[[FIRST:.*]] = call @layer(%{{.*}}, %[[V]], %{{.*}}) : {{.*}} -> tensor<4x8xf32>
// CHECK: %[[SCALAR:.*]] = sluice.scalar "measures_accumulation" : tensor<f64>
// CHECK-NEXT: %[[NUMBER:.*]] = tensor.extract %[[SCALAR]][] : tensor<f64>
// CHECK: %[[MEASURES:.*]] = arith.cmpf ogt, %[[NUMBER]], %{{.*}} : f64
// CHECK-NEXT: %[[KEPT:.*]]:2 = scf.if %{{.*}} -> (tensor<4x8xf32>, tensor<2xf64>) {
// CHECK-NEXT: %[[BOTH:.*]]:2 = scf.if %[[MEASURES]] -> (tensor<4x8xf32>, tensor<2xf64>) {
// CHECK-NEXT: %[[THEN:.*]]:2 = func.call @layer.measured(%[[FIRST]],
// CHECK-NEXT: scf.yield %[[THEN]]#0, %[[THEN]]#1
// CHECK: else
// CHECK-NEXT: %[[ELSE:.*]] = func.call @layer(%[[FIRST]],
// CHECK-NEXT: %[[ANY:.*]] = ub.poison : tensor<2xf64>
// CHECK-NEXT: scf.yield %[[ELSE]], %[[ANY]]
// CHECK: scf.yield %[[BOTH]]#0, %[[BOTH]]#1
// CHECK: else
// CHECK: %[[ZERO:.*]] = func.call @train.accumulation_error.none() : () -> tensor<2xf64>
// CHECK-NEXT: scf.yield %{{.*}}, %[[ZERO]]
// CHECK: %[[LAST:.*]] = call @layer(%[[KEPT]]#0, %[[V]],
// CHECK: sluice.store %[[LAST]], @y
// CHECK-NEXT: sluice.store %[[KEPT]]#1, @train.accumulation_error

// CHECK-LABEL: func.func private @layer(
// CHECK-NOT: sluice.accumulation_error
// CHECK: bias
// CHECK-LABEL: func.func private @layer.measured(
// CHECK-SAME: -> (tensor<4x8xf32>, tensor<2xf64>)
// CHECK: %[[X:.*]] = sluice.quantize
// CHECK: %[[W:.*]] = sluice.quantize %arg1
// CHECK: %[[SUMS:.*]] = sluice.linear %[[X]], %[[W]] transposed {accumulation = #sluice.accumulation<e6m9>} :
// CHECK-NEXT: %[[ERROR:.*]] = sluice.accumulation_error %[[X]], %[[W]], %[[SUMS]] transposed rows 2
// CHECK-NEXT: %[[Y:.*]] = sluice.add %[[SUMS]], %arg2
// CHECK: return %{{.*}}, %[[ERROR]]
module {
  sluice.parameter @w : tensor<8x8xf32> {init = #sluice.constant<1.0>, stage = 1 : i64}
  sluice.parameter @v : tensor<8x8xf32> {init = #sluice.constant<1.0>, stage = 1 : i64}
  sluice.parameter @b : tensor<8xf32> {init = #sluice.constant<1.0>, stage = 1 : i64}
  sluice.slot kept @x : tensor<4x8xf32> {stage = 1 : i64}
  sluice.slot kept @y : tensor<4x8xf32> {stage = 1 : i64}
  func.func @train.forward.1()
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1 : i64} {
    %x = sluice.fetch @x : tensor<4x8xf32>
    %v = sluice.read @v : tensor<8x8xf32>
    %b = sluice.read @b : tensor<8xf32>
    %0 = call @layer(%x, %v, %b) : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    %w = sluice.read @w : tensor<8x8xf32>
    %keep = arith.constant true
    %1 = scf.if %keep -> (tensor<4x8xf32>) {
      %3 = func.call @layer(%0, %w, %b) : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
      scf.yield %3 : tensor<4x8xf32>
    } else {
      scf.yield %0 : tensor<4x8xf32>
    }
    %2 = call @layer(%1, %v, %b) : (tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    sluice.store %2, @y : tensor<4x8xf32>
    return
  }
  func.func private @layer(%x: tensor<4x8xf32>, %w: tensor<8x8xf32>, %b: tensor<8xf32>) -> tensor<4x8xf32> {
    %0 = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
    %1 = sluice.quantize %w to <f8E5M2> : tensor<8x8xf32>
    %2 = sluice.linear %0, %1 bias %b transposed {accumulation = #sluice.accumulation<e6m9>}
        : tensor<4x8xf32>, tensor<8x8xf32>, tensor<8xf32> to tensor<4x8xf32>
    %3 = sluice.relu %2 : tensor<4x8xf32>
    return %3 : tensor<4x8xf32>
  }
}

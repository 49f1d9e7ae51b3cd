// A function that backward repeats is cut to what each caller uses of it. What draws keeps its key and its number.
// RUN: sluice-opt %s --sluice-trim-repeated | FileCheck %s
// RUN: sluice-opt %s --sluice-trim-repeated --remarks-filter=gradient 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// Four calls of one function; forward's copies have all of its ops, backward's lacks the first product and the sum.
// REMARK: TrimRepeated {{.*}}calls=4, erased=2, functions=1

#drawn = #sluice.accumulation<e6m9, rounding = stochastic>

// CHECK-LABEL: func.func @train.forward()
// CHECK: %[[Y:.*]] = call @layer.alone(
// CHECK-SAME: {test.note} : ({{.*}}) -> tensor<3x4xf32>
// CHECK: sluice.store %[[Y]], @y
// CHECK: %[[BOTH:.*]]:2 = call @[[OTHER:layer.alone_[0-9]+]](
// CHECK: sluice.store %[[BOTH]]#0, @y
// CHECK: sluice.store %[[BOTH]]#1, @y
// What nobody uses is not called.
// CHECK-NOT: @plain
// CHECK: return
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<3x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %key = sluice.key : tensor<4xi32>
  %id = arith.constant dense<[1, 2]> : tensor<2xi32>
  %0:2 = call @layer(%x, %w, %key, %id) {test.note}
      : (tensor<3x4xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<2xi32>) -> (tensor<3x4xf32>, tensor<3x4xf32>)
  sluice.store %0#0, @y : tensor<3x4xf32>
  %1:2 = call @layer(%x, %w, %key, %id)
      : (tensor<3x4xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<2xi32>) -> (tensor<3x4xf32>, tensor<3x4xf32>)
  sluice.store %1#0, @y : tensor<3x4xf32>
  sluice.store %1#1, @y : tensor<3x4xf32>
  %2 = call @plain(%x) : (tensor<3x4xf32>) -> tensor<3x4xf32>
  return
}

// What backward repeats has a copy of its own, also in a branch, and its calls say so.
// CHECK-LABEL: func.func @train.backward()
// CHECK: call @layer.repeated({{.*}}) {sluice.repeats} : ({{.*}}) -> tensor<3x4xf32>
// CHECK: scf.if
// CHECK-NEXT: func.call @layer.repeated({{.*}}) {sluice.repeats} : ({{.*}}) -> tensor<3x4xf32>
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<3x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %key = sluice.key : tensor<4xi32>
  %id = arith.constant dense<[1, 2]> : tensor<2xi32>
  %there = arith.constant true
  %0:2 = call @layer(%x, %w, %key, %id) {sluice.repeats}
      : (tensor<3x4xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<2xi32>) -> (tensor<3x4xf32>, tensor<3x4xf32>)
  sluice.store %0#1, @y : tensor<3x4xf32>
  %1 = scf.if %there -> tensor<3x4xf32> {
    %2:2 = func.call @layer(%x, %w, %key, %id) {sluice.repeats}
        : (tensor<3x4xf32>, tensor<4x4xf32>, tensor<4xi32>, tensor<2xi32>) -> (tensor<3x4xf32>, tensor<3x4xf32>)
    scf.yield %2#1 : tensor<3x4xf32>
  } else {
    scf.yield %x : tensor<3x4xf32>
  }
  sluice.store %1, @y : tensor<3x4xf32>
  return
}

// CHECK-NOT: @layer(
// CHECK: func.func private @layer.alone(
// CHECK: func.func private @[[OTHER]](
// CHECK: func.func private @layer.repeated(
// CHECK-NEXT: %[[H:.*]] = sluice.linear {{.*}} ordinal 1 {accumulation
// CHECK-NEXT: return %[[H]]
// CHECK-NOT: @layer(
func.func private @layer(%x: tensor<3x4xf32>, %w: tensor<4x4xf32>, %key: tensor<4xi32>, %id: tensor<2xi32>)
    -> (tensor<3x4xf32>, tensor<3x4xf32>) {
  %0 = sluice.linear %x, %w key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 0 {accumulation = #drawn}
      : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  %1 = sluice.linear %x, %w key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 1 {accumulation = #drawn}
      : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  %2 = sluice.add %1, %0 : tensor<3x4xf32>, tensor<3x4xf32>
  return %2, %1 : tensor<3x4xf32>, tensor<3x4xf32>
}

// A function that nothing repeats stays whole, though nobody uses what it returns.
// CHECK: func.func private @plain(%{{.*}}: tensor<3x4xf32>) -> tensor<3x4xf32>
func.func private @plain(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  return %x : tensor<3x4xf32>
}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<0.02>}
sluice.slot kept @x : tensor<3x4xf32>
sluice.slot kept @y : tensor<3x4xf32>

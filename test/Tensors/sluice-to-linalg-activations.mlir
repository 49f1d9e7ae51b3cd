// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// An activation is a formula of value and derivative. Each op yields what it needs of them, in one loop over elements.

// A NaN counts as above 0 ("ugt"): rectified away, it would not stop the run.
// CHECK-LABEL: @should_keep_a_nan_through_relu
// CHECK: ^bb0(%[[X:[^:]*]]: f32, %{{[^:]*}}: f32):
// CHECK: %[[ABOVE:.*]] = arith.cmpf ugt, %[[X]], %[[ZERO:.*]] : f32
// CHECK: %[[Y:.*]] = arith.select %[[ABOVE]], %[[X]], %[[ZERO]] : f32
// CHECK-NEXT: linalg.yield %[[Y]]
func.func private @should_keep_a_nan_through_relu(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %y = sluice.relu %x : tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// -----

// CHECK-LABEL: @should_pass_the_gradient_of_relu_where_the_input_is_above_0
// CHECK: linalg.generic {{.*}} ins(%arg0, %arg1 : tensor<4xf32>, tensor<4xf32>)
// CHECK: ^bb0(%[[DY:[^:]*]]: f32, %[[X:[^:]*]]: f32, %{{[^:]*}}: f32):
// CHECK: %[[ABOVE:.*]] = arith.cmpf ugt, %[[X]]
// CHECK: %[[SLOPE:.*]] = arith.select %[[ABOVE]], %{{.*}}, %{{.*}} : f32
// CHECK-NOT: arith.select
// CHECK: %[[DX:.*]] = arith.mulf %[[DY]], %[[SLOPE]]
// CHECK: linalg.yield %[[DX]] : f32
func.func private @should_pass_the_gradient_of_relu_where_the_input_is_above_0(
    %dy: tensor<4xf32>, %x: tensor<4xf32>) -> tensor<4xf32> {
  %dx = sluice.relu_backward %dy, %x : tensor<4xf32>
  return %dx : tensor<4xf32>
}

// -----

// 1 / (1 + exp(-x)): it does not cancel where x is far below zero.
// CHECK-LABEL: @should_compute_silu_from_the_exponential_of_minus_x
// CHECK: ^bb0(%[[X:[^:]*]]: f32, %{{[^:]*}}: f32):
// CHECK: %[[MINUS_ONE:.*]] = arith.constant -1.000000e+00
// CHECK: %[[NEGATED:.*]] = arith.mulf %[[MINUS_ONE]], %[[X]]
// CHECK: %[[EXP:.*]] = math.exp %[[NEGATED]]
// CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %[[EXP]]
// CHECK: %[[SIGMOID:.*]] = arith.divf %{{.*}}, %[[SUM]]
// CHECK: %[[Y:.*]] = arith.mulf %[[X]], %[[SIGMOID]]
// CHECK-NEXT: linalg.yield %[[Y]]
func.func private @should_compute_silu_from_the_exponential_of_minus_x(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = sluice.silu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// sigmoid + y (1 - sigmoid), of which y is the value: one exponential for both results.
// CHECK-LABEL: @should_share_the_exponential_of_silu_and_its_gradient
// CHECK-COUNT-1: math.exp
// CHECK-NOT: math.exp
// CHECK: %[[SIGMOID:.*]] = arith.divf
// CHECK: %[[Y:.*]] = arith.mulf %{{.*}}, %[[SIGMOID]]
// CHECK: %[[REST:.*]] = arith.subf %{{.*}}, %[[SIGMOID]]
// CHECK: %[[CURVED:.*]] = arith.mulf %[[Y]], %[[REST]]
// CHECK: %[[SLOPE:.*]] = arith.addf %[[SIGMOID]], %[[CURVED]]
// CHECK: %[[DX:.*]] = arith.mulf %{{.*}}, %[[SLOPE]]
// CHECK: linalg.yield %[[Y]], %[[DX]] : f32, f32
func.func private @should_share_the_exponential_of_silu_and_its_gradient(%dy: tensor<4xf32>, %x: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>) {
  %y, %dx = sluice.silu_with_gradient %dy, %x : tensor<4xf32>
  return %y, %dx : tensor<4xf32>, tensor<4xf32>
}

// -----

// The hyperbolic tangent of u is 2 sigmoid(2 u) - 1: an exponential takes its place, and the cubic term stays.
// CHECK-LABEL: @should_compute_the_tanh_form_of_gelu_as_a_sigmoid
// CHECK-NOT: math.tanh
// CHECK: arith.constant 4.471500e-02
// CHECK: arith.constant -1.595769
// CHECK: math.exp
// CHECK: arith.divf
// CHECK-NOT: math.tanh
// CHECK: return
func.func private @should_compute_the_tanh_form_of_gelu_as_a_sigmoid(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = sluice.gelu tanh %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// CHECK-LABEL: @should_compute_quick_gelu_as_a_steeper_sigmoid
// CHECK: arith.constant -1.702000e+00
// CHECK: math.exp
func.func private @should_compute_quick_gelu_as_a_steeper_sigmoid(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = sluice.quick_gelu %x : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Constants and arithmetic have the type of the elements.
// CHECK-LABEL: @should_compute_in_the_type_of_the_input
// CHECK: arith.constant -1.000000e+00 : f64
// CHECK: math.exp %{{.*}} : f64
// CHECK: linalg.yield %{{.*}} : f64
func.func private @should_compute_in_the_type_of_the_input(%x: tensor<4xf64>) -> tensor<4xf64> {
  %y = sluice.silu %x : tensor<4xf64>
  return %y : tensor<4xf64>
}

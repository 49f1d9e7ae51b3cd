// RUN: sluice-opt %s --sluice-approximate-math | FileCheck %s

// CHECK-DAG: func.func private @exp(f64) -> f64 attributes {llvm.readnone}
// CHECK-DAG: func.func private @erf(f64) -> f64 attributes {llvm.readnone}
// CHECK-DAG: func.func private @powf(f32, f32) -> f32 attributes {llvm.readnone}

// The same ops for scalars and vectors: the bits of a result don't depend on where in a row an element lies.
// CHECK-LABEL: func @scalar_exponential_is_a_polynomial
// CHECK-NOT: math.exp
// CHECK-COUNT-8: math.fma {{.*}} : f32
// CHECK: arith.shrsi
// CHECK: return
func.func @scalar_exponential_is_a_polynomial(%x: f32) -> f32 {
  %y = math.exp %x : f32
  return %y : f32
}

// CHECK-LABEL: func @vector_exponential_is_the_same_polynomial
// CHECK-NOT: math.exp
// CHECK-COUNT-8: math.fma {{.*}} : vector<2x8xf32>
// CHECK: arith.shrsi
// CHECK: return
func.func @vector_exponential_is_the_same_polynomial(%x: vector<2x8xf32>) -> vector<2x8xf32> {
  %y = math.exp %x : vector<2x8xf32>
  return %y : vector<2x8xf32>
}

// CHECK-LABEL: func @hyperbolic_tangent_takes_the_sign_of_its_argument
// CHECK: math.fma
// CHECK: arith.divf
// CHECK: math.copysign {{.*}}, %arg0 : vector<8xf32>
func.func @hyperbolic_tangent_takes_the_sign_of_its_argument(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.tanh %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func @reciprocal_root_is_exact_root_and_division
// CHECK: %[[ROOT:.*]] = math.sqrt %arg0
// CHECK: arith.divf {{.*}}, %[[ROOT]]
func.func @reciprocal_root_is_exact_root_and_division(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.rsqrt %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func @cosine_is_reduced_in_double_precision
// CHECK: arith.extf {{.*}} : vector<8xf32> to vector<8xf64>
// CHECK: math.fma {{.*}} : vector<8xf64>
// CHECK: arith.truncf {{.*}} : vector<8xf64> to vector<8xf32>
func.func @cosine_is_reduced_in_double_precision(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.cos %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func @narrow_floats_are_computed_in_f32
// CHECK: arith.extf %arg0 : vector<8xbf16> to vector<8xf32>
// CHECK: arith.truncf {{.*}} : vector<8xf32> to vector<8xbf16>
func.func @narrow_floats_are_computed_in_f32(%x: vector<8xbf16>) -> vector<8xbf16> {
  %y = math.erf %x : vector<8xbf16>
  return %y : vector<8xbf16>
}

// CHECK-LABEL: func @double_precision_calls_the_library_for_every_lane
// CHECK: call @exp(%arg0)
// CHECK-COUNT-4: call @erf
// CHECK-NOT: call @erf
func.func @double_precision_calls_the_library_for_every_lane(%x: f64, %v: vector<2x2xf64>) -> (f64, vector<2x2xf64>) {
  %y = math.exp %x : f64
  %z = math.erf %v : vector<2x2xf64>
  return %y, %z : f64, vector<2x2xf64>
}

// CHECK-LABEL: func @function_without_a_polynomial_calls_the_library
// CHECK: call @powf(%arg0, %arg1)
func.func @function_without_a_polynomial_calls_the_library(%x: f32, %p: f32) -> f32 {
  %y = math.powf %x, %p : f32
  return %y : f32
}

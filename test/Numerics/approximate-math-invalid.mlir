// RUN: sluice-opt %s --sluice-approximate-math --split-input-file --verify-diagnostics

// The pass runs when bodies of loops are scalars and vectors of fixed length: anything else is an error of order.

func.func @should_refuse_tensors(%x: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{expected floats of at most 64 bits or vectors of fixed length of them}}
  %y = math.exp %x : tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

func.func @should_refuse_vectors_of_any_length(%x: vector<[4]xf32>) -> vector<[4]xf32> {
  // expected-error @below {{expected floats of at most 64 bits or vectors of fixed length of them}}
  %y = math.exp %x : vector<[4]xf32>
  return %y : vector<[4]xf32>
}

// -----

func.func @should_refuse_long_floats(%x: f128) -> f128 {
  // expected-error @below {{expected floats of at most 64 bits or vectors of fixed length of them, got 'f128'}}
  %y = math.exp %x : f128
  return %y : f128
}

// -----

// The C library's function is called by its name.
func.func private @exp(f64) -> i32
func.func @should_refuse_a_function_of_another_type(%x: f64) -> f64 {
  // expected-error @below {{needs the C library's function 'exp', but the module has something else of that name}}
  %y = math.exp %x : f64
  return %y : f64
}

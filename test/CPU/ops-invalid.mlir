// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_a_missing_function(%step: memref<584xi8>) {
  // expected-error @below {{expected a function named 'rows'}}
  sluice_cpu.parallel_for @rows count 4 step %step : memref<584xi8>
  return
}

// -----

// expected-note @below {{'rows' has type}}
func.func private @rows(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<0xi8>)
func.func @should_refuse_captures_of_another_type(%step: memref<584xi8>, %x: memref<4xf32>) {
  // expected-error @below {{expected a callee that takes the captures, begin, end and scratch}}
  sluice_cpu.parallel_for @rows count 4 step %step : memref<584xi8> captures(%x : memref<4xf32>)
  return
}

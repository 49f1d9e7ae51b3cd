// RUN: sluice-opt %s --sluice-lower-to-llvm --split-input-file --verify-diagnostics

func.func @f(%step: memref<584xi8>, %v: vector<8xf32>) {
  // expected-error@+1 {{cannot pass a capture of type 'vector<8xf32>' in 8 bytes}}
  sluice_cpu.parallel_for @body count 64 step %step : memref<584xi8> captures(%v : vector<8xf32>)
  return
}
func.func private @body(%v: vector<8xf32>, %begin: index, %end: index, %scratch: memref<0xi8>) {
  return
}

// -----

func.func @contraction_left(%a: memref<4x4xf32>) {
  // expected-error@+1 {{failed to legalize operation 'linalg.matmul'}}
  linalg.matmul ins(%a, %a : memref<4x4xf32>, memref<4x4xf32>) outs(%a : memref<4x4xf32>)
  return
}

// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics --split-input-file \
// RUN:   --verify-diagnostics

func.func @tensors_are_refused(%a: tensor<8xf32>) -> tensor<8xf32> {
  // expected-error @below {{expected buffers: generics are vectorized after bufferization}}
  %b = linalg.exp ins(%a : tensor<8xf32>) outs(%a : tensor<8xf32>) -> tensor<8xf32>
  return %b : tensor<8xf32>
}

// -----

func.func @dynamic_shapes_are_refused(%a: memref<?xf32>) {
  // expected-error @below {{expected buffers of static shape with a strided layout, got 'memref<?xf32>'}}
  linalg.exp ins(%a : memref<?xf32>) outs(%a : memref<?xf32>)
  return
}

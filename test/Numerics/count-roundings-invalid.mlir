// RUN: sluice-opt %s --split-input-file --sluice-count-roundings --verify-diagnostics

// A function that rounds has sums that only an action of training passes.
sluice.slot kept @x : tensor<4x8xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<4x8xf32>
  %y = call @layer(%x) : (tensor<4x8xf32>) -> tensor<4x4xf32>
  return
}
func.func @eval() attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "eval"} {
  %x = sluice.fetch @x : tensor<4x8xf32>
  // expected-error @below {{expected 'layer', which rounds, to be called by forward and backward actions alone}}
  %y = call @layer(%x) : (tensor<4x8xf32>) -> tensor<4x4xf32>
  return
}
func.func private @layer(%x: tensor<4x8xf32>) -> tensor<4x4xf32> {
  %0 = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
  %1 = sluice.matmul %0, %0 transpose_rhs : tensor<4x8xf32>, tensor<4x8xf32> to tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

// -----

// What is repeated would be counted twice.
sluice.slot kept @x : tensor<4x8xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<4x8xf32>
  %y = call @layer(%x) : (tensor<4x8xf32>) -> tensor<4x4xf32>
  return
}
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<4x8xf32>
  // expected-error @below {{repeats 'layer', which counts what it rounds: expected a function of its own}}
  %y = call @layer(%x) {sluice.repeats} : (tensor<4x8xf32>) -> tensor<4x4xf32>
  return
}
func.func private @layer(%x: tensor<4x8xf32>) -> tensor<4x4xf32> {
  %0 = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
  %1 = sluice.matmul %0, %0 transpose_rhs : tensor<4x8xf32>, tensor<4x8xf32> to tensor<4x4xf32>
  return %1 : tensor<4x4xf32>
}

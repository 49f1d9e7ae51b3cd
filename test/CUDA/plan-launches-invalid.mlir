// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-plan-launches

func.func private @compute(%x: memref<8xf32>) {
  // expected-error @+1 {{expected kernels, found what no kernel does}}
  linalg.exp ins(%x : memref<8xf32>) outs(%x : memref<8xf32>)
  return
}
func.func @forward(%step: memref<584xi8>, %w: memref<64xi8>, %n: memref<64xi8>, %p: memref<64xi8>, %f: memref<64xi8>,
                   %i: memref<64xi8>, %scratch: memref<0xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.scratch_bytes = 0 : i64} {
  %c0 = arith.constant 0 : index
  %x = memref.view %f[%c0][] : memref<64xi8> to memref<8xf32>
  func.call @compute(%x) : (memref<8xf32>) -> ()
  return
}

// -----

// expected-error @+1 {{expected an action of 7 arguments with planned scratch, found 1}}
func.func @forward(%step: memref<584xi8>) attributes {sluice.action = #sluice.action<forward>} {
  return
}

// -----

func.func private @compute(%x: memref<8xf32>) {
  return
}
func.func @forward(%step: memref<584xi8>, %w: memref<64xi8>, %n: memref<64xi8>, %p: memref<64xi8>, %f: memref<64xi8>,
                   %i: memref<64xi8>, %scratch: memref<0xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.scratch_bytes = 0 : i64} {
  %c0 = arith.constant 0 : index
  %sum = arith.addi %c0, %c0 : index
  // expected-note @+1 {{this has none}}
  %x = memref.view %f[%sum][] : memref<64xi8> to memref<8xf32>
  // expected-error @+1 {{expected memory whose place is known before the step}}
  func.call @compute(%x) : (memref<8xf32>) -> ()
  return
}

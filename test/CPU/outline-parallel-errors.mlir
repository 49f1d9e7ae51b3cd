// RUN: sluice-opt %s --sluice-outline-parallel --split-input-file --verify-diagnostics

// expected-note@+1 {{the step state is a 'memref<584xi8>'}}
func.func @no_step(%a: memref<16xf32>) {
  %zero = arith.constant 0.0 : f32
  // expected-error@+1 {{expected a function whose first argument is the step state}}
  scf.forall (%i) in (16) {
    memref.store %zero, %a[%i] : memref<16xf32>
  }
  return
}

// -----

func.func @dynamic(%step: memref<584xi8>, %a: memref<16xf32>, %n: index) {
  %zero = arith.constant 0.0 : f32
  // expected-error@+1 {{expected static bounds and positive steps}}
  scf.forall (%i) in (%n) {
    memref.store %zero, %a[%i] : memref<16xf32>
  }
  return
}

// -----

func.func @dynamic_inside(%step: memref<584xi8>, %a: memref<16xf32>) {
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (16) {
    // expected-error@+1 {{expected static bounds and positive steps}}
    scf.forall (%j) in (%i) {
      memref.store %zero, %a[%j] : memref<16xf32>
    }
  }
  return
}

// -----

func.func @tensors(%step: memref<584xi8>, %a: tensor<16xf32>) -> tensor<16xf32> {
  // expected-error@+1 {{expected no shared outputs after bufferization}}
  %r = scf.forall (%i) in (16) shared_outs(%o = %a) -> tensor<16xf32> {
    %s = tensor.extract_slice %a[%i] [1] [1] : tensor<16xf32> to tensor<1xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %s into %o[%i] [1] [1] : tensor<1xf32> into tensor<16xf32>
    }
  }
  return %r : tensor<16xf32>
}

// -----

// expected-note@+1 {{expected a scalar, or a memref of static shape and identity layout}}
func.func @strided(%step: memref<584xi8>, %a: memref<16xf32, strided<[2]>>) {
  %zero = arith.constant 0.0 : f32
  // expected-error@+1 {{cannot take a value of type 'memref<16xf32, strided<[2]>>' from above}}
  scf.forall (%i) in (16) {
    memref.store %zero, %a[%i] : memref<16xf32, strided<[2]>>
  }
  return
}

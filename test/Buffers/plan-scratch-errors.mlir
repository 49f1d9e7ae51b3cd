// RUN: sluice-opt %s --sluice-plan-scratch --split-input-file --verify-diagnostics

func.func @nested(%step: memref<584xi8>, %condition: i1) {
  scf.if %condition {
    // expected-error@+1 {{expected in the entry block of a function}}
    %a = memref.alloc() : memref<16xf32>
  }
  return
}

// -----

func.func @dynamic(%step: memref<584xi8>, %n: index) {
  // expected-error@+1 {{expected a static shape and the identity layout, found 'memref<?xf32>'}}
  %a = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

func.func @strided(%step: memref<584xi8>) {
  // expected-error@+1 {{expected a static shape and the identity layout}}
  %a = memref.alloc() : memref<16xf32, strided<[2]>>
  return
}

// -----

func.func @aligned(%step: memref<584xi8>) {
  // expected-error@+1 {{expected an alignment of at most 64 bytes}}
  %a = memref.alloc() {alignment = 128 : i64} : memref<16xf32>
  return
}

// -----

func.func @returned(%step: memref<584xi8>) -> memref<16xf32> {
  // expected-error@+1 {{outlives its function}}
  %a = memref.alloc() : memref<4x4xf32>
  %flat = memref.collapse_shape %a [[0, 1]] : memref<4x4xf32> into memref<16xf32>
  // expected-note@+1 {{returned here}}
  return %flat : memref<16xf32>
}

// -----

// expected-error@+1 {{cannot plan the scratch of a function that calls itself}}
func.func @recursive(%step: memref<584xi8>) {
  call @recursive(%step) : (memref<584xi8>) -> ()
  return
}

// -----

func.func @outer(%step: memref<584xi8>) {
  // expected-error@+1 {{runs a parallel loop within a parallel loop}}
  sluice_cpu.parallel_for @body count 4 step %step : memref<584xi8> captures(%step : memref<584xi8>)
  return
}
// expected-note@+1 {{in 'body'}}
func.func private @body(%step: memref<584xi8>, %begin: index, %end: index, %scratch: memref<0xi8>) {
  sluice_cpu.parallel_for @inner count 4 step %step : memref<584xi8>
  return
}
func.func private @inner(%begin: index, %end: index, %scratch: memref<0xi8>) {
  return
}

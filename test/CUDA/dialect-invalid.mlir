// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{expected a compute capability of at least 80, found 50}}
module attributes {sluice.target = #sluice_cuda.target<architecture = "sm_50", capability = 50>} {}

// -----

// expected-error @+2 {{expected a kind of image that is 'ptx' or 'cubin', found "sass"}}
module attributes {
  sluice.images = [#sluice.image<kind = "sass", architecture = "sm_80", capability = 80, bytes = "">]} {}

// -----

// expected-error @+1 {{expected a positive 'capability', found 0}}
module attributes {sluice.images = [#sluice.image<kind = "ptx", architecture = "sm_80", capability = 0, bytes = "">]} {}

// -----

func.func @gate(%gate: memref<2xi32>) {
  // expected-error @+1 {{expected a gate of type memref<1xi32>, found 'memref<2xi32>'}}
  sluice_cuda.when %gate : memref<2xi32> {
  }
  return
}

// -----

func.func @workspace() {
  // expected-error @+1 {{expected memory without gaps in no memory space, found 'memref<4x8xf32, strided<[16, 1]>>'}}
  %parts = sluice_cuda.workspace : memref<4x8xf32, strided<[16, 1]>>
  return
}

// -----

func.func @flatten(%x: memref<4x8xf32, strided<[16, 1]>>) {
  // expected-error @+1 {{expected memory without gaps in no memory space, found 'memref<4x8xf32, strided<[16, 1]>>'}}
  %list = sluice_cuda.flatten %x : memref<4x8xf32, strided<[16, 1]>> to memref<?xf32>
  return
}

// -----

func.func @flatten(%x: memref<4x8xf32>) {
  // expected-error @+1 {{expected a result of type 'memref<?xf32>', found 'memref<?xf64>'}}
  %list = sluice_cuda.flatten %x : memref<4x8xf32> to memref<?xf64>
  return
}

// -----

// expected-error @+1 {{expected positive numbers of elements}}
sluice_cuda.launch @m::@k grid [1, 1, 1] block [32, 1, 1] spaces [4] offsets [0] elements [0] place ""

// -----

module attributes {gpu.container_module} {
  // expected-error @+1 {{expected elements of each of 1 arguments of dynamic shape, found 0}}
  sluice_cuda.launch @m::@k grid [1, 1, 1] block [32, 1, 1] spaces [4, 4] offsets [0, 64] place ""
  gpu.module @m {
    // expected-note @+1 {{the kernel}}
    gpu.func @k(%x: memref<?xf32>, %y: memref<8xf32>) kernel {
      gpu.return
    }
  }
}

// -----

// expected-error @+1 {{expected three positive numbers as its grid}}
sluice_cuda.launch @m::@k grid [4, 0, 1] block [32, 1, 1] spaces [] offsets [] place ""

// -----

// expected-error @+1 {{expected three positive numbers as its block}}
sluice_cuda.launch @m::@k grid [4, 1, 1] block [32, 1] spaces [] offsets [] place ""

// -----

// expected-error @+1 {{expected at most 1024 threads a block, found 2048}}
sluice_cuda.launch @m::@k grid [4, 1, 1] block [64, 32, 1] spaces [] offsets [] place ""

// -----

// expected-error @+1 {{expected bytes of shared memory that are not negative}}
sluice_cuda.launch @m::@k grid [4, 1, 1] block [64, 1, 1] shared -1 spaces [] offsets [] place ""

// -----

// expected-error @+1 {{expected as many spaces as offsets, found 1 and 2}}
sluice_cuda.launch @m::@k grid [4, 1, 1] block [64, 1, 1] spaces [1] offsets [0, 64] place ""

// -----

// expected-error @+1 {{expected offsets that are not negative}}
sluice_cuda.launch @m::@k grid [4, 1, 1] block [64, 1, 1] spaces [1] offsets [-64] place ""

// -----

// expected-error @+1 {{expected spaces of abi.h, below 11}}
sluice_cuda.launch @m::@k grid [4, 1, 1] block [64, 1, 1] spaces [11] offsets [0] place ""

// -----

// expected-error @+1 {{expected an argument, the word of its gate}}
sluice_cuda.launch @m::@k grid [4, 1, 1] block [64, 1, 1] spaces [] offsets [] gated place ""

// -----

module attributes {gpu.container_module} {
  gpu.module @m {
    // expected-note @+1 {{the kernel}}
    gpu.func @k(%x: memref<8xf32>) kernel {
      gpu.return
    }
  }
  // expected-error @+1 {{expected a place for each of 1 arguments, found 2}}
  sluice_cuda.launch @m::@k grid [4, 1, 1] block [64, 1, 1] spaces [1, 1] offsets [0, 64] place ""
}

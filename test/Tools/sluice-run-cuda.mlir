// A function on the first card, here an emulated one: what it prints is what this processor prints.
// RUN: sluice-run %s --function=double | FileCheck %s --check-prefix=DOUBLE
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --function=double --target=cuda \
// RUN:   | FileCheck %s --check-prefix=DOUBLE
// DOUBLE: {{^\[\[}}2, 4], [6, 8]]{{$}}
// DOUBLE-NEXT: {{^\[}}4, 6]{{$}}

// Buffers, on which a launch works as it was written, and ops of linalg that become kernels.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --function=on_buffers --target=cuda \
// RUN:   | FileCheck %s --check-prefix=BUFFERS
// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-elementwise-kernels))' \
// RUN:   | env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run --function=on_buffers --target=cuda:sm_80 \
// RUN:   | FileCheck %s --check-prefix=BUFFERS
// BUFFERS: {{^\[}}1, 2, 3, 4]{{$}}
// BUFFERS-NEXT: {{^\[}}11, 12, 13, 14]{{$}}
// BUFFERS-NEXT: {{^\[}}121, 144, 169, 196]{{$}}

// A fault of a kernel has its name.
// RUN: not env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --function=out_of_bounds --target=cuda 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FAULT
// FAULT: sluice-run: error: kernel kernel of out_of_bounds: the CUDA driver says CUDA_ERROR_ILLEGAL_ADDRESS

// RUN: not env LD_LIBRARY_PATH=%sluice_build/cuda-emulator SLUICE_EMULATOR_DEVICES=0 sluice-run %s --function=double \
// RUN:   --target=cuda 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: sluice-run: error: expected a GPU, found a CUDA driver without one
// RUN: not sluice-run %s --function=double --target=cuda:sm_50 2>&1 | FileCheck %s --check-prefix=OLD
// OLD: sluice-run: error: expected an architecture of at least sm_80, found 'sm_50'
// RUN: not sluice-run %s --function=double --target=tpu 2>&1 | FileCheck %s --check-prefix=KIND
// KIND: sluice-run: error: unknown target 'tpu'
// RUN: not sluice-run %s --function=words --target=cuda 2>&1 | FileCheck %s --check-prefix=WORDS
// WORDS: sluice-run: error: operand 0 has elements that no card's program has

func.func @double(%x: tensor<2x2xf32> {sluice.values = dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>})
    -> (tensor<2x2xf32>, tensor<2xf32>) {
  %y = sluice.add %x, %x : tensor<2x2xf32>, tensor<2x2xf32>
  %sums = sluice.sum_leading %x : tensor<2x2xf32> to tensor<2xf32>
  return %y, %sums : tensor<2x2xf32>, tensor<2xf32>
}

func.func @on_buffers(%x: memref<4xf32> {sluice.values = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>},
                      %y: memref<4xf32>, %z: memref<4xf32>) {
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %ten = arith.constant 10.0 : f32
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c4, %tyy = %c1, %tzz = %c1) {
    %0 = memref.load %x[%t] : memref<4xf32>
    %1 = arith.addf %0, %ten : f32
    memref.store %1, %y[%t] : memref<4xf32>
    gpu.terminator
  }
  linalg.mul ins(%y, %y : memref<4xf32>, memref<4xf32>) outs(%z : memref<4xf32>)
  return
}

func.func @out_of_bounds(%x: memref<4xf32>) {
  %c1 = arith.constant 1 : index
  %c4096 = arith.constant 4096 : index
  %ten = arith.constant 10.0 : f32
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c1, %tyy = %c1, %tzz = %c1) {
    memref.store %ten, %x[%c4096] : memref<4xf32>
    gpu.terminator
  }
  return
}

func.func @words(%x: tensor<2xi8>) -> tensor<2xi8> {
  return %x : tensor<2xi8>
}

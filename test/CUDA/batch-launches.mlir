// RUN: sluice-opt %s --sluice-batch-launches | FileCheck %s

// CHECK-LABEL: func.func @update
// Three tensors, each of which is updated by what a step before wrote: that step has moved as well. A table
// says how much further than the first in memory each lies.
// CHECK-NEXT: sluice_cuda.launch @kernels::@square_batch grid [1, 1, 3] block [8, 1, 1] spaces [3, 6] offsets [0, 0]
// CHECK-SAME: place "a" work <"square", flops = 24, bytes = 192>
// CHECK-NEXT: sluice_cuda.launch @kernels::@add_batch grid [1, 1, 3] block [8, 1, 1] spaces [6, 3] offsets [0, 512]
// CHECK-NEXT: return

// CHECK-LABEL: func.func @in_order
// The second reads what the first writes, and cannot move before it, nor the first behind it.
// CHECK-COUNT-2: sluice_cuda.launch @kernels::@square grid [1, 1, 1]
// CHECK-NEXT: return

// Each behind its gate, whose word is another operand.
// CHECK-LABEL: func.func @gates
// CHECK-NEXT: sluice_cuda.launch @kernels::@gated_batch grid [1, 1, 2] block [8, 1, 1] spaces [6, 4] offsets [0, 256]
// CHECK-SAME: gated place "b"
// CHECK-NEXT: return

// The first adds up what no other has changed until the second can run as well. One that is read in between stays.
// CHECK-LABEL: func.func @later
// CHECK-NEXT: sluice_cuda.launch @kernels::@square {{.*}} offsets [0, 512] place "b"
// CHECK-NEXT: sluice_cuda.launch @kernels::@add_batch{{.*}} grid [1, 1, 2] {{.*}} offsets [256, 768] place "a"
// CHECK-NEXT: sluice_cuda.launch @kernels::@square {{.*}} offsets [768, 0] place "c"
// CHECK-NEXT: sluice_cuda.launch @kernels::@add {{.*}} offsets [0, 768] place "d"
// CHECK-NEXT: return

// Sizes may differ, as long as half of the blocks have something to do. The last launch stays alone, with its size.
// CHECK-LABEL: func.func @lists
// CHECK-NEXT: sluice_cuda.launch @kernels::@zero_batch grid [4000, 1, 2] {{.*}} spaces [3] offsets [0] place "a"
// CHECK-NEXT: sluice_cuda.launch @kernels::@zero_sized grid [1500, 1, 1] {{.*}} offsets [96] place "c"
// CHECK-NEXT: return

// CHECK: gpu.module @kernels
// CHECK-DAG: constant @zero_batch_places : memref<2x2xi64> = dense<{{\[\[}}4096, 32000], [0, 24]]>
// CHECK-DAG: constant @square_batch_places : memref<3x2xi64> = dense<{{\[\[}}64, 0], [0, 64], [128, 128]]>
// CHECK-DAG: constant @add_batch_places : memref<3x2xi64> = dense<{{\[\[}}0, 0], [64, 64], [128, 128]]>
// CHECK: gpu.func @add_batch(%{{.*}}: memref<160xi8>, %{{.*}}: memref<160xi8>)
// CHECK: %[[SET:.*]] = gpu.block_id z
// CHECK: memref.load %{{.*}}[%[[SET]], %{{.*}}] : memref<3x2xi64>
// CHECK: memref.view %{{.*}} : memref<160xi8> to memref<8xf32>
module attributes {gpu.container_module} {
  func.func @update() attributes {sluice.action = #sluice.action<update>} {
    sluice_cuda.launch @kernels::@square grid [1, 1, 1] block [8, 1, 1] spaces [3, 6] offsets [64, 0] place "a"
      work <"square", flops = 8, bytes = 64>
    sluice_cuda.launch @kernels::@add grid [1, 1, 1] block [8, 1, 1] spaces [6, 3] offsets [0, 512] place "a"
    sluice_cuda.launch @kernels::@square grid [1, 1, 1] block [8, 1, 1] spaces [3, 6] offsets [0, 64] place "b"
      work <"square", flops = 8, bytes = 64>
    sluice_cuda.launch @kernels::@add grid [1, 1, 1] block [8, 1, 1] spaces [6, 3] offsets [64, 576] place "b"
    sluice_cuda.launch @kernels::@square grid [1, 1, 1] block [8, 1, 1] spaces [3, 6] offsets [128, 128] place "c"
      work <"square", flops = 8, bytes = 64>
    sluice_cuda.launch @kernels::@add grid [1, 1, 1] block [8, 1, 1] spaces [6, 3] offsets [128, 640] place "c"
    return
  }
  func.func @in_order() attributes {sluice.action = #sluice.action<forward>} {
    sluice_cuda.launch @kernels::@square grid [1, 1, 1] block [8, 1, 1] spaces [4, 4] offsets [0, 64] place "a"
    sluice_cuda.launch @kernels::@square grid [1, 1, 1] block [8, 1, 1] spaces [4, 4] offsets [64, 128] place "a"
    return
  }
  func.func @gates() attributes {sluice.action = #sluice.action<backward>} {
    sluice_cuda.launch @kernels::@gated grid [1, 1, 1] block [8, 1, 1] spaces [6, 4] offsets [0, 256] gated place "b"
    sluice_cuda.launch @kernels::@gated grid [1, 1, 1] block [8, 1, 1] spaces [6, 4] offsets [64, 320] gated place "c"
    return
  }
  func.func @later() attributes {sluice.action = #sluice.action<tied>} {
    sluice_cuda.launch @kernels::@add grid [1, 1, 1] block [8, 1, 1] spaces [6, 6] offsets [256, 768] place "a"
    sluice_cuda.launch @kernels::@square grid [1, 1, 1] block [8, 1, 1] spaces [6, 6] offsets [0, 512] place "b"
    sluice_cuda.launch @kernels::@add grid [1, 1, 1] block [8, 1, 1] spaces [6, 6] offsets [512, 1024] place "b"
    sluice_cuda.launch @kernels::@square grid [1, 1, 1] block [8, 1, 1] spaces [6, 6] offsets [768, 0] place "c"
    sluice_cuda.launch @kernels::@add grid [1, 1, 1] block [8, 1, 1] spaces [6, 6] offsets [0, 768] place "d"
    return
  }
  func.func @lists() attributes {sluice.action = #sluice.action<norm>} {
    sluice_cuda.launch @kernels::@zero grid [4000, 1, 1] block [8, 1, 1] spaces [3] offsets [4096] elements [32000]
      place "a"
    sluice_cuda.launch @kernels::@zero grid [3, 1, 1] block [8, 1, 1] spaces [3] offsets [0] elements [24] place "b"
    sluice_cuda.launch @kernels::@zero grid [1500, 1, 1] block [8, 1, 1] spaces [3] offsets [96] elements [1000]
      place "c"
    return
  }
  gpu.module @kernels {
    gpu.func @square(%x: memref<8xf32>, %y: memref<8xf32>) kernel {
      %t = gpu.thread_id x
      %0 = memref.load %x[%t] : memref<8xf32>
      %1 = arith.mulf %0, %0 : f32
      memref.store %1, %y[%t] : memref<8xf32>
      gpu.return
    }
    gpu.func @add(%x: memref<8xf32>, %y: memref<8xf32>) kernel {
      %t = gpu.thread_id x
      %0 = memref.load %x[%t] : memref<8xf32>
      %1 = memref.load %y[%t] : memref<8xf32>
      %2 = arith.addf %0, %1 : f32
      memref.store %2, %y[%t] : memref<8xf32>
      gpu.return
    }
    gpu.func @gated(%gate: memref<1xi32>, %x: memref<8xf32>) kernel {
      %t = gpu.thread_id x
      %zero = arith.constant 0.0 : f32
      memref.store %zero, %x[%t] : memref<8xf32>
      gpu.return
    }
    // CHECK: gpu.func @zero_batch(%{{.*}}: memref<132096xi8>)
    // CHECK: %[[WORD:.*]] = memref.load %{{.*}}[%block_id_z, %c1{{.*}}] : memref<2x2xi64>
    // CHECK: %[[SIZE:.*]] = arith.index_cast %[[WORD]]
    // CHECK: arith.cmpi ult, %{{.*}}, %[[SIZE]]
    // CHECK: gpu.func @zero_sized(%{{.*}}: memref<1000xf32>)
    // CHECK: arith.cmpi ult, %{{.*}}, %c1000
    gpu.func @zero(%x: memref<?xf32>) kernel {
      %c0 = arith.constant 0 : index
      %c8 = arith.constant 8 : index
      %b = gpu.block_id x
      %t = gpu.thread_id x
      %o = arith.muli %b, %c8 : index
      %i = arith.addi %o, %t : index
      %size = memref.dim %x, %c0 : memref<?xf32>
      %inside = arith.cmpi ult, %i, %size : index
      scf.if %inside {
        %zero = arith.constant 0.0 : f32
        memref.store %zero, %x[%i] : memref<?xf32>
      }
      gpu.return
    }
  }
}

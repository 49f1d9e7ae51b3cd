// RUN: sluice-opt %s --split-input-file --sluice-plan-scratch --sluice-outline-kernels --sluice-plan-launches \
// RUN:   | FileCheck %s --check-prefixes=CHECK,LISTS
// RUN: sed '/^\/\/ -----/,$d' %s | sluice-opt --sluice-plan-scratch --sluice-outline-kernels --sluice-plan-launches \
// RUN:   --sluice-lower-kernels --sluice-assemble-kernels | FileCheck %s --check-prefix=PTX

// The view of the frame is an offset, and the buffer one in the scratch memory of the action. Behind the gate it is
// another kernel, which gets the gate's word first. Each call has a workspace of its own. The place is that which the
// call says, where equal functions are one.
// CHECK-LABEL: func.func @train.forward()
// CHECK-NEXT: sluice_cuda.launch @kernels::@fill grid [4, 1, 1] block [8, 1, 1] spaces [4] offsets [128]
// CHECK-SAME: place "h.forward"
// CHECK-NEXT: sluice_cuda.launch @kernels::@fill {{.*}} spaces [6] offsets [128]
// CHECK-NEXT: sluice_cuda.launch @kernels::@fill_gated grid [4, 1, 1] block [8, 1, 1] spaces [3, 6]
// CHECK-SAME: offsets [16, 0] gated place "g.forward"
// CHECK-NEXT: sluice_cuda.launch @kernels::@fill_gated {{.*}} spaces [3, 6] offsets [16, 256] gated place "g.forward"
// CHECK-NEXT: return
// CHECK-NOT: func.func @h.forward
// CHECK: gpu.func @fill(%{{.*}}: memref<32xf32>)
// CHECK: gpu.func @fill_gated(%[[GATE:.*]]: memref<1xi32>, %{{.*}}: memref<32xf32>)
// CHECK: %[[WORD:.*]] = memref.load %[[GATE]]
// CHECK: %[[OPEN:.*]] = arith.cmpi ne, %[[WORD]]
// CHECK: scf.if %[[OPEN]]
// CHECK: memref.store

// PTX: sluice.images = [#sluice.image<kind = "ptx", architecture = "sm_80", capability = 80
// PTX-SAME: .target sm_80
// PTX-SAME: .entry fill(
// PTX-SAME: st.global
// PTX-SAME: .entry fill_gated(
// PTX-SAME: bra
module attributes {sluice.target = #sluice_cuda.target<architecture = "sm_80", capability = 80>} {
func.func private @h.forward(%step: memref<584xi8>, %x: memref<32xf32>) {
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c4, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c8, %tyy = %c1, %tzz = %c1) {
    %o = arith.muli %b, %c8 : index
    %i = arith.addi %o, %t : index
    memref.store %zero, %x[%i] : memref<32xf32>
    gpu.terminator
  } {sluice.kernel = #sluice.kernel<"fill", flops = 0, bytes = 128>}
  %own = sluice_cuda.workspace : memref<32xf32>
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c4, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c8, %tyy = %c1, %tzz = %c1) {
    %o = arith.muli %b, %c8 : index
    %i = arith.addi %o, %t : index
    memref.store %zero, %own[%i] : memref<32xf32>
    gpu.terminator
  } {sluice.kernel = #sluice.kernel<"fill", flops = 0, bytes = 128>}
  return
}
func.func @train.forward(%step: memref<584xi8>, %weights: memref<64xi8>, %next: memref<64xi8>, %slots: memref<64xi8>,
                         %frame: memref<256xi8>, %in_place: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>} {
  %c128 = arith.constant 128 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %frame[%c128][] : memref<256xi8> to memref<32xf32>
  %y = memref.alloc() : memref<32xf32>
  %g = memref.view %slots[%c16][] : memref<64xi8> to memref<1xi32>
  func.call @h.forward(%step, %x) : (memref<584xi8>, memref<32xf32>) -> ()
  sluice_cuda.when %g : memref<1xi32> {
    func.call @h.forward(%step, %y) {sluice.place = "g.forward"} : (memref<584xi8>, memref<32xf32>) -> ()
  }
  return
}
}

// -----

// Lists of two sizes are for one kernel. Whether a step updates a word of the step says; a gate within is a second one.
// LISTS: func.func @train.update()
// LISTS-NEXT: sluice_cuda.launch @kernels::@zero_gated {{.*}} spaces [0, 3] offsets [544, 0] elements [12] gated
// LISTS-NEXT: sluice_cuda.launch @kernels::@zero_gated_gated {{.*}} spaces [0, 3, 3] offsets [544, 96, 64]
// LISTS-SAME: elements [8] gated place "train.update"
// LISTS-NEXT: return
// LISTS: gpu.func @zero_gated(%{{.*}}: memref<1xi32>, %{{.*}}: memref<?xf32>)
// LISTS: gpu.func @zero_gated_gated(%[[OUTER:.*]]: memref<1xi32>, %[[INNER:.*]]: memref<1xi32>, %{{.*}}: memref<?xf32>)
// LISTS: memref.load %[[OUTER]]
// LISTS: scf.if
// LISTS: memref.load %[[INNER]]
// LISTS: scf.if
// LISTS-NOT: gpu.func
module {
func.func @train.update(%step: memref<584xi8>, %weights: memref<64xi8>, %next: memref<64xi8>, %slots: memref<256xi8>,
                        %frame: memref<256xi8>, %in_place: memref<64xi8>)
    attributes {sluice.action = #sluice.action<update>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c96 = arith.constant 96 : index
  %zero = arith.constant 0.0 : f32
  %x = memref.view %slots[%c0][] : memref<256xi8> to memref<4x3xf32>
  %y = memref.view %slots[%c64][] : memref<256xi8> to memref<8xf32>
  %ofx = sluice_cuda.flatten %x : memref<4x3xf32> to memref<?xf32>
  %ofy = sluice_cuda.flatten %y : memref<8xf32> to memref<?xf32>
  gpu.launch blocks(%b, %by, %bz) in (%gx = %c2, %gy = %c1, %gz = %c1)
             threads(%t, %ty, %tz) in (%tx = %c8, %tyy = %c1, %tzz = %c1) {
    %o = arith.muli %b, %c8 : index
    %i = arith.addi %o, %t : index
    %size = memref.dim %ofx, %c0 : memref<?xf32>
    %inside = arith.cmpi ult, %i, %size : index
    scf.if %inside {
      memref.store %zero, %ofx[%i] : memref<?xf32>
    }
    gpu.terminator
  } {sluice.kernel = #sluice.kernel<"zero", flops = 0, bytes = 48>}
  %word = memref.view %slots[%c96][] : memref<256xi8> to memref<1xi32>
  sluice_cuda.when %word : memref<1xi32> {
    gpu.launch blocks(%b, %by, %bz) in (%gx = %c1, %gy = %c1, %gz = %c1)
               threads(%t, %ty, %tz) in (%tx = %c8, %tyy = %c1, %tzz = %c1) {
      %o = arith.muli %b, %c8 : index
      %i = arith.addi %o, %t : index
      %size = memref.dim %ofy, %c0 : memref<?xf32>
      %inside = arith.cmpi ult, %i, %size : index
      scf.if %inside {
        memref.store %zero, %ofy[%i] : memref<?xf32>
      }
      gpu.terminator
    } {sluice.kernel = #sluice.kernel<"zero", flops = 0, bytes = 32>}
  }
  return
}
}

// Every op, with and without what it may lack.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s --check-prefixes=CHECK,CUSTOM
// RUN: sluice-opt %s --mlir-print-op-generic | sluice-opt | FileCheck %s --check-prefixes=CHECK,CUSTOM
// RUN: sluice-opt %s --cse --canonicalize --symbol-dce | FileCheck %s

sluice.slot kept @sent : tensor<2x4xf32>
sluice.slot kept @received : tensor<2x4xf32>

// CUSTOM-LABEL: pipe.pipeline @nothing_but_what_must_be
// CUSTOM-SAME:    stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
// CUSTOM-NEXT:  }
pipe.pipeline @nothing_but_what_must_be stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
}

// CHECK-LABEL: pipe.pipeline @everything stages 2 micro_batches 8 replicas 2 groups 4 ages [1, 0]
// CHECK-SAME:    devices [1, 0] tied [0, 1, 1, 1] frames [2, 1]
// CHECK-SAME:    busy [1.000000e+00, 5.000000e-01, 2.500000e-01, 0.000000e+00] forward_only attributes {test.note} {
pipe.pipeline @everything stages 2 micro_batches 8 replicas 2 groups 4 ages [1, 0] devices [1, 0] tied [0, 1, 1, 1]
    frames [2, 1] busy [1.0, 0.5, 0.25, 0.0] forward_only attributes {test.note} {
  // CHECK-NEXT: pipe.channel @up activations from 1 to 0 capacity 1 (tensor<2x4xf32>) sends [@sent]
  // CHECK-SAME:   receives [@received]
  pipe.channel @up activations from 1 to 0 capacity 1 (tensor<2x4xf32>) sends [@sent] receives [@received]
  // CHECK-NEXT: pipe.channel @down gradients from 0 to 1 capacity 0 (tensor<2x4xf32>, tensor<i32>)
  pipe.channel @down gradients from 0 to 1 capacity 0 (tensor<2x4xf32>, tensor<i32>)
  // CHECK-NEXT: pipe.channel @tied tied from 1 to 0 capacity 2 ()
  pipe.channel @tied tied from 1 to 0 capacity 2 ()
  // CHECK-NEXT: pipe.channel @replica replica from 3 to 1 capacity 1 () {test.note}
  pipe.channel @replica replica from 3 to 1 capacity 1 () {test.note}
  // CHECK-NEXT: pipe.program @one device 1 prologue {
  pipe.program @one device 1 prologue {
    // CHECK-NEXT: pipe.load stage 0 micro_batch 0 iteration 1
    pipe.load stage 0 micro_batch 0 iteration 1
  // CHECK-NEXT: } body {
  } body {
    // CHECK-NEXT: pipe.load stage 0 micro_batch 3{{$}}
    pipe.load stage 0 micro_batch 3
    // CHECK-NEXT: pipe.run forward stage 0 micro_batch 3
    pipe.run forward stage 0 micro_batch 3
    // CHECK-NEXT: pipe.send @up stage 0 micro_batch 3
    pipe.send @up stage 0 micro_batch 3
    // CHECK-NEXT: pipe.recv @down stage 0 micro_batch 3 iteration -1
    pipe.recv @down stage 0 micro_batch 3 iteration -1
    // CHECK-NEXT: pipe.run recompute stage 0 micro_batch 3 iteration -1
    pipe.run recompute stage 0 micro_batch 3 iteration -1
    // CHECK-NEXT: pipe.run backward stage 0 micro_batch 3
    pipe.run backward stage 0 micro_batch 3
    // CHECK-NEXT: pipe.run backward_input stage 0 micro_batch 3
    pipe.run backward_input stage 0 micro_batch 3
    // CHECK-NEXT: pipe.run backward_weight stage 0 micro_batch 3
    pipe.run backward_weight stage 0 micro_batch 3
    // CHECK-NEXT: pipe.combine 1 into 0 stage 0
    pipe.combine 1 into 0 stage 0
    // CHECK-NEXT: pipe.recv @replica stage 0 buffer 1
    pipe.recv @replica stage 0 buffer 1
    // CHECK-NEXT: pipe.send @tied stage 0{{$}}
    pipe.send @tied stage 0
    // CHECK-NEXT: pipe.run tied stage 0{{$}}
    pipe.run tied stage 0
    // CHECK-NEXT: pipe.reduce
    pipe.reduce
    // CHECK-NEXT: pipe.update stage 0{{$}}
    pipe.update stage 0
  // CHECK-NEXT: } epilogue {
  } epilogue {
    // CHECK-NEXT: pipe.update stage 0 iteration -1
    pipe.update stage 0 iteration -1
  // CHECK-NEXT: } attributes {test.note}
  } attributes {test.note}
  // CHECK-NEXT: pipe.program @three device 3 body {
  pipe.program @three device 3 body {
    // CHECK-NEXT: pipe.send @replica stage 0 buffer 0
    pipe.send @replica stage 0 buffer 0
  }
}

// Two stages on each device.
// CHECK-LABEL: pipe.pipeline @several stages 4
// CHECK-SAME:    devices [0, 1, 0, 1] busy [1.000000e+00, 5.000000e-01] {
pipe.pipeline @several stages 4 micro_batches 2 replicas 1 groups 1 ages [0, 0, 0, 0] devices [0, 1, 0, 1]
    busy [1.0, 0.5] {
  // CHECK: pipe.channel @back activations from 1 to 0 stages [1, 2] capacity 1 ()
  pipe.channel @back activations from 1 to 0 stages [1, 2] capacity 1 ()
  // CHECK: pipe.channel @tied tied from 0 to 0 stages [0, 2] capacity 1 ()
  pipe.channel @tied tied from 0 to 0 stages [0, 2] capacity 1 ()
}

// Stale gradients.
// CHECK-LABEL: pipe.pipeline @stale stages 1 micro_batches 1 replicas 1 groups 1 ages [0]
// CHECK-SAME:    activation_ages [0] error_ages [0] {
pipe.pipeline @stale stages 1 micro_batches 1 replicas 1 groups 1 ages [0] activation_ages [0] error_ages [0] {
  pipe.program @one device 0 body {
    // CHECK: pipe.reduce stage 0
    pipe.reduce stage 0
  }
}

// CHECK-LABEL: pipe.pipeline @predicted stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0]
// CHECK-SAME:    activation_ages [0, 0] error_ages [1, 0] frames [2, 1] predicted_weights {
pipe.pipeline @predicted stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0, 0]
    error_ages [1, 0] frames [2, 1] predicted_weights {
}

// CHECK-LABEL: pipe.pipeline @newest stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0]
// CHECK-SAME:    activation_ages [0, 0] error_ages [1, 0] frames [2, 1] current_weights {
pipe.pipeline @newest stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0, 0] error_ages [1, 0]
    frames [2, 1] current_weights {
}

// CHECK-LABEL: pipe.pipeline @held stages 3 micro_batches 1 replicas 1 groups 1 ages [2, 1, 0]
// CHECK-SAME:    activation_ages [0, 0, 0] error_ages [1, 1, 0] devices [0, 1, 0] tied [0, 2] tied_delay {
pipe.pipeline @held stages 3 micro_batches 1 replicas 1 groups 1 ages [2, 1, 0] activation_ages [0, 0, 0]
    error_ages [1, 1, 0] devices [0, 1, 0] tied [0, 2] tied_delay {
}

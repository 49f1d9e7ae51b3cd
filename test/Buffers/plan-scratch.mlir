// RUN: sluice-opt %s --sluice-plan-scratch --split-input-file | FileCheck %s
// RUN: sluice-opt %s --sluice-plan-scratch --split-input-file --remarks-filter=arena 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// %a and %b are never needed at one time; %c overlaps both.
// CHECK-LABEL: func.func @reuse(
// CHECK-SAME: %[[STEP:.*]]: memref<584xi8>, %[[SCRATCH:.*]]: memref<192xi8>, %{{.*}}: memref<16xf32>)
// CHECK-SAME: sluice.scratch_bytes = 192 : i64, sluice.thread_scratch_bytes = 0 : i64
// CHECK-NOT: memref.alloc
// CHECK: %[[AT_A:.*]] = arith.constant 128 : index
// CHECK: memref.view %[[SCRATCH]][%[[AT_A]]][] : memref<192xi8> to memref<16xf32>
// CHECK: %[[AT_B:.*]] = arith.constant 128 : index
// CHECK: memref.view %[[SCRATCH]][%[[AT_B]]][] : memref<192xi8> to memref<16xf32>
// CHECK: %[[AT_C:.*]] = arith.constant 0 : index
// CHECK: memref.view %[[SCRATCH]][%[[AT_C]]][] : memref<192xi8> to memref<4x5xf32>
// CHECK-NOT: memref.dealloc
// REMARK: remark: [Analysis] Plan
// REMARK-SAME: allocations=3, bytes=192, function=reuse, lower-bound=192, thread-bytes=0
func.func @reuse(%step: memref<584xi8>, %out: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() {alignment = 64 : i64} : memref<16xf32>
  %c = memref.alloc() : memref<4x5xf32>
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  memref.store %zero, %c[%c0, %c0] : memref<4x5xf32>
  memref.copy %out, %a : memref<16xf32> to memref<16xf32>
  memref.copy %a, %out : memref<16xf32> to memref<16xf32>
  memref.dealloc %a : memref<16xf32>
  memref.copy %out, %b : memref<16xf32> to memref<16xf32>
  memref.copy %b, %out : memref<16xf32> to memref<16xf32>
  %v = memref.load %c[%c0, %c0] : memref<4x5xf32>
  memref.store %v, %out[%c0] : memref<16xf32>
  return
}

// -----

// A view keeps what it is a view of alive, and a use in a loop lasts as long as the loop.
// CHECK-LABEL: func.func @views(
// CHECK-SAME: memref<128xi8>
// CHECK-DAG: memref.view %{{.*}} : memref<128xi8> to memref<2x8xf32>
// CHECK-DAG: memref.view %{{.*}} : memref<128xi8> to memref<16xf32>
func.func @views(%step: memref<584xi8>, %out: memref<16xf32>) {
  %a = memref.alloc() : memref<2x8xf32>
  %b = memref.alloc() : memref<16xf32>
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %flat = memref.collapse_shape %a [[0, 1]] : memref<2x8xf32> into memref<16xf32>
  scf.for %i = %c0 to %c16 step %c1 {
    memref.store %zero, %b[%i] : memref<16xf32>
    memref.store %zero, %flat[%i] : memref<16xf32>
  }
  memref.copy %b, %out : memref<16xf32> to memref<16xf32>
  memref.copy %flat, %out : memref<16xf32> to memref<16xf32>
  return
}

// -----

// A callee's scratch is part of its caller's while it runs; an action takes its scratch last.
// CHECK-LABEL: func.func @action(
// CHECK-SAME: %[[STEP:.*]]: memref<584xi8>, %[[PARAMETERS:.*]]: memref<64xi8>, %{{.*}}: memref<64xi8>,
// CHECK-SAME: {{^}} %[[SCRATCH:.*]]: memref<128xi8>)
// CHECK: %[[A:.*]] = memref.view %[[SCRATCH]][%{{.*}}][] : memref<128xi8> to memref<16xf32>
// CHECK: %[[BELOW:.*]] = memref.view %[[SCRATCH]][%{{.*}}][] : memref<128xi8> to memref<64xi8>
// CHECK: call @layer(%[[STEP]], %[[BELOW]], %[[A]])
// CHECK-LABEL: func.func private @layer(
// CHECK-SAME: %{{.*}}: memref<584xi8>, %{{.*}}: memref<64xi8>, %{{.*}}: memref<16xf32>)
func.func @action(%step: memref<584xi8>, %parameters: memref<64xi8>, %slots: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %a = memref.alloc() : memref<16xf32>
  call @layer(%step, %a) : (memref<584xi8>, memref<16xf32>) -> ()
  call @layer(%step, %a) : (memref<584xi8>, memref<16xf32>) -> ()
  return
}
func.func private @layer(%step: memref<584xi8>, %x: memref<16xf32>) {
  %a = memref.alloc() : memref<3xf32>
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%c0] : memref<16xf32>
  memref.store %v, %a[%c0] : memref<3xf32>
  return
}

// -----

// What the bodies of parallel loops need is counted apart, for each thread, and reaches the callers.
// CHECK-LABEL: func.func @outer(
// CHECK-SAME: memref<0xi8>
// CHECK-SAME: sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 256 : i64
// CHECK-LABEL: func.func private @loops(
// CHECK-SAME: sluice.scratch_bytes = 0 : i64, sluice.thread_scratch_bytes = 256 : i64
// CHECK-LABEL: func.func private @body(
// CHECK-SAME: %{{.*}}: index, %{{.*}}: index, %[[SCRATCH:.*]]: memref<256xi8>)
// CHECK-SAME: sluice.scratch_bytes = 256 : i64, sluice.thread_scratch_bytes = 0 : i64
// CHECK: memref.view %[[SCRATCH]]
func.func @outer(%step: memref<584xi8>) {
  call @loops(%step) : (memref<584xi8>) -> ()
  return
}
func.func private @loops(%step: memref<584xi8>) {
  sluice_cpu.parallel_for @body count 4 step %step : memref<584xi8>
  return
}
func.func private @body(%begin: index, %end: index, %scratch: memref<0xi8>) {
  %a = memref.alloc() : memref<64xf32>
  %zero = arith.constant 0.0 : f32
  memref.store %zero, %a[%begin] : memref<64xf32>
  return
}

// RUN: sluice-opt %s --sluice-lower-to-llvm --split-input-file | FileCheck %s
// RUN: sluicec %examples/shakespeare.json --emit=llvm | FileCheck %s --check-prefix=LONG

// An action is calls on addresses: no descriptor of a buffer is made.
// CHECK: llvm.func @should_only_compute_addresses(%[[STEP:[^ ]*]]: !llvm.ptr, %{{[^ ]*}}: !llvm.ptr,
// CHECK-SAME: {{^}} %[[SLOTS:.*]]: !llvm.ptr, %[[SCRATCH:.*]]: !llvm.ptr)
// CHECK-SAME: passthrough = ["noinline", "optnone"]
// CHECK-NOT: llvm.insertvalue
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %[[STEP]]
// CHECK: llvm.load %[[FIELD]] : !llvm.ptr -> f64
// CHECK: llvm.fptrunc
// CHECK: llvm.store %{{.*}}, %[[SCRATCH]] : f32, !llvm.ptr
// CHECK: %[[OFFSET:.*]] = llvm.mlir.constant(128 : i64)
// CHECK: %[[X:.*]] = llvm.getelementptr %[[SLOTS]][%[[OFFSET]]]
// CHECK: llvm.call @layer(%[[STEP]], %[[X]], %[[SCRATCH]])
func.func private @layer(%step: memref<584xi8>, %x: memref<4xf32>, %r: memref<f32>) {
  return
}
func.func @should_only_compute_addresses(%step: memref<584xi8>, %parameters: memref<64xi8>, %slots: memref<256xi8>,
    %scratch: memref<64xi8>) attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c0 = arith.constant 0 : index
  %c24 = arith.constant 24 : index
  %c128 = arith.constant 128 : index
  %field = memref.view %step[%c24][] : memref<584xi8> to memref<f64>
  %wide = memref.load %field[] : memref<f64>
  %number = arith.truncf %wide : f64 to f32
  %rate = memref.view %scratch[%c0][] : memref<64xi8> to memref<f32>
  memref.store %number, %rate[] : memref<f32>
  %x = memref.view %slots[%c128][] : memref<256xi8> to memref<4xf32>
  call @layer(%step, %x, %rate) : (memref<584xi8>, memref<4xf32>, memref<f32>) -> ()
  return
}

// -----

// An action that holds anything else is lowered as every function is.
// CHECK: llvm.func @should_lower_loops_as_usual
// CHECK-NOT: passthrough
// CHECK: llvm.cond_br
func.func @should_lower_loops_as_usual(%step: memref<584xi8>, %parameters: memref<64xi8>, %slots: memref<256xi8>,
    %scratch: memref<64xi8>) attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.for %i = %c0 to %c64 step %c1 {
    %byte = memref.load %parameters[%i] : memref<64xi8>
    memref.store %byte, %slots[%i] : memref<256xi8>
  }
  return
}

// A long action is a chain of short functions.
// LONG: llvm.func internal @train.update.part0
// LONG: llvm.func {{.*}}@train.update(
// LONG-NEXT: llvm.call @train.update.part0
// LONG-NEXT: llvm.call @train.update.part1

// -----

// A gate is a branch around calls; an action with one is short all the same.
// CHECK: llvm.func @should_branch_around_calls
// CHECK-SAME: passthrough = ["noinline", "optnone"]
// CHECK: %[[OPEN:.*]] = llvm.fcmp "ogt"
// CHECK: llvm.cond_br %[[OPEN]], ^[[THEN:.*]], ^[[ELSE:.*]]
// CHECK: ^[[THEN]]:
// CHECK: llvm.call @layer
// CHECK: llvm.br ^[[NEXT:.*]]
// CHECK: ^[[ELSE]]:
// CHECK: llvm.call @copy
// CHECK: llvm.br ^[[NEXT]]
// CHECK: ^[[NEXT]]:
// CHECK: llvm.call @layer
// CHECK: llvm.return
func.func private @layer(%step: memref<584xi8>, %x: memref<4xf32>) {
  return
}
func.func private @copy(%step: memref<584xi8>, %x: memref<4xf32>) {
  return
}
func.func @should_branch_around_calls(%step: memref<584xi8>, %parameters: memref<64xi8>, %slots: memref<256xi8>,
    %scratch: memref<64xi8>) attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c128 = arith.constant 128 : index
  %zero = arith.constant 0.0 : f64
  %gates = memref.view %slots[%c0][] : memref<256xi8> to memref<2xf64>
  %x = memref.view %slots[%c128][] : memref<256xi8> to memref<4xf32>
  %count = memref.load %gates[%c1] : memref<2xf64>
  %open = arith.cmpf ogt, %count, %zero : f64
  scf.if %open {
    func.call @layer(%step, %x) : (memref<584xi8>, memref<4xf32>) -> ()
  } else {
    func.call @copy(%step, %x) : (memref<584xi8>, memref<4xf32>) -> ()
  }
  call @layer(%step, %x) : (memref<584xi8>, memref<4xf32>) -> ()
  return
}

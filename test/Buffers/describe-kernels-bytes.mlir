// RUN: sluice-opt %s --sluice-describe-kernels | FileCheck %s

// What a kernel computes and moves, so that a profile can say what share of the machine it reaches.

// CHECK-LABEL: @should_count_a_destination_once_where_it_is_only_written
// CHECK: linalg.fill {sluice.kernel = #sluice.kernel<"fill", flops = 0, bytes = 4096>}
func.func @should_count_a_destination_once_where_it_is_only_written(%x: memref<1024xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<1024xf32>)
  return
}

// 4096 bytes read, and 4 read and written.
// CHECK-LABEL: @should_count_a_destination_twice_where_it_is_read_as_well
// CHECK: sluice.kernel = #sluice.kernel<"generic", flops = 1024, bytes = 4104>
func.func @should_count_a_destination_twice_where_it_is_read_as_well(%x: memref<1024xf32>, %sum: memref<f32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
    ins(%x : memref<1024xf32>) outs(%sum : memref<f32>) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.addf %a, %b : f32
    linalg.yield %c : f32
  }
  return
}

// An exponential counts as one operation, arithmetic on integers as none.
// CHECK-LABEL: @should_count_functions_but_no_arithmetic_on_integers
// CHECK: sluice.kernel = #sluice.kernel<"generic", flops = 32, bytes = 192>
func.func @should_count_functions_but_no_arithmetic_on_integers(%x: memref<16xf64>, %y: memref<16xi32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
    ins(%x : memref<16xf64>) outs(%y : memref<16xi32>) {
  ^bb0(%a: f64, %b: i32):
    %e = math.exp %a : f64
    %t = arith.mulf %e, %e : f64
    %i = arith.fptosi %t : f64 to i32
    %j = arith.addi %i, %i : i32
    linalg.yield %j : i32
  }
  return
}

// Bits of an element that fill no byte take one.
// CHECK-LABEL: @should_count_whole_bytes
// CHECK: memref.copy {{.*}} {sluice.kernel = #sluice.kernel<"copy", flops = 0, bytes = 20>}
func.func @should_count_whole_bytes(%x: memref<10xi1>, %y: memref<10xi1>) {
  memref.copy %x, %y : memref<10xi1> to memref<10xi1>
  return
}

// A copy belongs to the op of the model that it comes from.
// CHECK-LABEL: @should_name_a_copy_after_its_op
// CHECK: memref.copy {{.*}} {sluice.kernel = #sluice.kernel<"concat", flops = 0, bytes = 128>}
func.func @should_name_a_copy_after_its_op(%x: memref<16xf32>, %y: memref<16xf32>) {
  memref.copy %x, %y : memref<16xf32> to memref<16xf32> loc("concat"("model.json":7:1))
  return
}

// Both views are parts of %x, and what lies in the scratch counts as the tensor that it is, not as all of the scratch.
// CHECK-LABEL: @should_count_a_buffer_of_a_loop_once
// CHECK: } {sluice.kernel = #sluice.kernel<"forall", flops = 0, bytes = 384>}
func.func @should_count_a_buffer_of_a_loop_once(%x: memref<8x8xf32>, %scratch: memref<65536xi8>) {
  %c64 = arith.constant 64 : index
  %t = memref.view %scratch[%c64][] : memref<65536xi8> to memref<32xf32>
  scf.forall (%i) in (8) {
    %a = memref.subview %x[%i, 0] [1, 4] [1, 1] : memref<8x8xf32> to memref<4xf32, strided<[1], offset: ?>>
    %b = memref.subview %x[%i, 4] [1, 4] [1, 1] : memref<8x8xf32> to memref<4xf32, strided<[1], offset: ?>>
    memref.copy %a, %b : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32, strided<[1], offset: ?>>
    %v = memref.load %t[%i] : memref<32xf32>
    memref.store %v, %t[%i] : memref<32xf32>
  }
  return
}

// CHECK-LABEL: @should_not_describe_what_has_no_static_size
// CHECK-NOT: sluice.kernel
// CHECK: return
func.func @should_not_describe_what_has_no_static_size(%x: memref<?xf32>) {
  linalg.exp ins(%x : memref<?xf32>) outs(%x : memref<?xf32>)
  return
}

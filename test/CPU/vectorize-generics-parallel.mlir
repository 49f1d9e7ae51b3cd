// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics | FileCheck %s

// Work of 2^15 ops on elements is spread over threads, in tasks of 2^14 or more. What is below that would cost more to
// hand over than to do. A function of an element, such as an exponential, counts as eight ops.

#row = affine_map<(d0, d1) -> (d0, d1)>
#first = affine_map<(d0, d1) -> (d0)>

// CHECK-LABEL: func @should_spread_enough_copies
// CHECK: scf.forall ({{.*}}) in (2) {
func.func @should_spread_enough_copies(%x: memref<32768xf32>, %y: memref<32768xf32>) {
  memref.copy %x, %y : memref<32768xf32> to memref<32768xf32>
  return
}

// CHECK-LABEL: func @should_keep_little_work_in_one_thread
// CHECK-NOT: scf.forall
// CHECK: return
func.func @should_keep_little_work_in_one_thread(%x: memref<32760xf32>, %y: memref<32760xf32>) {
  memref.copy %x, %y : memref<32760xf32> to memref<32760xf32>
  return
}

// 9 ops for each of 4096 elements.
// CHECK-LABEL: func @should_count_an_exponential_as_much_work
// CHECK: scf.forall ({{.*}}) in (3) {
func.func @should_count_an_exponential_as_much_work(%x: memref<4096xf32>) {
  linalg.exp ins(%x : memref<4096xf32>) outs(%x : memref<4096xf32>)
  return
}

// What is the same along a row is computed once, and counts for nothing.
// CHECK-LABEL: func @should_not_count_what_is_computed_once_a_row
// CHECK-NOT: scf.forall
// CHECK: math.exp %{{.*}} : f32
func.func @should_not_count_what_is_computed_once_a_row(%s: memref<4xf32>, %x: memref<4x1024xf32>) {
  linalg.generic {indexing_maps = [#first, #row], iterator_types = ["parallel", "parallel"]}
      ins(%s : memref<4xf32>) outs(%x : memref<4x1024xf32>) {
  ^bb0(%a: f32, %b: f32):
    %e = math.exp %a : f32
    %y = arith.mulf %b, %e : f32
    linalg.yield %y : f32
  }
  return
}

// Rows are long: a task is a part of one. The last part of a row takes the tail as well.
// CHECK-LABEL: func @should_divide_long_rows
// CHECK: scf.forall (%[[TASK:.*]]) in (20) {
// CHECK: %[[PART:.*]] = arith.remui %[[TASK]], %c10
// CHECK: %[[IS_LAST:.*]] = arith.cmpi eq, %[[PART]], %c9
// CHECK: %[[ROW:.*]] = arith.divui %[[TASK]], %c10
// CHECK: scf.for
// CHECK: vector.store {{.*}}[%[[ROW]], {{.*}}, vector<8xf32>
// CHECK: scf.if %[[IS_LAST]] {
// CHECK: vector.store {{.*}}[%[[ROW]], {{.*}}, vector<5xf32>
func.func @should_divide_long_rows(%x: memref<2x150005xf32, strided<[150016, 1]>>, %zero: f32) {
  linalg.fill ins(%zero : f32) outs(%x : memref<2x150005xf32, strided<[150016, 1]>>)
  return
}

// Sums along rows are independent of each other: a task has some whole rows, of which the last task may have fewer.
// CHECK-LABEL: func @should_spread_sums_of_rows
// CHECK: scf.forall (%[[TASK:.*]]) in (50) {
// CHECK: %[[FIRST:.*]] = arith.muli %[[TASK]], %c2
// CHECK: %[[PAST:.*]] = arith.addi %[[FIRST]], %c2
// CHECK: %[[END:.*]] = arith.minsi %[[PAST]], %c99
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %[[END]]
func.func @should_spread_sums_of_rows(%x: memref<99x4096xf32>, %sums: memref<99xf32>) {
  linalg.reduce {arith.addf} ins(%x : memref<99x4096xf32>) outs(%sums : memref<99xf32>) dimensions = [1]
  return
}

// One sum has one order: no threads, whatever its length.
// CHECK-LABEL: func @should_not_spread_a_single_sum
// CHECK-NOT: scf.forall
// CHECK: return
func.func @should_not_spread_a_single_sum(%x: memref<1048576xf32>, %sum: memref<f32>) {
  linalg.reduce {arith.addf} ins(%x : memref<1048576xf32>) outs(%sum : memref<f32>) dimensions = [0]
  return
}

// Rows write one element each, again and again: threads would meet there.
// CHECK-LABEL: func @should_not_spread_rows_that_write_one_place
// CHECK-NOT: scf.forall
// CHECK: return
func.func @should_not_spread_rows_that_write_one_place(%x: memref<64x1024xf32>, %last: memref<1024xf32>) {
  linalg.generic {indexing_maps = [#row, affine_map<(d0, d1) -> (d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<64x1024xf32>) outs(%last : memref<1024xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// The loop is the kernel then.
// CHECK-LABEL: func @should_describe_the_loop_as_the_op_was
// CHECK: } {sluice.kernel = #sluice.kernel<"zero", flops = 0, bytes = 262144>}
func.func @should_describe_the_loop_as_the_op_was(%x: memref<65536xf32>, %zero: f32) {
  linalg.fill {sluice.kernel = #sluice.kernel<"zero", flops = 0, bytes = 262144>} ins(%zero : f32)
    outs(%x : memref<65536xf32>)
  return
}

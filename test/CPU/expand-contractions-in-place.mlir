// RUN: sluice-opt %s --sluice-expand-contractions --canonicalize --cse | FileCheck %s

// A and B may be read where they lie, if the strategy says so.

#a_in_place = #sluice_cpu.strategy<register = [6, 16], cache = [24, 64, 64],
    vector = 8, packs_a = false, packs_b = true>
#both_in_place = #sluice_cpu.strategy<register = [6, 16], cache = [66, 64, 64],
    vector = 8, packs_a = false, packs_b = false>
#b_in_place = #sluice_cpu.strategy<register = [6, 16], cache = [6, 48, 64], vector = 8, packs_a = true, packs_b = false>

// CHECK-LABEL: @a_is_read_where_it_lies
// CHECK-NOT: memref.alloc
// CHECK: scf.forall (%{{.*}}) in (4)
// CHECK-NEXT: memref.alloc() {alignment = 64 : i64} : memref<1024xf32>
// CHECK-NOT: memref.alloc
// CHECK: scf.for {{.*}} iter_args
// CHECK: memref.load %arg0[%[[ROW:.*]], %[[SUM:.*]]]
// CHECK-NEXT: vector.broadcast
func.func @a_is_read_where_it_lies(%a: memref<48x128xf32>, %b: memref<128x128xf32>, %c: memref<48x128xf32>) {
  linalg.matmul {sluice_cpu.strategy = #a_in_place}
    ins(%a, %b : memref<48x128xf32>, memref<128x128xf32>) outs(%c : memref<48x128xf32>)
  return
}

// Rows beyond the last one are that one again, and not stored.
// CHECK-LABEL: @b_is_read_where_it_lies_too
// CHECK-NOT: memref.alloc
// CHECK: scf.for %[[I:.*]] = %c0 to %c64 step %c6
// CHECK: scf.for {{.*}} iter_args
// CHECK: vector.load %arg1{{.*}} vector<8xf32>
// CHECK: vector.load %arg1{{.*}} vector<8xf32>
// CHECK: %[[ROW:.*]] = arith.minui %[[I]], %c63
// CHECK: memref.load %arg0[%[[ROW]],
// CHECK: vector.maskedstore
func.func @b_is_read_where_it_lies_too(%a: memref<64x64xf32>, %b: memref<64x64xf32>, %c: memref<64x64xf32>) {
  linalg.matmul {sluice_cpu.strategy = #both_in_place}
    ins(%a, %b : memref<64x64xf32>, memref<64x64xf32>) outs(%c : memref<64x64xf32>)
  return
}

// B is read where it lies where its rows are whole vectors.
// CHECK-LABEL: @whole_vectors_of_b_are_read_where_they_lie
// CHECK: memref.alloc() {alignment = 64 : i64} : memref<384xf32>
// CHECK-NOT: memref.alloc
// CHECK: vector.load %arg1
func.func @whole_vectors_of_b_are_read_where_they_lie(%a: memref<6x64xf32>, %b: memref<64x40xf32>,
                                                      %c: memref<6x40xf32>) {
  linalg.matmul {sluice_cpu.strategy = #b_in_place}
    ins(%a, %b : memref<6x64xf32>, memref<64x40xf32>) outs(%c : memref<6x40xf32>)
  return
}

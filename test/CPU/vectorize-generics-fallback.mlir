// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics | FileCheck %s

// CHECK-LABEL: func @load_with_computed_index_runs_lane_by_lane
// CHECK: scf.for
// CHECK-COUNT-8: memref.load %arg1
// CHECK: vector.from_elements
// CHECK: arith.addf {{.*}} : vector<8xf32>
func.func @load_with_computed_index_runs_lane_by_lane(%i: memref<64xi32>, %table: memref<256xf32>, %o: memref<64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%i : memref<64xi32>) outs(%o : memref<64xf32>) {
  ^bb0(%k: i32, %y: f32):
    %j = arith.index_cast %k : i32 to index
    %x = memref.load %table[%j] : memref<256xf32>
    %z = arith.addf %x, %y : f32
    linalg.yield %z : f32
  }
  return
}

// CHECK-LABEL: func @body_with_a_region_stays_scalar
// CHECK-NOT: vector.
// CHECK: scf.if
// CHECK: memref.store
func.func @body_with_a_region_stays_scalar(%table: memref<256xf32>, %o: memref<64xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%o : memref<64xf32>) {
  ^bb0(%y: f32):
    %zero = arith.constant 0.0 : f32
    %i = linalg.index 0 : index
    %positive = arith.cmpf ogt, %y, %zero : f32
    %z = scf.if %positive -> f32 {
      %x = memref.load %table[%i] : memref<256xf32>
      scf.yield %x : f32
    } else {
      scf.yield %zero : f32
    }
    linalg.yield %z : f32
  }
  return
}

// CHECK-LABEL: func @bits_are_not_packed
// CHECK-NOT: vector.load
// CHECK: vector.from_elements {{.*}} : vector<8xi1>
func.func @bits_are_not_packed(%m: memref<8xi1>, %o: memref<8xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%m : memref<8xi1>) outs(%o : memref<8xf32>) {
  ^bb0(%b: i1, %y: f32):
    %z = arith.uitofp %b : i1 to f32
    linalg.yield %z : f32
  }
  return
}

// CHECK-LABEL: func @scalar_op_has_no_loop
// CHECK-NOT: scf.for
// CHECK: memref.load
// CHECK: memref.store
func.func @scalar_op_has_no_loop(%a: memref<f32>, %b: memref<f32>) {
  linalg.exp ins(%a : memref<f32>) outs(%b : memref<f32>)
  return
}

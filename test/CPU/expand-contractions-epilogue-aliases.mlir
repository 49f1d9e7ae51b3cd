// RUN: sluice-opt %s --sluice-expand-contractions | FileCheck %s

// An op behind a contraction stays where it is, if by blocks of C it would read or write something too early.

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 16], vector = 8, packs_a = true, packs_b = true>
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#shifted = strided<[16, 1], offset: 16>

// One block of C would be read as A after another one was finished.
// CHECK-LABEL: @its_output_is_an_operand_of_the_contraction
// CHECK: vector.fma
// CHECK: linalg.generic
func.func @its_output_is_an_operand_of_the_contraction(%a: memref<12x16xf32>, %b: memref<16x16xf32>,
                                                       %c: memref<12x16xf32>) {
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<12x16xf32>, memref<16x16xf32>) outs(%c : memref<12x16xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<12x16xf32>) outs(%a : memref<12x16xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %p : f32
    linalg.yield %0 : f32
  }
  return
}

// CHECK-LABEL: @its_output_overlaps_its_input
// CHECK: vector.fma
// CHECK: linalg.generic
func.func @its_output_overlaps_its_input(%a: memref<6x16xf32>, %b: memref<16x16xf32>, %c: memref<6x16xf32>,
                                         %x: memref<7x16xf32>) {
  %in = memref.subview %x[1, 0] [6, 16] [1, 1] : memref<7x16xf32> to memref<6x16xf32, #shifted>
  %out = memref.subview %x[0, 0] [6, 16] [1, 1] : memref<7x16xf32> to memref<6x16xf32, strided<[16, 1]>>
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x16xf32>, memref<16x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c, %in : memref<6x16xf32>, memref<6x16xf32, #shifted>) outs(%out : memref<6x16xf32, strided<[16, 1]>>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// The row that C starts from is read for every block.
// CHECK-LABEL: @its_output_holds_the_row_that_c_starts_from
// CHECK: vector.fma
// CHECK: linalg.generic
func.func @its_output_holds_the_row_that_c_starts_from(%a: memref<6x16xf32>, %b: memref<16x16xf32>,
                                                       %c: memref<6x16xf32>, %y: memref<6x16xf32>) {
  %row = memref.subview %y[0, 0] [1, 16] [1, 1] : memref<6x16xf32> to memref<16xf32, strided<[1]>>
  linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%row : memref<16xf32, strided<[1]>>) outs(%c : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x16xf32>, memref<16x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<6x16xf32>) outs(%y : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %p : f32
    linalg.yield %0 : f32
  }
  return
}

// CHECK-LABEL: @its_input_is_written_in_between
// CHECK: vector.fma
// CHECK: linalg.fill
// CHECK: linalg.generic
func.func @its_input_is_written_in_between(%a: memref<6x16xf32>, %b: memref<16x16xf32>, %c: memref<6x16xf32>,
                                           %x: memref<6x16xf32>, %y: memref<6x16xf32>) {
  %one = arith.constant 1.0 : f32
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x16xf32>, memref<16x16xf32>) outs(%c : memref<6x16xf32>)
  linalg.fill ins(%one : f32) outs(%x : memref<6x16xf32>)
  linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c, %x : memref<6x16xf32>, memref<6x16xf32>) outs(%y : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  return
}

// CHECK-LABEL: @its_output_is_read_in_between
// CHECK: vector.fma
// CHECK: memref.load %arg3
// CHECK: linalg.generic
func.func @its_output_is_read_in_between(%a: memref<6x16xf32>, %b: memref<16x16xf32>, %c: memref<6x16xf32>,
                                         %y: memref<6x16xf32>) -> f32 {
  %index = arith.constant 0 : index
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x16xf32>, memref<16x16xf32>) outs(%c : memref<6x16xf32>)
  %seen = memref.load %y[%index, %index] : memref<6x16xf32>
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<6x16xf32>) outs(%y : memref<6x16xf32>) {
  ^bb0(%p: f32, %q: f32):
    %0 = arith.addf %p, %p : f32
    linalg.yield %0 : f32
  }
  return %seen : f32
}

// What the dialect of the CPU adds, as it is written and read again.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// A processor without features names none, and a strategy leaves out what is as usual.
// CHECK: module attributes {
// CHECK-SAME: sluice.target = #sluice_cpu.target<processor = "x86-64", features = "", vector_bits = 128, threads = 1,
// CHECK-SAME: line_bytes = 64>, test.pairs = #sluice_cpu.strategy<register = [8, 48], cache = [8, 48, 8],
// CHECK-SAME: vector = 16, packs_a = true, packs_b = true, vnni = 2>, test.plain = #sluice_cpu.strategy<
// CHECK-SAME: register = [4, 16], cache = [8, 32, 7], vector = 8, packs_a = false, packs_b = true>,
// CHECK-SAME: test.tiles = #sluice_cpu.strategy<register = [32, 32], cache = [32, 64, 64],
// CHECK-SAME: vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32, panels = 4>
module attributes {
  sluice.target = #sluice_cpu.target<processor = "x86-64", features = "", vector_bits = 128, threads = 1,
                                     line_bytes = 64>,
  test.plain = #sluice_cpu.strategy<register = [4, 16], cache = [8, 32, 7], vector = 8, packs_a = false,
                                    packs_b = true, vnni = 1>,
  test.pairs = #sluice_cpu.strategy<register = [8, 48], cache = [8, 48, 8], vector = 16, packs_a = true,
                                    packs_b = true, vnni = 2>,
  test.tiles = #sluice_cpu.strategy<register = [32, 32], cache = [32, 64, 64], vector = 16, packs_a = true,
                                    packs_b = true, vnni = 2, tile = 32, panels = 4>} {

func.func private @rows(%x: memref<4x8xf32>, %s: f32, %begin: index, %end: index, %scratch: memref<64xi8>) {
  return
}
func.func private @nothing(%begin: index, %end: index, %scratch: memref<0xi8>) {
  return
}

// CHECK-LABEL: func.func @should_run_a_function_over_its_parts
// CHECK-SAME: (%[[STEP:.*]]: memref<584xi8>, %[[X:.*]]: memref<4x8xf32>, %[[S:.*]]: f32)
// CHECK-NEXT: sluice_cpu.parallel_for @rows count 4 step %[[STEP]] : memref<584xi8>
// CHECK-SAME: captures(%[[X]], %[[S]] : memref<4x8xf32>, f32)
// CHECK-SAME: {kernel = #sluice.kernel<"relu", flops = 32, bytes = 256>}
// CHECK-NEXT: sluice_cpu.parallel_for @nothing count 1 step %[[STEP]] : memref<584xi8>{{$}}
func.func @should_run_a_function_over_its_parts(%step: memref<584xi8>, %x: memref<4x8xf32>, %s: f32) {
  sluice_cpu.parallel_for @rows count 4 step %step : memref<584xi8> captures(%x, %s : memref<4x8xf32>, f32)
    {kernel = #sluice.kernel<"relu", flops = 32, bytes = 256>}
  sluice_cpu.parallel_for @nothing count 1 step %step : memref<584xi8>
  return
}

// CHECK-LABEL: func.func @should_find_the_last_input
// CHECK-NEXT: sluice_cpu.pointee 568 of %arg0 : memref<584xi8> to memref<2x3xi32>
func.func @should_find_the_last_input(%step: memref<584xi8>) {
  %x = sluice_cpu.pointee 568 of %step : memref<584xi8> to memref<2x3xi32>
  return
}
}

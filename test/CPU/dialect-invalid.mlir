// Strategies, loops and inputs that the dialect of the CPU refuses.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 2 register and 3 cache block sizes, found 3 and 3}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16, 8], cache = [4, 16, 8], vector = 8,
                                                        packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected 2 register and 3 cache block sizes, found 2 and 2}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [4, 16], vector = 8,
                                                        packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected positive block sizes}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [4, 16, 0], vector = 8,
                                                        packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected positive block sizes}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [4, 16, 8], vector = 0,
                                                        packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected cache blocks that are multiples of the register block, found 6 x 16 for 4 x 16}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [6, 16, 8], vector = 8,
                                                        packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected cache blocks that are multiples of the register block, found 4 x 24 for 4 x 16}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [4, 24, 8], vector = 8,
                                                        packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected packed operands and blocks of an even number of terms where two lie together}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [4, 16, 8], vector = 8,
                                                        packs_a = false, packs_b = true, vnni = 2>} {}

// -----

func.func @should_refuse_a_function_that_is_not_there(%step: memref<584xi8>) {
  // expected-error @below {{'sluice_cpu.parallel_for' op expected a function named 'rows'}}
  sluice_cpu.parallel_for @rows count 4 step %step : memref<584xi8>
  return
}

// -----

// expected-note @below {{'rows' has type '(index, index) -> ()'}}
func.func private @rows(%begin: index, %end: index)
func.func @should_refuse_a_function_without_scratch(%step: memref<584xi8>) {
  // expected-error @below {{expected a callee that takes the captures, begin, end and scratch}}
  sluice_cpu.parallel_for @rows count 4 step %step : memref<584xi8>
  return
}

// -----

// expected-note @below {{'rows' has type '(memref<8xf32>, index, index, memref<1xi8>) -> ()'}}
func.func private @rows(%x: memref<8xf32>, %begin: index, %end: index, %scratch: memref<1xi8>)
func.func @should_refuse_a_capture_of_another_type(%step: memref<584xi8>, %x: memref<4xf32>) {
  // expected-error @below {{expected a callee that takes the captures, begin, end and scratch}}
  sluice_cpu.parallel_for @rows count 4 step %step : memref<584xi8> captures(%x : memref<4xf32>)
  return
}

// -----

func.func @should_refuse_half_a_pointer(%step: memref<584xi8>) {
  // expected-error @below {{expected an offset that is a multiple of 8, found 548}}
  %x = sluice_cpu.pointee 548 of %step : memref<584xi8> to memref<2xi32>
  return
}

// -----

func.func @should_refuse_a_pointer_outside_of_the_memory(%blocks: memref<32xi8>) {
  // expected-error @below {{expected a pointer within the 32 bytes of the memory, found one at byte 32}}
  %x = sluice_cpu.pointee 32 of %blocks : memref<32xi8> to memref<2xi32>
  return
}

// -----

func.func @should_refuse_a_pointee_of_any_length(%step: memref<584xi8>) {
  // expected-error @below {{'sluice_cpu.pointee' op result #0 must be statically shaped memref}}
  %x = sluice_cpu.pointee 544 of %step : memref<584xi8> to memref<?xi32>
  return
}

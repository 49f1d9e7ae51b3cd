// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 2 register and 3 cache block sizes, found 2 and 2}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [4, 16],
                                                        vector = 8, packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected positive block sizes}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [4, 16, 0],
                                                        vector = 8, packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected cache blocks that are multiples of the register block, found 6 x 16 for 4 x 16}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [4, 16], cache = [6, 16, 8],
                                                        vector = 8, packs_a = true, packs_b = true>} {}

// -----

// expected-error @below {{expected tiles of pairs, a register block of 16 x 16 tiles and blocks of whole tiles}}
module attributes {test.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [32, 32, 16], vector = 16,
                                                        packs_a = true, packs_b = true, vnni = 2, tile = 32>} {}

// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 3 sizes of a block and 2 of a warp, found 2 and 2}}
module attributes {test.strategy = #sluice_cuda.strategy<instruction = fma, block = [64, 64], warp = [32, 32],
                                                         stages = 3, group = 8, parts = 1>} {}

// -----

// expected-error @below {{expected positive sizes, group and parts}}
module attributes {test.strategy = #sluice_cuda.strategy<instruction = fma, block = [64, 64, 16], warp = [32, 32],
                                                         stages = 3, group = 8, parts = 0>} {}

// -----

// expected-error @below {{expected a block whose rows and columns are multiples of the warp's and of 32}}
module attributes {test.strategy = #sluice_cuda.strategy<instruction = fma, block = [64, 96, 16], warp = [32, 64],
                                                         stages = 3, group = 8, parts = 1>} {}

// -----

// expected-error @below {{expected a warp whose rows are a multiple of 16 and columns of 32, found 8 x 32}}
module attributes {test.strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 32, 16], warp = [8, 32],
                                                         stages = 3, group = 8, parts = 1>} {}

// -----

// expected-error @below {{expected a block of 8, 16, 32 or 64 terms, found 12}}
module attributes {test.strategy = #sluice_cuda.strategy<instruction = fma, block = [64, 64, 12], warp = [32, 32],
                                                         stages = 3, group = 8, parts = 1>} {}

// -----

// expected-error @below {{expected at most 1024 threads, found 2048}}
module attributes {test.strategy = #sluice_cuda.strategy<instruction = fma, block = [256, 256, 8], warp = [32, 32],
                                                         stages = 2, group = 8, parts = 1>} {}

// -----

// expected-error @below {{expected at least 2 stages, found 1}}
module attributes {test.strategy = #sluice_cuda.strategy<instruction = fma, block = [64, 64, 16], warp = [32, 32],
                                                         stages = 1, group = 8, parts = 1>} {}

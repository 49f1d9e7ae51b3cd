// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected no negative numbers, found -1 operations and 8 bytes}}
module attributes {sluice.kernels = [#sluice.kernel<"gelu", flops = -1, bytes = 8>]} {}

// -----

// expected-error @below {{expected register columns that are a multiple of the vector size 8, found 20}}
module attributes {sluice.some = #sluice.strategy<register = [4, 20], cache = [4, 20, 8], vector = 8, packs_a = true>} {}

// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected no negative numbers, found -1 operations and 8 bytes}}
module attributes {sluice.kernels = [#sluice.kernel<"gelu", flops = -1, bytes = 8>]} {}

// RUN: sluice-run %s --function=wide > %t.wide.txt
// RUN: sluice-run %s --function=narrow > %t.narrow.txt
// RUN: cmp %t.wide.txt %t.narrow.txt
// RUN: sluice-run %s --function=narrow --cpu=x86-64 > %t.narrow.txt
// RUN: sluice-run %s --function=wide --cpu=x86-64 > %t.wide.txt
// RUN: cmp %t.wide.txt %t.narrow.txt
// RUN: sluice-run %s --function=round | FileCheck %s
// RUN: for cpu in native x86-64; do for kind in wide narrow; do \
// RUN:   sluice-run %s --function=${kind}_f16 --cpu=$cpu > %t.$kind.txt || exit 1; done; \
// RUN:   cmp %t.wide.txt %t.narrow.txt || exit 1; done
// RUN: sluice-run %s --function=round_f16 | FileCheck %s --check-prefix=F16

// Attention that gets its operands as it would round them computes the same bits, forward and backward; heads and
// blocks have a remainder.
func.func @wide(%qkv: tensor<2x70x72xf32>, %g: tensor<2x70x24xf32>)
    -> (tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>) {
  %q, %k, %v = sluice.split %qkv : tensor<2x70x72xf32> to tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>
  %a, %l = sluice.attention %q, %k, %v heads 3 causal {compute_type = bf16}
      : tensor<2x70x24xf32>, tensor<2x70x24xf32> to tensor<2x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal {compute_type = bf16}
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>
}
func.func @narrow(%qkv: tensor<2x70x72xf32>, %g: tensor<2x70x24xf32>)
    -> (tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>) {
  %0 = arith.truncf %qkv : tensor<2x70x72xf32> to tensor<2x70x72xbf16>
  %q0, %k0, %v0 = sluice.split %0
      : tensor<2x70x72xbf16> to tensor<2x70x24xbf16>, tensor<2x70x24xbf16>, tensor<2x70x24xbf16>
  %q = arith.extf %q0 : tensor<2x70x24xbf16> to tensor<2x70x24xf32>
  %k = arith.extf %k0 : tensor<2x70x24xbf16> to tensor<2x70x24xf32>
  %v = arith.extf %v0 : tensor<2x70x24xbf16> to tensor<2x70x24xf32>
  %a, %l = sluice.attention %q, %k, %v heads 3 causal {compute_type = bf16}
      : tensor<2x70x24xf32>, tensor<2x70x24xf32> to tensor<2x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal {compute_type = bf16}
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>
}

// The same of f16.
func.func @wide_f16(%qkv: tensor<2x70x72xf32>, %g: tensor<2x70x24xf32>)
    -> (tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>) {
  %q, %k, %v = sluice.split %qkv : tensor<2x70x72xf32> to tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>
  %a, %l = sluice.attention %q, %k, %v heads 3 causal {compute_type = f16}
      : tensor<2x70x24xf32>, tensor<2x70x24xf32> to tensor<2x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal {compute_type = f16}
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>
}
func.func @narrow_f16(%qkv: tensor<2x70x72xf32>, %g: tensor<2x70x24xf32>)
    -> (tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>) {
  %0 = arith.truncf %qkv : tensor<2x70x72xf32> to tensor<2x70x72xf16>
  %q0, %k0, %v0 = sluice.split %0
      : tensor<2x70x72xf16> to tensor<2x70x24xf16>, tensor<2x70x24xf16>, tensor<2x70x24xf16>
  %q = arith.extf %q0 : tensor<2x70x24xf16> to tensor<2x70x24xf32>
  %k = arith.extf %k0 : tensor<2x70x24xf16> to tensor<2x70x24xf32>
  %v = arith.extf %v0 : tensor<2x70x24xf16> to tensor<2x70x24xf32>
  %a, %l = sluice.attention %q, %k, %v heads 3 causal {compute_type = f16}
      : tensor<2x70x24xf32>, tensor<2x70x24xf32> to tensor<2x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal {compute_type = f16}
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<2x70x24xf32>, tensor<2x3x70xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>, tensor<2x70x24xf32>
}

// To the nearest, of two that are as near to the even one; what is too large becomes infinite, and a NaN whose upper
// half is that of infinity stays a NaN.
// CHECK: [1, 1.01562, -1.00781, inf, -inf, nan, nan, -0, 1]
func.func @round() -> tensor<9xf32> {
  %0 = arith.constant dense<[0x3F808000, 0x3F818000, 0xBF808001, 0x7F7FFFFF, 0xFF800000, 0x7F800001, 0x7FC00000,
      0x80000000, 0x3F800000]> : tensor<9xf32>
  %1 = arith.truncf %0 : tensor<9xf32> to tensor<9xbf16>
  %2 = arith.extf %1 : tensor<9xbf16> to tensor<9xf32>
  return %2 : tensor<9xf32>
}

// Of f16, whose largest number is 65504 and whose smallest 2^-24.
// F16: [1, 1.00195, -1.00098, 65504, inf, -inf, nan, 5.96046e-08, 0]
func.func @round_f16() -> tensor<9xf32> {
  %0 = arith.constant dense<[0x3F801000, 0x3F803000, 0xBF801001, 0x477FEFFF, 0x477FF000, 0xFF800000, 0x7F800001,
      0x33000001, 0x33000000]> : tensor<9xf32>
  %1 = arith.truncf %0 : tensor<9xf32> to tensor<9xf16>
  %2 = arith.extf %1 : tensor<9xf16> to tensor<9xf32>
  return %2 : tensor<9xf32>
}

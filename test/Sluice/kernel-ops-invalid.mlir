// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_narrow_keys_of_wide_queries(%x: memref<1x64x16xf32>, %k: memref<1x64x16xbf16>,
                                                     %l: memref<1x2x64xf32>) {
  // expected-error @below {{expected query, key and value of 'f32' or of 'bf16', found 'f32', 'bf16', 'bf16'}}
  sluice.blocked_attention ins(%x, %k, %k : memref<1x64x16xf32>, memref<1x64x16xbf16>, memref<1x64x16xbf16>)
    outs(%x, %l : memref<1x64x16xf32>, memref<1x2x64xf32>) {heads = 2, ordinal = 0, compute_type = bf16}
  return
}

// -----

func.func @should_refuse_narrow_operands_that_are_not_rounded(%x: memref<1x64x16xf32>, %k: memref<1x64x16xf16>,
                                                              %l: memref<1x2x64xf32>) {
  // expected-error @below {{expected query, key and value of 'f32', found 'f16', 'f16', 'f16'}}
  sluice.blocked_attention ins(%k, %k, %k : memref<1x64x16xf16>, memref<1x64x16xf16>, memref<1x64x16xf16>)
    outs(%x, %l : memref<1x64x16xf32>, memref<1x2x64xf32>) {heads = 2, ordinal = 0}
  return
}

// -----

func.func @should_refuse_narrow_operands_of_another_type(%x: memref<1x64x16xf32>, %k: memref<1x64x16xf16>,
                                                         %l: memref<1x2x64xf32>) {
  // expected-error @below {{expected query, key and value of 'f32' or of 'bf16', found 'f16', 'f16', 'f16'}}
  sluice.blocked_attention ins(%k, %k, %k : memref<1x64x16xf16>, memref<1x64x16xf16>, memref<1x64x16xf16>)
    outs(%x, %l : memref<1x64x16xf32>, memref<1x2x64xf32>) {heads = 2, ordinal = 0, compute_type = bf16}
  return
}

// -----

func.func @should_refuse_narrow_operands_of_f64(%x: memref<1x64x16xf64>, %k: memref<1x64x16xbf16>,
                                                %l: memref<1x2x64xf64>) {
  // expected-error @below {{expected query, key and value of 'f64', found 'bf16', 'bf16', 'bf16'}}
  sluice.blocked_attention_backward
    ins(%x, %k, %k, %k, %x, %l : memref<1x64x16xf64>, memref<1x64x16xbf16>, memref<1x64x16xbf16>, memref<1x64x16xbf16>,
        memref<1x64x16xf64>, memref<1x2x64xf64>)
    outs(%x, %x, %x : memref<1x64x16xf64>, memref<1x64x16xf64>, memref<1x64x16xf64>) {heads = 2, ordinal = 0}
  return
}

// -----

func.func @should_refuse_to_round_f64(%x: memref<1x64x16xf64>, %l: memref<1x2x64xf64>) {
  // expected-error @below {{expected operands of f32 to round to 'bf16', found 'f64'}}
  sluice.blocked_attention ins(%x, %x, %x : memref<1x64x16xf64>, memref<1x64x16xf64>, memref<1x64x16xf64>)
    outs(%x, %l : memref<1x64x16xf64>, memref<1x2x64xf64>)
    {heads = 2, ordinal = 0, compute_type = bf16}
  return
}

// -----

func.func @should_refuse_a_narrow_input_that_is_not_rounded(%x: memref<4x16xbf16>, %w: memref<50x16xf32>,
    %t: memref<4xi32>, %loss: memref<f32>, %l: memref<4xf32>) {
  // expected-error @below {{expected input and weight of 'f32', found 'bf16'}}
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<4x16xbf16>, memref<50x16xf32>, memref<4xi32>)
    outs(%loss, %l : memref<f32>, memref<4xf32>)
  return
}

// -----

func.func @should_refuse_an_input_of_another_type(%g: memref<f32>, %x: memref<4x16xf64>, %w: memref<50x16xf32>,
    %t: memref<4xi32>, %loss: memref<f32>, %dx: memref<4x16xf32>, %dw: memref<50x16xf32>) {
  // expected-error @below {{expected input and weight of 'f32' or of 'bf16', found 'f64'}}
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f32>, memref<4x16xf64>, memref<50x16xf32>, memref<4xi32>)
    outs(%loss, %dx, %dw : memref<f32>, memref<4x16xf32>, memref<50x16xf32>) {compute_type = bf16}
  return
}

// -----

func.func @should_refuse_a_narrow_weight_of_another_type(%x: memref<4x16xf32>, %w: memref<50x16xf16>,
    %t: memref<4xi32>, %loss: memref<f32>, %l: memref<4xf32>) {
  // expected-error @below {{expected input and weight of 'f32' or of 'bf16', found 'f16'}}
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<4x16xf32>, memref<50x16xf16>, memref<4xi32>)
    outs(%loss, %l : memref<f32>, memref<4xf32>) {compute_type = bf16}
  return
}

// -----

func.func @should_refuse_a_block_of_too_many_sizes(%i: memref<3xi32>, %table: memref<5x8xf32>,
                                                   %rows: memref<3x8xf32>) {
  sluice.gather_rows ins(%i, %table : memref<3xi32>, memref<5x8xf32>) outs(%rows : memref<3x8xf32>)
    // expected-error @below {{'block' failed to satisfy constraint: positive sizes of a block, as many as [rows of}}
    {block = array<i64: 1, 8>}
  return
}

// -----

func.func @should_refuse_a_block_of_too_few_sizes(%x: memref<4x8xf32>, %t: memref<4xi32>, %loss: memref<f32>,
                                                  %m: memref<8xf32>, %v: memref<8xf32>, %r: memref<4xf32>) {
  sluice.blocked_standardization_loss ins(%x, %t : memref<4x8xf32>, memref<4xi32>)
    outs(%loss, %m, %v, %r : memref<f32>, memref<8xf32>, memref<8xf32>, memref<4xf32>)
    // expected-error @below {{positive sizes of a block, as many as [rows, columns of a task]}}
    {epsilon = 1.0e-06, block = array<i64: 32>}
  return
}

// -----

func.func @should_refuse_an_empty_block(%x: memref<4x8xf32>, %w: memref<50x8xf32>, %t: memref<4xi32>,
                                        %loss: memref<f32>, %l: memref<4xf32>) {
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<4x8xf32>, memref<50x8xf32>, memref<4xi32>)
    outs(%loss, %l : memref<f32>, memref<4xf32>)
    // expected-error @below {{positive sizes of a block, as many as [columns of logits]}}
    {block = array<i64: 0>}
  return
}

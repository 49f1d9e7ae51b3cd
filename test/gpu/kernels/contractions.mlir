// Contractions as FMA compute them, against f64: all transpositions, batches, edges, epilogues and parts of sums.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --target=cuda --against-f64

func.func @linear(%x: tensor<3x37x50xf32>, %w: tensor<50x75xf32>) -> tensor<3x37x75xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.linear %x, %w : tensor<3x37x50xf32>, tensor<50x75xf32> to tensor<3x37x75xf32>
  return %y : tensor<3x37x75xf32>
}

// Rows that are no multiples of 16 bytes, and sums that are shorter than a tile.
func.func @linear_of_odd_sizes(%x: tensor<33x7xf32>, %w: tensor<7x5xf32>) -> tensor<33x5xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.linear %x, %w : tensor<33x7xf32>, tensor<7x5xf32> to tensor<33x5xf32>
  return %y : tensor<33x5xf32>
}

func.func @linear_bias_gelu(%x: tensor<70x64xf32>, %w: tensor<64x72xf32>, %b: tensor<72xf32>) -> tensor<70x72xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.linear %x, %w bias %b : tensor<70x64xf32>, tensor<64x72xf32>, tensor<72xf32> to tensor<70x72xf32>
  %z = sluice.gelu tanh %y : tensor<70x72xf32>
  return %z : tensor<70x72xf32>
}

func.func @linear_bias_residual(%x: tensor<70x64xf32>, %w: tensor<64x72xf32>, %b: tensor<72xf32>, %r: tensor<70x72xf32>)
    -> tensor<70x72xf32> attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.linear %x, %w bias %b : tensor<70x64xf32>, tensor<64x72xf32>, tensor<72xf32> to tensor<70x72xf32>
  %z = sluice.add %r, %y : tensor<70x72xf32>, tensor<70x72xf32>
  return %z : tensor<70x72xf32>
}

// Keeps what the activation was of.
func.func @linear_silu_both(%x: tensor<70x64xf32>, %w: tensor<64x72xf32>) -> (tensor<70x72xf32>, tensor<70x72xf32>)
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.linear %x, %w : tensor<70x64xf32>, tensor<64x72xf32> to tensor<70x72xf32>
  %z = sluice.silu %y : tensor<70x72xf32>
  return %y, %z : tensor<70x72xf32>, tensor<70x72xf32>
}

func.func @matmul_transposed_right(%a: tensor<45x66xf32>, %b: tensor<83x66xf32>) -> tensor<45x83xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.matmul %a, %b transpose_rhs : tensor<45x66xf32>, tensor<83x66xf32> to tensor<45x83xf32>
  return %y : tensor<45x83xf32>
}

func.func @matmul_transposed_left(%a: tensor<66x45xf32>, %b: tensor<66x83xf32>) -> tensor<45x83xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.matmul %a, %b transpose_lhs : tensor<66x45xf32>, tensor<66x83xf32> to tensor<45x83xf32>
  return %y : tensor<45x83xf32>
}

func.func @matmul_transposed_both(%a: tensor<66x45xf32>, %b: tensor<83x66xf32>) -> tensor<45x83xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.matmul %a, %b transpose_lhs transpose_rhs : tensor<66x45xf32>, tensor<83x66xf32> to tensor<45x83xf32>
  return %y : tensor<45x83xf32>
}

func.func @matmul_of_batches(%a: tensor<5x34x20xf32>, %b: tensor<5x20x39xf32>) -> tensor<5x34x39xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.matmul %a, %b : tensor<5x34x20xf32>, tensor<5x20x39xf32> to tensor<5x34x39xf32>
  return %y : tensor<5x34x39xf32>
}

// The gradient of a weight: a sum over batches, too. It is long, so that blocks share it.
func.func @gradient_of_weight(%x: tensor<3x300x40xf32>, %dy: tensor<3x300x36xf32>) -> tensor<40x36xf32>
    attributes {sluice.tolerance = 4.0e-06} {
  %dw = sluice.matmul %x, %dy transpose_lhs reduce_leading
      : tensor<3x300x40xf32>, tensor<3x300x36xf32> to tensor<40x36xf32>
  return %dw : tensor<40x36xf32>
}

// Every parameter has one gradient, to which micro-batches add.
func.func @gradient_added(%x: tensor<90x40xf32>, %dy: tensor<90x36xf32>, %sum: tensor<40x36xf32>) -> tensor<40x36xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %dw = sluice.matmul %x, %dy transpose_lhs : tensor<90x40xf32>, tensor<90x36xf32> to tensor<40x36xf32>
  %new = sluice.add %sum, %dw : tensor<40x36xf32>, tensor<40x36xf32>
  return %new : tensor<40x36xf32>
}

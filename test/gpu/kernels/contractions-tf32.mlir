// Contractions on tensor cores that see of operands what a tf32 has, and whose sums are f32, against f64 of that; and
// on the host, which cuts off alike.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --target=cuda --against-f64
// RUN: sluice-run %s --against-f64

func.func @tf32_linear(%x: tensor<3x37x50xf32>, %w: tensor<50x75xf32>) -> tensor<3x37x75xf32>
    attributes {sluice.tolerance = 1.0e-05} {
  %y = sluice.linear %x, %w {compute_type = tf32} : tensor<3x37x50xf32>, tensor<50x75xf32> to tensor<3x37x75xf32>
  return %y : tensor<3x37x75xf32>
}

func.func @tf32_linear_of_odd_sizes(%x: tensor<33x7xf32>, %w: tensor<7x5xf32>) -> tensor<33x5xf32>
    attributes {sluice.tolerance = 1.0e-05} {
  %y = sluice.linear %x, %w {compute_type = tf32} : tensor<33x7xf32>, tensor<7x5xf32> to tensor<33x5xf32>
  return %y : tensor<33x5xf32>
}

func.func @tf32_linear_bias_gelu(%x: tensor<70x64xf32>, %w: tensor<64x72xf32>, %b: tensor<72xf32>)
    -> tensor<70x72xf32> attributes {sluice.tolerance = 1.0e-05} {
  %y = sluice.linear %x, %w bias %b {compute_type = tf32}
      : tensor<70x64xf32>, tensor<64x72xf32>, tensor<72xf32> to tensor<70x72xf32>
  %z = sluice.gelu tanh %y : tensor<70x72xf32>
  return %z : tensor<70x72xf32>
}

func.func @tf32_matmul_transposed_right(%a: tensor<45x66xf32>, %b: tensor<83x66xf32>) -> tensor<45x83xf32>
    attributes {sluice.tolerance = 1.0e-05} {
  %y = sluice.matmul %a, %b transpose_rhs {compute_type = tf32}
      : tensor<45x66xf32>, tensor<83x66xf32> to tensor<45x83xf32>
  return %y : tensor<45x83xf32>
}

func.func @tf32_matmul_transposed_left(%a: tensor<66x45xf32>, %b: tensor<66x83xf32>) -> tensor<45x83xf32>
    attributes {sluice.tolerance = 1.0e-05} {
  %y = sluice.matmul %a, %b transpose_lhs {compute_type = tf32}
      : tensor<66x45xf32>, tensor<66x83xf32> to tensor<45x83xf32>
  return %y : tensor<45x83xf32>
}

func.func @tf32_matmul_transposed_both(%a: tensor<66x45xf32>, %b: tensor<83x66xf32>) -> tensor<45x83xf32>
    attributes {sluice.tolerance = 1.0e-05} {
  %y = sluice.matmul %a, %b transpose_lhs transpose_rhs {compute_type = tf32}
      : tensor<66x45xf32>, tensor<83x66xf32> to tensor<45x83xf32>
  return %y : tensor<45x83xf32>
}

func.func @tf32_matmul_of_batches(%a: tensor<5x34x20xf32>, %b: tensor<5x20x39xf32>) -> tensor<5x34x39xf32>
    attributes {sluice.tolerance = 1.0e-05} {
  %y = sluice.matmul %a, %b {compute_type = tf32} : tensor<5x34x20xf32>, tensor<5x20x39xf32> to tensor<5x34x39xf32>
  return %y : tensor<5x34x39xf32>
}

func.func @tf32_gradient_of_weight(%x: tensor<3x400x40xf32>, %dy: tensor<3x400x36xf32>) -> tensor<40x36xf32>
    attributes {sluice.tolerance = 1.0e-05} {
  %dw = sluice.matmul %x, %dy transpose_lhs reduce_leading {compute_type = tf32}
      : tensor<3x400x40xf32>, tensor<3x400x36xf32> to tensor<40x36xf32>
  return %dw : tensor<40x36xf32>
}

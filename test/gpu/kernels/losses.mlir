// The output head with its cross entropy, and the standardization loss, against f64.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --target=cuda --against-f64

// Targets of -1 do not count.
func.func @cross_entropy(%x: tensor<2x5x24xf32>, %w: tensor<203x24xf32>,
    %t: tensor<2x5xi32> {sluice.values = dense<[[0, 202, -1, 3, 3], [7, -1, -1, 111, 5]]> : tensor<2x5xi32>})
    -> (tensor<f32>, tensor<2x5xf32>) attributes {sluice.tolerance = 2.0e-06} {
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t
      : tensor<2x5x24xf32>, tensor<203x24xf32>, tensor<2x5xi32> to tensor<f32>, tensor<2x5xf32>
  return %loss, %lse : tensor<f32>, tensor<2x5xf32>
}

func.func @cross_entropy_backward(%x: tensor<2x5x24xf32>, %w: tensor<203x24xf32>,
    %t: tensor<2x5xi32> {sluice.values = dense<[[0, 202, -1, 3, 3], [7, -1, -1, 111, 5]]> : tensor<2x5xi32>},
    %g: tensor<f32> {sluice.values = dense<1.5> : tensor<f32>})
    -> (tensor<f32>, tensor<2x5x24xf32>, tensor<203x24xf32>) attributes {sluice.tolerance = 1.0e-05} {
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %t
      : tensor<2x5x24xf32>, tensor<203x24xf32>, tensor<2x5xi32> to tensor<f32>, tensor<2x5xf32>
  %dx, %dw = sluice.linear_cross_entropy_backward %g, %x, %w, %t, %lse
      : tensor<f32>, tensor<2x5x24xf32>, tensor<203x24xf32>, tensor<2x5xi32>, tensor<2x5xf32>
  return %loss, %dx, %dw : tensor<f32>, tensor<2x5x24xf32>, tensor<203x24xf32>
}

func.func @cross_entropy_with_gradient(%x: tensor<70x24xf32>, %w: tensor<203x24xf32>, %t: tensor<70xi32>,
    %g: tensor<f32> {sluice.values = dense<1.5> : tensor<f32>})
    -> (tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>) attributes {sluice.tolerance = 1.0e-05} {
  %loss, %dx, %dw = sluice.linear_cross_entropy_with_gradient %g, %x, %w, %t
      : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>, tensor<70xi32>
  return %loss, %dx, %dw : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>
}

// Gradients of logits are rounded, too, and those of f64 are not.
func.func @bf16_cross_entropy_with_gradient(%x: tensor<70x24xf32>, %w: tensor<203x24xf32>, %t: tensor<70xi32>,
    %g: tensor<f32> {sluice.values = dense<1.5> : tensor<f32>})
    -> (tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>) attributes {sluice.tolerance = 1.0e-01} {
  %loss, %dx, %dw = sluice.linear_cross_entropy_with_gradient %g, %x, %w, %t {compute_type = bf16}
      : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>, tensor<70xi32>
  return %loss, %dx, %dw : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>
}

func.func @f16_cross_entropy_with_gradient(%x: tensor<70x24xf32>, %w: tensor<203x24xf32>, %t: tensor<70xi32>,
    %g: tensor<f32> {sluice.values = dense<1.5> : tensor<f32>})
    -> (tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>) attributes {sluice.tolerance = 1.0e-02} {
  %loss, %dx, %dw = sluice.linear_cross_entropy_with_gradient %g, %x, %w, %t {compute_type = f16}
      : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>, tensor<70xi32>
  return %loss, %dx, %dw : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>
}

func.func @tf32_cross_entropy_with_gradient(%x: tensor<70x24xf32>, %w: tensor<203x24xf32>, %t: tensor<70xi32>,
    %g: tensor<f32> {sluice.values = dense<1.5> : tensor<f32>})
    -> (tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>) attributes {sluice.tolerance = 1.0e-02} {
  %loss, %dx, %dw = sluice.linear_cross_entropy_with_gradient %g, %x, %w, %t {compute_type = tf32}
      : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>, tensor<70xi32>
  return %loss, %dx, %dw : tensor<f32>, tensor<70x24xf32>, tensor<203x24xf32>
}

func.func @standardization_loss(%x: tensor<2x40x30xf32>, %t: tensor<2x40xi32>,
    %g: tensor<f32> {sluice.values = dense<1.5> : tensor<f32>})
    -> (tensor<f32>, tensor<30xf32>, tensor<30xf32>, tensor<4xf32>, tensor<2x40x30xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  %loss, %mean, %variance, %range = sluice.standardization_loss %x, %t epsilon 1.0e-06
      : tensor<2x40x30xf32>, tensor<2x40xi32> to tensor<f32>, tensor<30xf32>, tensor<4xf32>
  %dx = sluice.standardization_loss_backward %g, %x, %t, %mean, %variance epsilon 1.0e-06
      : tensor<f32>, tensor<2x40x30xf32>, tensor<2x40xi32>, tensor<30xf32>
  return %loss, %mean, %variance, %range, %dx
      : tensor<f32>, tensor<30xf32>, tensor<30xf32>, tensor<4xf32>, tensor<2x40x30xf32>
}

// Norms and their backwards, and sums of columns, against f64: rows of a warp, of a block, and what is left over.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --target=cuda --against-f64

func.func @layer_norm(%x: tensor<2x45x96xf32>, %w: tensor<96xf32>, %b: tensor<96xf32>, %g: tensor<2x45x96xf32>)
    -> (tensor<2x45x96xf32>, tensor<2x45xf32>, tensor<2x45xf32>, tensor<2x45x96xf32>, tensor<96xf32>, tensor<96xf32>)
    attributes {sluice.tolerance = 4.0e-06} {
  %y, %mean, %rstd = sluice.layer_norm %x, %w bias %b epsilon 1.0e-05
      : tensor<2x45x96xf32>, tensor<96xf32>, tensor<96xf32> to tensor<2x45xf32>, tensor<2x45xf32>
  %dx, %dw, %db = sluice.layer_norm_backward %g, %x, %w, %mean, %rstd
      : tensor<2x45x96xf32>, tensor<96xf32>, tensor<2x45xf32>
  return %y, %mean, %rstd, %dx, %dw, %db
      : tensor<2x45x96xf32>, tensor<2x45xf32>, tensor<2x45xf32>, tensor<2x45x96xf32>, tensor<96xf32>, tensor<96xf32>
}

// Rows that are longer than what the registers of a warp keep, and of an odd length.
func.func @layer_norm_of_long_rows(%x: tensor<9x1537xf32>, %w: tensor<1537xf32>, %b: tensor<1537xf32>,
    %g: tensor<9x1537xf32>)
    -> (tensor<9x1537xf32>, tensor<9xf32>, tensor<9xf32>, tensor<9x1537xf32>, tensor<1537xf32>, tensor<1537xf32>)
    attributes {sluice.tolerance = 4.0e-06} {
  %y, %mean, %rstd = sluice.layer_norm %x, %w bias %b epsilon 1.0e-05
      : tensor<9x1537xf32>, tensor<1537xf32>, tensor<1537xf32> to tensor<9xf32>, tensor<9xf32>
  %dx, %dw, %db = sluice.layer_norm_backward %g, %x, %w, %mean, %rstd
      : tensor<9x1537xf32>, tensor<1537xf32>, tensor<9xf32>
  return %y, %mean, %rstd, %dx, %dw, %db
      : tensor<9x1537xf32>, tensor<9xf32>, tensor<9xf32>, tensor<9x1537xf32>, tensor<1537xf32>, tensor<1537xf32>
}

func.func @rms_norm(%x: tensor<2x45x96xf32>, %w: tensor<96xf32>, %g: tensor<2x45x96xf32>)
    -> (tensor<2x45x96xf32>, tensor<2x45xf32>, tensor<2x45x96xf32>, tensor<96xf32>)
    attributes {sluice.tolerance = 4.0e-06} {
  %y, %rstd = sluice.rms_norm %x, %w epsilon 1.0e-05 : tensor<2x45x96xf32>, tensor<96xf32> to tensor<2x45xf32>
  %dx, %dw = sluice.rms_norm_backward %g, %x, %w, %rstd : tensor<2x45x96xf32>, tensor<96xf32>, tensor<2x45xf32>
  return %y, %rstd, %dx, %dw : tensor<2x45x96xf32>, tensor<2x45xf32>, tensor<2x45x96xf32>, tensor<96xf32>
}

// Of the sums that this adds, some nearly cancel.
func.func @sums_of_columns(%x: tensor<2x500x75xf32>) -> tensor<75xf32> attributes {sluice.tolerance = 4.0e-06} {
  %sum = sluice.sum_leading %x : tensor<2x500x75xf32> to tensor<75xf32>
  return %sum : tensor<75xf32>
}

func.func @sum_of_squares(%x: tensor<123x77xf32>) -> tensor<f64> {
  %sum = sluice.sum_of_squares %x : tensor<123x77xf32> to tensor<f64>
  return %sum : tensor<f64>
}

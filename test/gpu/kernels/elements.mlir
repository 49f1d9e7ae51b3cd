// Element-wise kernels, and rows that indices name, against f64: sizes that are no multiples of an access of 16 bytes.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --target=cuda --against-f64

// A card's functions are some last places off.
func.func @gelu(%x: tensor<7x33xf32>, %g: tensor<7x33xf32>)
    -> (tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>)
    attributes {sluice.tolerance = 4.0e-06} {
  %tanh, %dtanh = sluice.gelu_with_gradient tanh %g, %x : tensor<7x33xf32>
  %erf, %derf = sluice.gelu_with_gradient erf %g, %x : tensor<7x33xf32>
  return %tanh, %dtanh, %erf, %derf : tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>
}

func.func @other_activations(%x: tensor<7x33xf32>, %g: tensor<7x33xf32>)
    -> (tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>)
    attributes {sluice.tolerance = 4.0e-06} {
  %silu, %dsilu = sluice.silu_with_gradient %g, %x : tensor<7x33xf32>
  %quick, %dquick = sluice.quick_gelu_with_gradient %g, %x : tensor<7x33xf32>
  %relu, %drelu = sluice.relu_with_gradient %g, %x : tensor<7x33xf32>
  return %silu, %dsilu, %quick, %dquick, %relu, %drelu
      : tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>, tensor<7x33xf32>
}

func.func @add_and_scale(%x: tensor<3x5x31xf32>, %y: tensor<3x5x31xf32>, %b: tensor<31xf32>) -> tensor<3x5x31xf32> {
  %0 = sluice.add %x, %y : tensor<3x5x31xf32>, tensor<3x5x31xf32>
  %1 = sluice.add %0, %b : tensor<3x5x31xf32>, tensor<31xf32>
  %2 = sluice.mul %1, %b : tensor<3x5x31xf32>, tensor<31xf32>
  %3 = sluice.scale %2 by 3.0e-01 : tensor<3x5x31xf32>
  return %3 : tensor<3x5x31xf32>
}

func.func @dropout(%x: tensor<5x7x40xf32>, %key: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
                   %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
                   %rate: tensor<f64> {sluice.values = dense<0.25> : tensor<f64>}) -> tensor<5x7x40xf32> {
  %y = sluice.dropout %x, %key, %layer rate %rate ordinal 6
      : tensor<5x7x40xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %y : tensor<5x7x40xf32>
}

func.func @split_and_concat(%x: tensor<5x36xf32>) -> (tensor<5x12xf32>, tensor<5x24xf32>) {
  %a, %b, %c = sluice.split %x : tensor<5x36xf32> to tensor<5x12xf32>, tensor<5x12xf32>, tensor<5x12xf32>
  %ca = sluice.concat %c, %a : tensor<5x12xf32>, tensor<5x12xf32> to tensor<5x24xf32>
  return %b, %ca : tensor<5x12xf32>, tensor<5x24xf32>
}

func.func @gather_rows(%t: tensor<2x6xi32> {sluice.values = dense<[[0, 18, 3, 3, 7, 11], [18, 2, 0, 0, 5, 4]]>
                                            : tensor<2x6xi32>},
                       %table: tensor<19x22xf32>) -> tensor<2x6x22xf32> {
  %x = sluice.embedding %t, %table : tensor<2x6xi32>, tensor<19x22xf32> to tensor<2x6x22xf32>
  return %x : tensor<2x6x22xf32>
}

// Rows that are named more than once have a sum, rows that nobody names are zero.
func.func @scatter_rows(%g: tensor<2x6x22xf32>,
                        %t: tensor<2x6xi32> {sluice.values = dense<[[0, 18, 3, 3, 7, 11], [18, 2, 0, 0, 5, 4]]>
                                             : tensor<2x6xi32>}) -> tensor<19x22xf32> {
  %d = sluice.embedding_backward %g, %t : tensor<2x6x22xf32>, tensor<2x6xi32> to tensor<19x22xf32>
  return %d : tensor<19x22xf32>
}

func.func @rows_of_a_table(%table: tensor<8x5xf32>) -> (tensor<3x5xf32>, tensor<8x5xf32>) {
  %rows = sluice.slice_rows %table : tensor<8x5xf32> to tensor<3x5xf32>
  %d = sluice.pad_rows %rows : tensor<3x5xf32> to tensor<8x5xf32>
  return %rows, %d : tensor<3x5xf32>, tensor<8x5xf32>
}

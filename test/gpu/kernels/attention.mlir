// Attention and its backward against f64: heads, queries and keys that are no multiples of blocks, causal and not, with
// dropout, and with operands that are rounded.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --target=cuda --against-f64

func.func @attention(%q: tensor<1x70x24xf32>, %k: tensor<1x70x24xf32>, %v: tensor<1x70x24xf32>, %g: tensor<1x70x24xf32>)
    -> (tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  %a, %l = sluice.attention %q, %k, %v heads 3 : tensor<1x70x24xf32>, tensor<1x70x24xf32> to tensor<1x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 : tensor<1x70x24xf32>, tensor<1x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>
}

func.func @attention_causal(%q: tensor<1x70x24xf32>, %k: tensor<1x70x24xf32>, %v: tensor<1x70x24xf32>,
    %g: tensor<1x70x24xf32>)
    -> (tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  %a, %l = sluice.attention %q, %k, %v heads 3 causal : tensor<1x70x24xf32>, tensor<1x70x24xf32> to tensor<1x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>
}

// A head of 64 and several blocks of keys.
func.func @attention_of_64(%q: tensor<1x100x64xf32>, %k: tensor<1x100x64xf32>, %v: tensor<1x100x64xf32>,
    %g: tensor<1x100x64xf32>)
    -> (tensor<1x100x64xf32>, tensor<1x1x100xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  %a, %l = sluice.attention %q, %k, %v heads 1 causal
      : tensor<1x100x64xf32>, tensor<1x100x64xf32> to tensor<1x1x100xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 1 causal
      : tensor<1x100x64xf32>, tensor<1x1x100xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<1x100x64xf32>, tensor<1x1x100xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>, tensor<1x100x64xf32>
}

func.func @attention_dropout(%q: tensor<1x70x24xf32>, %k: tensor<1x70x24xf32>, %v: tensor<1x70x24xf32>,
    %g: tensor<1x70x24xf32>, %key: tensor<4xi32> {sluice.values = dense<[1, 2, 3, 4]> : tensor<4xi32>},
    %layer: tensor<1xi32> {sluice.values = dense<5> : tensor<1xi32>},
    %rate: tensor<f64> {sluice.values = dense<0.25> : tensor<f64>})
    -> (tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>)
    attributes {sluice.tolerance = 1.0e-05} {
  %a, %l = sluice.attention %q, %k, %v heads 3 causal
      random %key : tensor<4xi32>, %layer : tensor<1xi32> rate %rate : tensor<f64>
      : tensor<1x70x24xf32>, tensor<1x70x24xf32> to tensor<1x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal
      random %key : tensor<4xi32>, %layer : tensor<1xi32> rate %rate : tensor<f64>
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>
}

// Probabilities and gradients of scores are rounded, too, and those of f64 are not.
func.func @bf16_attention(%q: tensor<1x70x24xf32>, %k: tensor<1x70x24xf32>, %v: tensor<1x70x24xf32>,
    %g: tensor<1x70x24xf32>)
    -> (tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>)
    attributes {sluice.tolerance = 5.0e-02} {
  %a, %l = sluice.attention %q, %k, %v heads 3 causal {compute_type = bf16}
      : tensor<1x70x24xf32>, tensor<1x70x24xf32> to tensor<1x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal {compute_type = bf16}
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>
}

func.func @f16_attention(%q: tensor<1x70x24xf32>, %k: tensor<1x70x24xf32>, %v: tensor<1x70x24xf32>,
    %g: tensor<1x70x24xf32>)
    -> (tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>)
    attributes {sluice.tolerance = 1.0e-02} {
  %a, %l = sluice.attention %q, %k, %v heads 3 causal {compute_type = f16}
      : tensor<1x70x24xf32>, tensor<1x70x24xf32> to tensor<1x3x70xf32>
  %dq, %dk, %dv = sluice.attention_backward %g, %q, %k, %v, %a, %l heads 3 causal {compute_type = f16}
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>
  return %a, %l, %dq, %dk, %dv
      : tensor<1x70x24xf32>, tensor<1x3x70xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>, tensor<1x70x24xf32>
}

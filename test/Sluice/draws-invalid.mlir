// Dropout has one rule for what its draws are keyed by, wherever it stands.
// RUN: sluice-opt %s --split-input-file --verify-diagnostics

func.func @should_refuse_a_negative_ordinal(%x: tensor<2xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>, %r: tensor<f64>) {
  // expected-error @below {{'sluice.dropout' op expected an ordinal in [0, 255], found -1}}
  %y = sluice.dropout %x, %k, %l rate %r ordinal -1 : tensor<2xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return
}

// -----

func.func @should_refuse_an_ordinal_of_the_next_layer(%q: tensor<1x2x4xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>,
                                                      %r: tensor<f64>) {
  // expected-error @below {{'sluice.attention' op expected an ordinal in [0, 255], found 256}}
  %y, %s = sluice.attention %q, %q, %q heads 2 random %k : tensor<4xi32>, %l : tensor<1xi32> rate %r : tensor<f64>
      {ordinal = 256} : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x2x2xf32>
  return
}

// -----

func.func @should_refuse_a_key_of_two_words(%q: tensor<1x2x4xf32>, %k: tensor<2xi32>, %l: tensor<1xi32>,
                                            %r: tensor<f64>) {
  // expected-error @below {{'sluice.attention' op expected key of shape [4], found [2]}}
  %y, %s = sluice.attention %q, %q, %q heads 2 random %k : tensor<2xi32>, %l : tensor<1xi32> rate %r : tensor<f64>
      : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x2x2xf32>
  return
}

// -----

func.func @should_refuse_two_layers_in_backward(%q: tensor<1x2x4xf32>, %s: tensor<1x2x2xf32>, %k: tensor<4xi32>,
                                                %l: tensor<2xi32>, %r: tensor<f64>) {
  // expected-error @below {{'sluice.attention_backward' op expected layer of shape [1], found [2]}}
  %0:3 = sluice.attention_backward %q, %q, %q, %q, %q, %s heads 2
      random %k : tensor<4xi32>, %l : tensor<2xi32> rate %r : tensor<f64> : tensor<1x2x4xf32>, tensor<1x2x2xf32>
  return
}

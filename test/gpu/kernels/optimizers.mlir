// Updates of the optimizers against f64. Muon's matrices are stacked and go through Newton-Schulz's steps.
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %s --target=cuda --against-f64

func.func @adamw(%w: tensor<37x9xf32>, %g: tensor<37x9xf32>, %m: tensor<37x9xf32>, %root: tensor<37x9xf32>,
    %rate: tensor<f32> {sluice.values = dense<1.0e-02> : tensor<f32>},
    %beta1: tensor<f32> {sluice.values = dense<0.9> : tensor<f32>},
    %beta2: tensor<f32> {sluice.values = dense<0.99> : tensor<f32>},
    %epsilon: tensor<f32> {sluice.values = dense<1.0e-08> : tensor<f32>},
    %decay: tensor<f32> {sluice.values = dense<0.1> : tensor<f32>},
    %c1: tensor<f32> {sluice.values = dense<0.19> : tensor<f32>},
    %c2: tensor<f32> {sluice.values = dense<0.0199> : tensor<f32>},
    %clip: tensor<f32> {sluice.values = dense<0.7> : tensor<f32>})
    -> (tensor<37x9xf32>, tensor<37x9xf32>, tensor<37x9xf32>) attributes {sluice.tolerance = 2.0e-06} {
  %v = sluice.mul %root, %root : tensor<37x9xf32>, tensor<37x9xf32>
  %new:3 = sluice.adamw %w, %g, %m, %v scalars(%rate, %beta1, %beta2, %epsilon, %decay, %c1, %c2, %clip) decays
      : tensor<37x9xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
        tensor<f32>
  return %new#0, %new#1, %new#2 : tensor<37x9xf32>, tensor<37x9xf32>, tensor<37x9xf32>
}

func.func @sgd(%w: tensor<37x9xf32>, %g: tensor<37x9xf32>, %m: tensor<37x9xf32>,
    %rate: tensor<f32> {sluice.values = dense<1.0e-02> : tensor<f32>},
    %momentum: tensor<f32> {sluice.values = dense<0.9> : tensor<f32>},
    %decay: tensor<f32> {sluice.values = dense<0.1> : tensor<f32>},
    %clip: tensor<f32> {sluice.values = dense<0.7> : tensor<f32>})
    -> (tensor<37x9xf32>, tensor<37x9xf32>) {
  %new:2 = sluice.sgd %w, %g, %m scalars(%rate, %momentum, %decay, %clip) decays
      : tensor<37x9xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return %new#0, %new#1 : tensor<37x9xf32>, tensor<37x9xf32>
}

func.func @muon(%p0: tensor<24x40xf32>, %p1: tensor<24x40xf32>, %g0: tensor<24x40xf32>, %g1: tensor<24x40xf32>,
    %m0: tensor<24x40xf32>, %m1: tensor<24x40xf32>,
    %rate: tensor<f32> {sluice.values = dense<1.0e-02> : tensor<f32>},
    %momentum: tensor<f32> {sluice.values = dense<0.9> : tensor<f32>},
    %decay: tensor<f32> {sluice.values = dense<0.1> : tensor<f32>},
    %clip: tensor<f32> {sluice.values = dense<0.7> : tensor<f32>})
    -> (tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>)
    attributes {sluice.tolerance = 4.0e-06} {
  %new:4 = sluice.muon parameters(%p0, %p1) gradients(%g0, %g1) momenta(%m0, %m1)
      scalars(%rate, %momentum, %decay, %clip) parts 2 decays
      : (tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>,
         tensor<24x40xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>)
  return %new#0, %new#1, %new#2, %new#3 : tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>, tensor<24x40xf32>
}

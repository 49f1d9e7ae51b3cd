// RUN: sluice-run %s --check-gradient | FileCheck %s

// The gradient is that of the function with the dropped layers left out.
// CHECK: gradient check passed

sluice.parameter @x : tensor<2x3x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @a : tensor<4x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @b : tensor<4x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @c : tensor<4x4xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<2x3x4xf64>
  %a = sluice.read @a : tensor<4x4xf64>
  %b = sluice.read @b : tensor<4x4xf64>
  %c = sluice.read @c : tensor<4x4xf64>
  %head = sluice.read @head : tensor<7x4xf64>
  %key = sluice.key gates : tensor<4xi32>
  %p = arith.constant dense<[1.0, 0.0, 1.0, 0.0]> : tensor<4xf64>
  %open = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<4xf64>
  // The second gate is closed; the fourth too, though its parameter has another use that is open.
  %x0 = sluice.layer "h.0" depth 1 of 4 gate %open[0] : tensor<4xf64> (%s = %x : tensor<2x3x4xf64>)
      parameters(%w = %a : tensor<4x4xf64>) -> tensor<2x3x4xf64> {
    %l = sluice.linear %s, %w : tensor<2x3x4xf64>, tensor<4x4xf64> to tensor<2x3x4xf64>
    %g = sluice.gelu tanh %l : tensor<2x3x4xf64>
    %r = sluice.add %s, %g residual : tensor<2x3x4xf64>, tensor<2x3x4xf64>
    sluice.yield %r : tensor<2x3x4xf64>
  }
  %x1 = sluice.layer "h.1" depth 2 of 4 gate %open[1] : tensor<4xf64> (%s = %x0 : tensor<2x3x4xf64>)
      parameters(%w = %b : tensor<4x4xf64>) -> tensor<2x3x4xf64> {
    %l = sluice.linear %s, %w : tensor<2x3x4xf64>, tensor<4x4xf64> to tensor<2x3x4xf64>
    %g = sluice.gelu tanh %l : tensor<2x3x4xf64>
    %r = sluice.add %s, %g residual : tensor<2x3x4xf64>, tensor<2x3x4xf64>
    sluice.yield %r : tensor<2x3x4xf64>
  }
  %x2 = sluice.layer "h.2" depth 3 of 4 gate %open[2] : tensor<4xf64> (%s = %x1 : tensor<2x3x4xf64>)
      parameters(%w = %c : tensor<4x4xf64>) -> tensor<2x3x4xf64> {
    %l = sluice.linear %s, %w : tensor<2x3x4xf64>, tensor<4x4xf64> to tensor<2x3x4xf64>
    %g = sluice.gelu tanh %l : tensor<2x3x4xf64>
    %r = sluice.add %s, %g residual : tensor<2x3x4xf64>, tensor<2x3x4xf64>
    sluice.yield %r : tensor<2x3x4xf64>
  }
  %x3 = sluice.layer "h.3" depth 4 of 4 gate %open[3] : tensor<4xf64> (%s = %x2 : tensor<2x3x4xf64>)
      parameters(%w = %c : tensor<4x4xf64>) -> tensor<2x3x4xf64> {
    %l = sluice.linear %s, %w : tensor<2x3x4xf64>, tensor<4x4xf64> to tensor<2x3x4xf64>
    %r = sluice.add %s, %l residual : tensor<2x3x4xf64>, tensor<2x3x4xf64>
    sluice.yield %r : tensor<2x3x4xf64>
  }
  %loss, %lse = sluice.linear_cross_entropy %x3, %head, %targets
      : tensor<2x3x4xf64>, tensor<7x4xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
  sluice.return %loss : tensor<f64>
}

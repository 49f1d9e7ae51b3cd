// What a kept layer adds is divided by its own probability: of four layers, kept with 1 - l/4 (1 - theta), each adds a
// power of 4 to the result.
// RUN: sluice-opt %s --sluice-insert-layer-drop="schedule=constant theta=0.5" \
// RUN:   | sluice-run - --function=train | python3 %S/kept-scales.py 3 8/7 4/3 8/5 2
// RUN: sluice-opt %s --sluice-insert-layer-drop="schedule=constant theta=0.9" \
// RUN:   | sluice-run - --function=train | python3 %S/kept-scales.py 4 40/39 20/19 40/37 10/9
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f64> {
  %x = sluice.zero : tensor<4xf64>
  %y0 = sluice.layer "h.0" depth 1 of 4 (%a = %x : tensor<4xf64>) -> tensor<4xf64> {
    %c = arith.constant dense<[64.0, 0.0, 0.0, 0.0]> : tensor<4xf64>
    %b = sluice.add %a, %c residual : tensor<4xf64>, tensor<4xf64>
    sluice.yield %b : tensor<4xf64>
  }
  %y1 = sluice.layer "h.1" depth 2 of 4 (%a = %y0 : tensor<4xf64>) -> tensor<4xf64> {
    %c = arith.constant dense<[0.0, 16.0, 0.0, 0.0]> : tensor<4xf64>
    %b = sluice.add %a, %c residual : tensor<4xf64>, tensor<4xf64>
    sluice.yield %b : tensor<4xf64>
  }
  %y2 = sluice.layer "h.2" depth 3 of 4 (%a = %y1 : tensor<4xf64>) -> tensor<4xf64> {
    %c = arith.constant dense<[0.0, 0.0, 4.0, 0.0]> : tensor<4xf64>
    %b = sluice.add %a, %c residual : tensor<4xf64>, tensor<4xf64>
    sluice.yield %b : tensor<4xf64>
  }
  %y3 = sluice.layer "h.3" depth 4 of 4 (%a = %y2 : tensor<4xf64>) -> tensor<4xf64> {
    %c = arith.constant dense<[0.0, 0.0, 0.0, 1.0]> : tensor<4xf64>
    %b = sluice.add %a, %c residual : tensor<4xf64>, tensor<4xf64>
    sluice.yield %b : tensor<4xf64>
  }
  %loss = sluice.sum_leading %y3 : tensor<4xf64> to tensor<f64>
  sluice.return %loss : tensor<f64>
}

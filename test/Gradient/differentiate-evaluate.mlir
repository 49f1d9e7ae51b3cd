// A graph that is only evaluated becomes one action: a function a layer, a slot a result, no gradient, no gate.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s --implicit-check-not="sluice.graph @" --implicit-check-not=backward

sluice.parameter @w : tensor<7x4xf32> {init = #sluice.normal<1.0>}

// CHECK: sluice.slot result @probe.result.0 : tensor<3x4xf32> {sluice.graph = "probe"}
// CHECK: sluice.slot result @probe.result.1 : tensor<3xi32> {sluice.graph = "probe"}
// CHECK-LABEL: func.func @probe() attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "probe"}
// CHECK-DAG: %[[TOKENS:.*]] = sluice.input 0 : tensor<3xi32>
// CHECK-DAG: %[[W:.*]] = sluice.read @w
// CHECK: %[[X:.*]] = call @probe.embeddings(%[[W]], %[[TOKENS]])
// CHECK: %[[Y:.*]] = call @probe.h.0(%[[X]], %[[W]])
// CHECK: sluice.store %[[Y]], @probe.result.0
// The input is not computed: what is returned of it is stored as it is.
// CHECK: sluice.store %[[TOKENS]], @probe.result.1
// CHECK: return

// CHECK-LABEL: func.func private @probe.embeddings
// CHECK: sluice.embedding
// CHECK-LABEL: func.func private @probe.h.0
// CHECK-SAME: (%[[A:.*]]: tensor<3x4xf32>, %[[P:.*]]: tensor<7x4xf32>) -> tensor<3x4xf32>
// CHECK-NEXT: %[[S:.*]] = sluice.slice_rows %[[P]]
// CHECK-NEXT: %[[B:.*]] = sluice.add %[[A]], %[[S]] residual
// CHECK-NEXT: return %[[B]]
sluice.graph @probe(%tokens: tensor<3xi32>) -> (tensor<3x4xf32>, tensor<3xi32>) {
  %w = sluice.read @w : tensor<7x4xf32>
  %x = sluice.embedding %tokens, %w : tensor<3xi32>, tensor<7x4xf32> to tensor<3x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<3x4xf32>) parameters(%p = %w : tensor<7x4xf32>)
      -> tensor<3x4xf32> {
    %s = sluice.slice_rows %p : tensor<7x4xf32> to tensor<3x4xf32>
    %b = sluice.add %a, %s residual : tensor<3x4xf32>, tensor<3x4xf32>
    sluice.yield %b : tensor<3x4xf32>
  }
  sluice.return %y, %tokens : tensor<3x4xf32>, tensor<3xi32>
}

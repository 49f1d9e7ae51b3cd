// What depends on keys, scalars and constants alone is a layer of its own, in front of all others.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers))" --verify-roundtrip \
// RUN:   --split-input-file | FileCheck %s

sluice.parameter @w : tensor<4xf64> {init = #sluice.constant<1.0>}

// Wherever it stands, and through any number of ops: zeros that only draws use, a draw, what an op's body takes of the
// step. What takes a parameter or an input as well stays.
// CHECK-LABEL: sluice.graph @train
// CHECK: %[[S:.*]]:3 = sluice.layer "step" () broadcast(%[[K:.*]] = %{{.*}} : tensor<4xi32>)
// CHECK-SAME: scalars(%[[R:.*]] = %{{.*}} : tensor<f64>) -> (tensor<4xf64>, tensor<4xf64>, tensor<f64>) {
// CHECK-NEXT: %[[Z:.*]] = sluice.zero : tensor<4xf64>
// CHECK-NEXT: %[[P:.*]] = linalg.generic {{.*}} outs(%[[Z]] : tensor<4xf64>)
// CHECK: tensor.extract %[[R]][]
// CHECK: %[[B:.*]] = sluice.bernoulli %[[K]], %[[P]]
// CHECK: %[[T:.*]] = sluice.scale %[[R]] by 2.0
// CHECK-NEXT: sluice.yield %[[P]], %[[B]], %[[T]]
// CHECK: %[[E:.*]] = sluice.layer "embeddings" () parameters({{.*}}) -> tensor<4xf64> {
// CHECK-NEXT: sluice.scale
// CHECK-NEXT: sluice.yield
// CHECK: %[[Y:.*]] = sluice.layer "h.0" depth 1 of 1 gate %[[S]]#1[0] : tensor<4xf64>
// CHECK-SAME: (%{{.*}} = %[[E]] : tensor<4xf64>)
// CHECK: sluice.layer "head" (%{{.*}} = %[[Y]] : tensor<4xf64>, %{{.*}} = %[[S]]#0 : tensor<4xf64>,
// CHECK-SAME: %{{.*}} = %[[S]]#2 : tensor<f64>) -> tensor<f64> {
// CHECK-NEXT: sluice.add
// CHECK-NEXT: sluice.mul
sluice.graph @train() -> tensor<f64> {
  %w = sluice.read @w : tensor<4xf64>
  %x = sluice.scale %w by 3.0 : tensor<4xf64>
  %k = sluice.key gates : tensor<4xi32>
  %z = sluice.zero : tensor<4xf64>
  %r = sluice.scalar "rate" : tensor<f64>
  %p = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      outs(%z : tensor<4xf64>) {
  ^bb0(%out: f64):
    %v = tensor.extract %r[] : tensor<f64>
    linalg.yield %v : f64
  } -> tensor<4xf64>
  %b = sluice.bernoulli %k, %p : tensor<4xi32>, tensor<4xf64>
  %y = sluice.layer "h.0" depth 1 of 1 gate %b[0] : tensor<4xf64> (%a = %x : tensor<4xf64>) -> tensor<4xf64> {
    sluice.yield %a : tensor<4xf64>
  }
  %s = sluice.add %y, %p : tensor<4xf64>, tensor<4xf64>
  %t = sluice.scale %r by 2.0 : tensor<f64>
  %m = sluice.mul %s, %t : tensor<4xf64>, tensor<f64>
  %l = sluice.sum_leading %m : tensor<4xf64> to tensor<f64>
  sluice.return %l : tensor<f64>
}

// -----

// Zeros that the step and others use are made on both sides.
// CHECK-LABEL: sluice.graph @should_copy_constants
// CHECK: %[[S:.*]] = sluice.layer "step" () scalars(%[[R:.*]] = %{{.*}} : tensor<f64>) -> tensor<f64> {
// CHECK-NEXT: %[[Z:.*]] = sluice.zero
// CHECK-NEXT: %[[N:.*]] = sluice.scale %[[Z]]
// CHECK-NEXT: %[[A:.*]] = sluice.add %[[R]], %[[N]]
// CHECK-NEXT: sluice.yield %[[A]]
// CHECK: sluice.layer "model" (%{{.*}} = %[[S]] : tensor<f64>) parameters(
// CHECK-NEXT: %[[Z:.*]] = sluice.zero
// CHECK-NEXT: %[[N:.*]] = sluice.scale %[[Z]]
// CHECK-NEXT: sluice.mul %{{.*}}, %[[N]]
sluice.parameter @w : tensor<4xf64> {init = #sluice.constant<1.0>}
sluice.graph @should_copy_constants() -> tensor<4xf64> {
  %w = sluice.read @w : tensor<4xf64>
  %r = sluice.scalar "rate" : tensor<f64>
  %z = sluice.zero : tensor<f64>
  %n = sluice.scale %z by 2.0 : tensor<f64>
  %a = sluice.add %r, %n : tensor<f64>, tensor<f64>
  %x = sluice.mul %w, %n : tensor<4xf64>, tensor<f64>
  %y = sluice.mul %x, %a : tensor<4xf64>, tensor<f64>
  sluice.return %y : tensor<4xf64>
}

// -----

// Constants alone do not make a layer, nor does what depends on an input.
// CHECK-LABEL: sluice.graph @should_leave_constants_where_they_are_used
// CHECK-NOT: sluice.layer "step"
// CHECK: sluice.layer "model"
// CHECK-NOT: sluice.layer
sluice.parameter @w : tensor<4xf64> {init = #sluice.constant<1.0>}
sluice.graph @should_leave_constants_where_they_are_used(%i: tensor<4xi32>) -> tensor<4xf64> {
  %w = sluice.read @w : tensor<4xf64>
  %r = sluice.scalar "rate" : tensor<f64>
  %z = sluice.zero : tensor<4xf64>
  %n = sluice.scale %z by 2.0 : tensor<4xf64>
  %b = sluice.bernoulli %i, %n : tensor<4xi32>, tensor<4xf64>
  %c = sluice.mul %b, %r : tensor<4xf64>, tensor<f64>
  %x = sluice.add %w, %c : tensor<4xf64>, tensor<4xf64>
  sluice.return %x : tensor<4xf64>
}

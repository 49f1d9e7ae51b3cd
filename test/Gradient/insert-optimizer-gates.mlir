// RUN: sluice-opt %s --sluice-insert-optimizer | FileCheck %s
// RUN: sluice-opt %s --sluice-insert-optimizer=dropped-state=skip | FileCheck %s --check-prefix=SKIP
// RUN: not sluice-opt %s --sluice-insert-optimizer=dropped-state=stop 2>&1 | FileCheck %s --check-prefix=ERROR

sluice.parameter @w : tensor<4xf32> {init = #sluice.normal<1.0>, decays}
sluice.slot gate @gates : tensor<2xf64>
sluice.slot gradient @gradient.w : tensor<4xf32> of @w {gates = [#sluice.gate<@gates[0]>, #sluice.gate<@gates[1]>]}

// Where no gate was open there is nothing to measure,
// CHECK: func.func @train.norm()
// CHECK: %[[COUNTS:.*]] = sluice.fetch @gates
// CHECK: %[[FIRST:.*]] = arith.cmpf ogt
// CHECK: %[[SECOND:.*]] = arith.cmpf ogt
// CHECK: %[[ANY:.*]] = arith.ori %[[FIRST]], %[[SECOND]]
// CHECK: scf.if %[[ANY]]
// CHECK: func.call @norm.w
// CHECK: else
// CHECK: func.call @norm.dropped.w()

// and the update moves on by its moments, or leaves all as it is.
// CHECK: func.func @train.update()
// CHECK: scf.if
// CHECK: func.call @update.w({{(%[^ ,]*, ){11}%[^ ,]*}})
// CHECK: else
// CHECK: func.call @update.dropped.w
// CHECK: func.func private @update.dropped.w
// CHECK: %[[ZERO:.*]] = sluice.zero
// CHECK: sluice.adamw %{{.*}}, %[[ZERO]], {{.*}} decays

// What skips a step counts its own updates: 1 - beta^n is state of it, in f64.
// SKIP: sluice.slot state @bias_correction1.w : tensor<f64> of @w {role = "bias_correction1"}
// SKIP: sluice.slot state @bias_correction2.w : tensor<f64> of @w {role = "bias_correction2"}
// SKIP: func.func @train.update()
// SKIP: %[[W:.*]] = sluice.read @w
// SKIP-DAG: sluice.scalar "beta1" : tensor<f64>
// SKIP-DAG: sluice.scalar "beta2" : tensor<f64>
// SKIP: scf.if
// SKIP: func.call @update.w
// SKIP: else
// SKIP-NEXT: scf.yield %[[W]],

// SKIP: func.func private @update.w
// SKIP: %[[LEFT:.*]] = sluice.add %arg4, %{{.*}} : tensor<f64>
// SKIP: %[[POWER:.*]] = sluice.mul %[[LEFT]], %arg14
// SKIP: %[[FIRST:.*]] = sluice.add %[[POWER]],
// SKIP: %[[LEFT:.*]] = sluice.add %arg5, %{{.*}} : tensor<f64>
// SKIP: %[[POWER:.*]] = sluice.mul %[[LEFT]], %arg15
// SKIP: %[[SECOND:.*]] = sluice.add %[[POWER]],
// SKIP: sluice.adamw {{.*}} scalars({{(%[^ ,]*, )(%[^ ,]*, )(%[^ ,]*, )(%[^ ,]*, )(%[^ ,]*, )}}%[[FIRST]], %[[SECOND]],
// SKIP: return %{{.*}}, %[[FIRST]], %[[SECOND]] :

// ERROR: error: expected the dropped state 'move' or 'skip', found 'stop'

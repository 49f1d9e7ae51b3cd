// Each optimizer has its state and its run-time scalars, in the order that its op takes them.
// RUN: sluice-opt %s --sluice-insert-optimizer | FileCheck %s --check-prefixes=CHECK,ADAMW
// RUN: sluice-opt %s --sluice-insert-optimizer=optimizer=sgd | FileCheck %s --check-prefixes=CHECK,SGD
// RUN: sluice-opt %s --sluice-insert-optimizer=optimizer=muon | FileCheck %s --check-prefixes=CHECK,MUON

// Scalars that are missing are declared once, though several parameters need them.
// ADAMW: sluice.scalars = [{{.*}}name = "learning_rate", {{.*}}name = "beta1", {{.*}}name = "beta2",
// ADAMW-SAME: name = "epsilon", {{.*}}name = "weight_decay", {{.*}}name = "bias_correction1",
// ADAMW-SAME: name = "bias_correction2", {{.*}}name = "clip_scale", value = {{[^,]*}}}]
// SGD: sluice.scalars = [{{.*}}name = "learning_rate", {{.*}}name = "momentum", {{.*}}name = "weight_decay",
// SGD-SAME: name = "clip_scale", value = {{[^,]*}}}]
// MUON: name = "clip_scale", {{.*}}name = "adamw_learning_rate", {{.*}}name = "beta1"
module {
sluice.parameter @bias : tensor<8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @w : tensor<4x8xf32> {init = #sluice.normal<1.0>, decays, hidden_parts = 2}
sluice.slot gradient @gradient.bias : tensor<8xf32> of @bias
sluice.slot gradient @gradient.w : tensor<4x8xf32> of @w

// A norm a gradient, in the order of the parameters; a sum of squares is an f64.
// CHECK-DAG: sluice.slot norm @norm_slot.bias : tensor<f64> {role = "bias"}
// CHECK-DAG: sluice.slot norm @norm_slot.w : tensor<f64> {role = "w"}
// ADAMW-DAG: sluice.slot state @exp_avg_sq.bias : tensor<8xf32> of @bias {role = "exp_avg_sq"}
// ADAMW-DAG: sluice.slot state @exp_avg_sq.w : tensor<4x8xf32> of @w {role = "exp_avg_sq"}
// SGD-DAG: sluice.slot state @momentum_buffer.bias : tensor<8xf32> of @bias {role = "momentum_buffer"}
// SGD-DAG: sluice.slot state @momentum_buffer.w : tensor<4x8xf32> of @w {role = "momentum_buffer"}
// MUON-DAG: sluice.slot state @exp_avg.bias : tensor<8xf32> of @bias {role = "exp_avg"}
// MUON-DAG: sluice.slot state @momentum_buffer.w : tensor<4x8xf32> of @w {role = "momentum_buffer"}

// CHECK-LABEL: func.func @train.norm()
// CHECK-SAME: {sluice.action = #sluice.action<norm>, sluice.graph = "train"}
// CHECK: %[[G:.*]] = sluice.fetch @gradient.bias
// CHECK: call @norm.bias(%[[G]]) : (tensor<8xf32>) -> tensor<f64>
// CHECK: call @norm.w(%{{.*}}) : (tensor<4x8xf32>) -> tensor<f64>

// Arguments: the parameter, its gradient, its states, the scalars. Only a parameter that decays says so.
// ADAMW-LABEL: func.func private @update.bias
// ADAMW: sluice.adamw %arg0, %arg1, %arg2, %arg3 scalars(%arg4, %arg5, %arg6, %arg7, %arg8, %arg9, %arg10, %arg11) :
// ADAMW-LABEL: func.func private @update.w
// ADAMW: sluice.adamw %arg0, %arg1, %arg2, %arg3 scalars({{.*}}) decays :
// SGD-LABEL: func.func private @update.bias
// SGD-SAME: (%arg0: tensor<8xf32>, %arg1: tensor<8xf32>,
// SGD-SAME: %arg2: tensor<8xf32> {sluice.updates = 1 : i64},
// SGD: sluice.sgd %arg0, %arg1, %arg2 scalars(%arg3, %arg4, %arg5, %arg6) :
// SGD-LABEL: func.func private @update.w
// SGD: sluice.sgd %arg0, %arg1, %arg2 scalars(%arg3, %arg4, %arg5, %arg6) decays :
// MUON-LABEL: func.func private @update.bias
// MUON: sluice.adamw
// MUON-LABEL: func.func private @update.w
// MUON: sluice.muon parameters(%arg0) gradients(%arg1) momenta(%arg2)
// MUON-SAME: scalars(%arg3, %arg4, %arg5, %arg6) parts 2 decays
}

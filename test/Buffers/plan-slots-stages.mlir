// RUN: sluice-opt %s --split-input-file --sluice-plan-slots | FileCheck %s

// A device touches its own part alone: parameters lie stage by stage, gradients with counts of gates behind them, too.
// Frames are of a stage, so that each starts at 0; the largest says how much memory one takes.
// CHECK: memory = <parameter_bytes = 256, persistent_bytes = 768, frame_bytes = 192, gradient_offset = 0,
// CHECK-SAME: gradient_bytes = 384, norms_offset = 704>
module {
  // CHECK: @late : {{.*}}offset = 128 : i64
  sluice.parameter @late : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
  // CHECK: @early : {{.*}}offset = 0 : i64
  sluice.parameter @early : tensor<17xf32> {init = #sluice.constant<0.0>, stage = 0}
  // CHECK: @copy : {{.*}}offset = 192 : i64
  sluice.parameter @copy : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, copy_of = @late}
  // CHECK: gate @gate.1 : {{.*}}offset = 256 : i64
  sluice.slot gate @gate.1 : tensor<2xf32> {stage = 1}
  // CHECK: gradient @gradient.copy : {{.*}}offset = 320 : i64
  sluice.slot gradient @gradient.copy : tensor<4xf32> of @copy {stage = 2}
  // CHECK: gradient @gradient.late : {{.*}}offset = 192 : i64
  sluice.slot gradient @gradient.late : tensor<4xf32> of @late {stage = 1}
  // CHECK: gate @gate.0 : {{.*}}offset = 128 : i64
  sluice.slot gate @gate.0 : tensor<2xf32> {stage = 0}
  // CHECK: gradient @gradient.early : {{.*}}offset = 0 : i64
  sluice.slot gradient @gradient.early : tensor<17xf32> of @early {stage = 0}
  // CHECK: exchange @exchange.late : {{.*}}offset = 640 : i64
  sluice.slot exchange @exchange.late : tensor<4xf32> {stage = 2}
  // CHECK: state @momentum.late : {{.*}}offset = 512 : i64
  sluice.slot state @momentum.late : tensor<4xf32> of @late {role = "momentum_buffer", stage = 1}
  // CHECK: state @momentum.copy : {{.*}}offset = 576 : i64
  sluice.slot state @momentum.copy : tensor<4xf32> of @copy {role = "momentum_buffer", stage = 2}
  // CHECK: state @momentum.early : {{.*}}offset = 384 : i64
  sluice.slot state @momentum.early : tensor<17xf32> of @early {role = "momentum_buffer", stage = 0}
  // Norms stand in the order of parameters, wherever these lie. A copy has none.
  // CHECK: norm @norm.early : {{.*}}offset = 712 : i64
  sluice.slot norm @norm.early : tensor<f64> {role = "early", stage = 0}
  // CHECK: norm @norm.late : {{.*}}offset = 704 : i64
  sluice.slot norm @norm.late : tensor<f64> {role = "late", stage = 1}
  // CHECK: kept @kept.1 : {{.*}}offset = 128 : i64
  sluice.slot kept @kept.1 : tensor<4xf32> {stage = 1}
  // CHECK: boundary @boundary.1 : {{.*}}offset = 64 : i64
  sluice.slot boundary @boundary.1 : tensor<4xf32> {stage = 1}
  // CHECK: result @loss : {{.*}}offset = 0 : i64
  sluice.slot result @loss : tensor<f32> {stage = 1}
  // CHECK: kept @kept.0 : {{.*}}offset = 64 : i64
  sluice.slot kept @kept.0 : tensor<4xf32> {stage = 0}
  // CHECK: boundary @boundary.0 : {{.*}}offset = 0 : i64
  sluice.slot boundary @boundary.0 : tensor<4xf32> {stage = 0}
}

// -----

// What has one version lies behind what its stage has versions of, so that those are one range.
// CHECK: @table : {{.*}} {in_place, {{.*}}offset = 64 : i64
// CHECK: @w : {{.*}}offset = 0 : i64
// CHECK: @next : {{.*}}offset = 128 : i64
module {
  sluice.parameter @table : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0, in_place}
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
  sluice.parameter @next : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
}
// -----

// Narrow copies lie behind all that their stage has, as they have one version.
// CHECK: parameter_bytes = 512
// CHECK: @w : {{.*}}narrow_offset = 128 : i64, narrow_type = bf16, offset = 64 : i64
// CHECK: @v : {{.*}}offset = 0 : i64
// CHECK: @u : {{.*}}narrow_offset = 384 : i64, narrow_type = f16, offset = 192 : i64
module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0, in_place, narrow_type = bf16}
  sluice.parameter @v : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
  sluice.parameter @u : tensor<33xf32> {init = #sluice.constant<0.0>, stage = 1, narrow_type = f16}
}

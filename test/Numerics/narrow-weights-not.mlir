// Parameters that stay as they are, each for one reason.
// RUN: sluice-opt %s --split-input-file --sluice-narrow-weights | FileCheck %s
// RUN: sluice-opt %s --split-input-file --sluice-narrow-weights --remarks-filter=numerics 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// What is also added is seen in full by its function, a bias is added, f64 is not rounded, and what is no parameter in
// one call is f32 in all. Where one function takes a parameter with others that cannot be narrowed it has no copy.
// CHECK-NOT: narrow_type
// CHECK-NOT: train.narrow
// REMARK: NarrowWeights {{.*}}bytes=0, left=0, left_bytes=0, parameters=0
sluice.parameter @added : tensor<8x8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @bias : tensor<8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @wide : tensor<8x8xf64> {init = #sluice.constant<0.0>}
sluice.parameter @computed : tensor<8x8xf32> {init = #sluice.constant<0.0>}
func.func private @forward(%x: tensor<8x8xf32>, %a: tensor<8x8xf32>, %b: tensor<8xf32>, %d: tensor<8x8xf64>)
    -> (tensor<8x8xf32>, tensor<8x8xf64>) {
  %0 = sluice.linear %x, %a bias %b {compute_type = bf16}
      : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8xf32> to tensor<8x8xf32>
  %1 = sluice.add %0, %a : tensor<8x8xf32>, tensor<8x8xf32>
  %2 = sluice.matmul %d, %d : tensor<8x8xf64>, tensor<8x8xf64> to tensor<8x8xf64>
  return %1, %2 : tensor<8x8xf32>, tensor<8x8xf64>
}
func.func private @product(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.linear %x, %w {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func private @zero() -> tensor<8x8xf32> {
  %0 = sluice.zero : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func @train.forward() {
  %x = call @zero() : () -> tensor<8x8xf32>
  %a = sluice.read @added : tensor<8x8xf32>
  %b = sluice.read @bias : tensor<8xf32>
  %d = sluice.read @wide : tensor<8x8xf64>
  %0:2 = call @forward(%x, %a, %b, %d)
      : (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8xf32>, tensor<8x8xf64>) -> (tensor<8x8xf32>, tensor<8x8xf64>)
  %c = sluice.read @computed : tensor<8x8xf32>
  %1 = call @product(%x, %c) : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  %2 = call @product(%1, %x) : (tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return
}

// -----

// An update that two parameters share would have one more result in both calls; what the action computes itself, and
// what is the value of another parameter, is rounded by no function.
// CHECK-NOT: narrow_type
// REMARK: NarrowWeights {{.*}}bytes=0, left=3, left_bytes=384, parameters=0
sluice.parameter @shared : tensor<8x8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @zeroed : tensor<8x8xf32> {init = #sluice.constant<0.0>}
sluice.parameter @moved : tensor<8x8xf32> {init = #sluice.constant<0.0>}
func.func private @product(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>, %v: tensor<8x8xf32>, %u: tensor<8x8xf32>)
    -> tensor<8x8xf32> {
  %0 = sluice.linear %x, %w {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  %1 = sluice.linear %0, %v {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  %2 = sluice.linear %1, %u {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  return %2 : tensor<8x8xf32>
}
func.func private @update(%w: tensor<8x8xf32>) -> tensor<8x8xf32> {
  %0 = sluice.scale %w by 2.0 : tensor<8x8xf32>
  return %0 : tensor<8x8xf32>
}
func.func @train.forward(%x: tensor<8x8xf32>) {
  %w = sluice.read @shared : tensor<8x8xf32>
  %v = sluice.read @zeroed : tensor<8x8xf32>
  %u = sluice.read @moved : tensor<8x8xf32>
  %0 = call @product(%x, %w, %v, %u)
      : (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return
}
func.func @train.update() {
  %w = sluice.read @shared : tensor<8x8xf32>
  %0 = call @update(%w) : (tensor<8x8xf32>) -> tensor<8x8xf32>
  %1 = call @update(%0) : (tensor<8x8xf32>) -> tensor<8x8xf32>
  sluice.write %1, @shared : tensor<8x8xf32>
  %2 = sluice.zero : tensor<8x8xf32>
  sluice.write %2, @zeroed : tensor<8x8xf32>
  sluice.write %w, @moved : tensor<8x8xf32>
  return
}

// -----

// A stage whose gradients are late keeps versions of its weights, but not of one that other stages read in place.
// CHECK: sluice.parameter @versions : tensor<8x8xf32> {{{[^}]*}}stage = 0 : i64}
// CHECK: sluice.parameter @in_place : tensor<8x8xf32> {{{[^}]*}}narrow_type = bf16
// CHECK: sluice.parameter @in_time : tensor<8x8xf32> {{{[^}]*}}narrow_type = bf16
// REMARK: NarrowWeights {{.*}}bytes=256, left=1, left_bytes=128, parameters=2
sluice.parameter @versions : tensor<8x8xf32> {init = #sluice.constant<0.0>, stage = 0 : i64}
sluice.parameter @in_place : tensor<8x8xf32> {init = #sluice.constant<0.0>, stage = 0 : i64, in_place}
sluice.parameter @in_time : tensor<8x8xf32> {init = #sluice.constant<0.0>, stage = 1 : i64}
func.func private @product(%x: tensor<8x8xf32>, %w: tensor<8x8xf32>, %v: tensor<8x8xf32>, %u: tensor<8x8xf32>)
    -> tensor<8x8xf32> {
  %0 = sluice.linear %x, %w {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  %1 = sluice.linear %0, %v {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  %2 = sluice.linear %1, %u {compute_type = bf16} : tensor<8x8xf32>, tensor<8x8xf32> to tensor<8x8xf32>
  return %2 : tensor<8x8xf32>
}
func.func @train.forward(%x: tensor<8x8xf32>) {
  %w = sluice.read @versions : tensor<8x8xf32>
  %v = sluice.read @in_place : tensor<8x8xf32>
  %u = sluice.read @in_time : tensor<8x8xf32>
  %0 = call @product(%x, %w, %v, %u)
      : (tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) -> tensor<8x8xf32>
  return
}
pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0, 1]
    error_ages [0, 0] {
}

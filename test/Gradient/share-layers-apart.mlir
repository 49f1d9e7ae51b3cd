// What keeps two functions apart: anything but their names and their places.
// RUN: sluice-opt %s --sluice-share-layers | FileCheck %s
// RUN: sluice-opt %s --sluice-share-layers --remarks-filter=gradient 2>&1 >/dev/null \
// RUN:   | FileCheck %s --check-prefix=REMARK

// Of ten functions one is merged away.
// REMARK: ShareLayers {{.*}}functions=10, merged=1

// CHECK-LABEL: func.func @act
// CHECK: call @[[LAYER:same|layer]](
// CHECK: call @[[LAYER]](
// CHECK: call @another_constant(
// CHECK: call @another_attribute(
// CHECK: call @another_type(
// CHECK: call @another_order(
// CHECK: call @written_over(
// CHECK: call @slot(
// CHECK: call @another_slot(
sluice.slot kept @a : tensor<4xf32>
sluice.slot kept @b : tensor<4xf32>
func.func @act(%x: tensor<4xf32>, %y: tensor<4xf64>) {
  %0 = call @layer(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = call @same(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %2 = call @another_constant(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = call @another_attribute(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = call @another_type(%y, %y) : (tensor<4xf64>, tensor<4xf64>) -> tensor<4xf64>
  %5 = call @another_order(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %6 = call @written_over(%x, %x) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  call @slot(%x) : (tensor<4xf32>) -> ()
  call @another_slot(%x) : (tensor<4xf32>) -> ()
  return
}
func.func private @layer(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sluice.scale %x by 2.0 : tensor<4xf32>
  %1 = sluice.add %0, %w : tensor<4xf32>, tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @same(%a: tensor<4xf32>, %b: tensor<4xf32>) -> tensor<4xf32> {
  %c = sluice.scale %a by 2.0 : tensor<4xf32>
  %d = sluice.add %c, %b : tensor<4xf32>, tensor<4xf32>
  return %d : tensor<4xf32>
}
func.func private @another_constant(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sluice.scale %x by 3.0 : tensor<4xf32>
  %1 = sluice.add %0, %w : tensor<4xf32>, tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @another_attribute(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sluice.scale %x by 2.0 : tensor<4xf32>
  %1 = sluice.add %0, %w residual : tensor<4xf32>, tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @another_type(%x: tensor<4xf64>, %w: tensor<4xf64>) -> tensor<4xf64> {
  %0 = sluice.scale %x by 2.0 : tensor<4xf64>
  %1 = sluice.add %0, %w : tensor<4xf64>, tensor<4xf64>
  return %1 : tensor<4xf64>
}
func.func private @another_order(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sluice.scale %x by 2.0 : tensor<4xf32>
  %1 = sluice.add %w, %0 : tensor<4xf32>, tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @written_over(%x: tensor<4xf32>, %w: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
  %0 = sluice.scale %x by 2.0 : tensor<4xf32>
  %1 = sluice.add %0, %w : tensor<4xf32>, tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @slot(%x: tensor<4xf32>) {
  sluice.store %x, @a : tensor<4xf32>
  return
}
func.func private @another_slot(%x: tensor<4xf32>) {
  sluice.store %x, @b : tensor<4xf32>
  return
}

// RUN: sluice-opt %examples/shakespeare.json --sluice-gradient --sluice-numerics -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: grep -c 'func.func private @train.h\.[0-9]' %t | FileCheck %s --check-prefix=FUNCTIONS

// Four equal layers share one pair of functions.
// FUNCTIONS: {{^}}2{{$}}
// CHECK: func.func @train.forward
// CHECK-COUNT-4: call @train.h.3.forward
// CHECK: func.func @train.backward
// CHECK-COUNT-4: call @train.h.3.backward

// Of equal functions one is left, and all call it; one differing constant keeps functions apart.
// RUN: sluice-opt %s --sluice-share-layers | FileCheck %s --check-prefix=SHARED
// SHARED-COUNT-2: func.func private
// SHARED-NOT: func.func private
// SHARED: func.func @act
// SHARED: call @[[SHARED:[a-z]+]](
// SHARED: call @[[SHARED]](
// SHARED-NOT: call @[[SHARED]](
// SHARED: call @other(

// The call of the one that is gone says which it was.
// RUN: sluice-opt %s --sluice-share-layers | grep sluice.place | FileCheck %s --check-prefix=PLACE
// PLACE: call @{{(first.*\{sluice.place = "second"\}|second.*\{sluice.place = "first"\})}}
// PLACE-NOT: sluice.place
func.func private @first(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sluice.scale %x by 2.0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @second(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sluice.scale %x by 2.0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = sluice.scale %x by 3.0 : tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func @act(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = call @first(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = call @second(%0) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = call @other(%1) : (tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" | FileCheck %s

// Threads share small matrices; each takes the smaller of both products with itself, reads symmetric matrices
// transposed, and has memory of its own.
// CHECK-LABEL: @should_share_matrices
// CHECK: scf.forall (%[[NUMBER:.*]]) in (6) {
// CHECK: memref.alloc() : memref<8x8xf32>
// CHECK: arith.divui %[[NUMBER]]
// CHECK: arith.remui %[[NUMBER]]
// CHECK: %[[X:.*]] = memref.subview %arg1[%{{.*}}, 0, %{{.*}}] [1, 32, 8]
// CHECK: math.sqrt
// CHECK: scf.for {{.*}} step
// CHECK: linalg.contract {{.*}} ins(%[[X]], %[[X]] : {{.*}}) outs(%[[GRAM:.*]] : memref<8x8xf32>)
// CHECK: linalg.contract {{.*}} ins(%[[GRAM]], %[[GRAM]] : {{.*}}) outs(%[[POLYNOMIAL:.*]] : memref<8x8xf32>)
// CHECK: linalg.generic
// CHECK: linalg.contract {{.*}} ins(%[[X]], %[[POLYNOMIAL]] : {{.*}}) outs(%{{.*}} : memref<32x8xf32>)
func.func @should_share_matrices(%u: memref<2x32x24xf32>, %x: memref<2x32x24xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<2x32x24xf32>) outs(%x : memref<2x32x24xf32>)
    {parts = 3, block = array<i64: 1>}
  return
}

// A large matrix is left to loops that share its products.
// CHECK-LABEL: @should_share_products
// CHECK-NOT: scf.forall
// CHECK: linalg.contract {{.*}} outs(%{{.*}} : memref<512x512xf32>)
// CHECK-NOT: scf.forall
func.func @should_share_products(%u: memref<2x512x2048xf32>, %x: memref<2x512x2048xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<2x512x2048xf32>) outs(%x : memref<2x512x2048xf32>)
    {parts = 1, block = array<i64: 2>}
  return
}

// CHECK-LABEL: @should_give_a_task_several_matrices
// CHECK: scf.forall (%[[TASK:.*]]) in (3) {
// CHECK: %[[FIRST:.*]] = arith.muli %[[TASK]], %c2
// CHECK: scf.for
// CHECK: arith.addi %[[FIRST]]
func.func @should_give_a_task_several_matrices(%u: memref<2x32x24xf32>, %x: memref<2x32x24xf32>) {
  sluice.blocked_newton_schulz ins(%u : memref<2x32x24xf32>) outs(%x : memref<2x32x24xf32>)
    {parts = 3, block = array<i64: 2>}
  return
}

// RUN: sluice-opt %s --sluice-fuse-elementwise | FileCheck %s

#same = affine_map<(i) -> (i)>
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
#both = affine_map<(i, j) -> (i, j)>

// CHECK-LABEL: @should_join_two_loops
// CHECK: linalg.generic
// CHECK: math.exp
// CHECK-NEXT: math.sin
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @should_join_two_loops(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
    ins(%x : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %1 = math.exp %in : f32
    linalg.yield %1 : f32
  } -> tensor<4xf32>
  %2 = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
    ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %3 = math.sin %in : f32
    linalg.yield %3 : f32
  } -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// Neither what rounds an operand, nor a reshape on either side, becomes a part of a contraction that draws.
// CHECK-LABEL: @should_leave_a_contraction_whole
// CHECK: linalg.generic {{.*}}"parallel", "parallel"]}
// CHECK: math.exp
// CHECK: linalg.generic {{.*}}"parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : tensor<6x4xf32>, tensor<4x5xf32>)
// CHECK-NEXT: ^bb0
// CHECK-NEXT: sluice.rounded_sum
// CHECK-NEXT: linalg.yield
// CHECK: tensor.expand_shape %{{.*}} output_shape [2, 3, 5]
func.func @should_leave_a_contraction_whole(%x: tensor<2x3x4xf32>, %w: tensor<4x5xf32>, %k: i32) -> tensor<2x3x5xf32> {
  %rows = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x3x4xf32> into tensor<6x4xf32>
  %e = tensor.empty() : tensor<4x5xf32>
  %0 = linalg.generic {indexing_maps = [#both, #both], iterator_types = ["parallel", "parallel"]}
    ins(%w : tensor<4x5xf32>) outs(%e : tensor<4x5xf32>) {
  ^bb0(%in: f32, %out: f32):
    %1 = math.exp %in : f32
    linalg.yield %1 : f32
  } -> tensor<4x5xf32>
  %zero = arith.constant 0.0 : f32
  %f = tensor.empty() : tensor<6x5xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%f : tensor<6x5xf32>) -> tensor<6x5xf32>
  %2 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%rows, %0 : tensor<6x4xf32>, tensor<4x5xf32>) outs(%fill : tensor<6x5xf32>) {
  ^bb0(%l: f32, %r: f32, %sum: f32):
    %3 = sluice.rounded_sum %sum plus %l times %r key %k, %k ordinal 0
    linalg.yield %3 : f32
  } -> tensor<6x5xf32>
  %y = tensor.expand_shape %2 [[0, 1], [2]] output_shape [2, 3, 5] : tensor<6x5xf32> into tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}

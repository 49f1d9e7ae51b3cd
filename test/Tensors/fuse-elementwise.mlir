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

// What is rounded besides being used is rounded in the loop that computes it, and not read again for it.
// CHECK-LABEL: @should_round_where_it_is_computed
// CHECK: %[[BOTH:.*]]:3 = linalg.generic
// CHECK-SAME: outs(%{{.*}}, %{{.*}}, %{{.*}} : tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xbf16>)
// CHECK: %[[EXP:.*]] = math.exp
// CHECK: %[[SIN:.*]] = math.sin
// CHECK: %[[ROUNDED:.*]] = arith.truncf %[[SIN]] : f32 to bf16
// CHECK-NEXT: linalg.yield %[[EXP]], %[[SIN]], %[[ROUNDED]]
// CHECK-NOT: linalg.generic
// CHECK: return %[[BOTH]]#0, %[[BOTH]]#1, %[[BOTH]]#2
func.func @should_round_where_it_is_computed(%x: tensor<4x5xf32>)
    -> (tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xbf16>) {
  %e = tensor.empty() : tensor<4x5xf32>
  %0:2 = linalg.generic {indexing_maps = [#both, #both, #both], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<4x5xf32>) outs(%e, %e : tensor<4x5xf32>, tensor<4x5xf32>) {
  ^bb0(%in: f32, %out: f32, %other: f32):
    %2 = math.exp %in : f32
    %3 = math.sin %in : f32
    linalg.yield %2, %3 : f32, f32
  } -> (tensor<4x5xf32>, tensor<4x5xf32>)
  %n = tensor.empty() : tensor<4x5xbf16>
  %1 = linalg.generic {indexing_maps = [#both, #both], iterator_types = ["parallel", "parallel"]}
    ins(%0#1 : tensor<4x5xf32>) outs(%n : tensor<4x5xbf16>) {
  ^bb0(%in: f32, %out: bf16):
    %2 = arith.truncf %in : f32 to bf16
    linalg.yield %2 : bf16
  } -> tensor<4x5xbf16>
  return %0#0, %0#1, %1 : tensor<4x5xf32>, tensor<4x5xf32>, tensor<4x5xbf16>
}

// What nobody reads but as rounded is not computed as it was.
// CHECK-LABEL: @should_keep_the_rounded_alone
// CHECK: %[[BOTH:.*]]:2 = linalg.generic
// CHECK-SAME: outs(%{{.*}}, %{{.*}} : tensor<4x5xf32>, tensor<4x5xbf16>)
// CHECK: linalg.yield
// CHECK-NOT: linalg.generic
// CHECK: return %[[BOTH]]#0, %[[BOTH]]#1
func.func @should_keep_the_rounded_alone(%x: tensor<4x5xf32>) -> (tensor<4x5xf32>, tensor<4x5xbf16>) {
  %e = tensor.empty() : tensor<4x5xf32>
  %0:2 = linalg.generic {indexing_maps = [#both, #both, #both], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<4x5xf32>) outs(%e, %e : tensor<4x5xf32>, tensor<4x5xf32>) {
  ^bb0(%in: f32, %out: f32, %other: f32):
    %2 = math.exp %in : f32
    %3 = math.sin %in : f32
    linalg.yield %2, %3 : f32, f32
  } -> (tensor<4x5xf32>, tensor<4x5xf32>)
  %n = tensor.empty() : tensor<4x5xbf16>
  %1 = linalg.generic {indexing_maps = [#both, #both], iterator_types = ["parallel", "parallel"]}
    ins(%0#1 : tensor<4x5xf32>) outs(%n : tensor<4x5xbf16>) {
  ^bb0(%in: f32, %out: bf16):
    %2 = arith.truncf %in : f32 to bf16
    linalg.yield %2 : bf16
  } -> tensor<4x5xbf16>
  return %0#0, %1 : tensor<4x5xf32>, tensor<4x5xbf16>
}

// A sum is rounded when it is complete, and what is turned round is another order of elements.
// CHECK-LABEL: @should_round_sums_in_a_loop_of_their_own
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel"]
// CHECK: arith.truncf
// CHECK: math.sin
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]
// CHECK: arith.truncf
func.func @should_round_sums_in_a_loop_of_their_own(%x: tensor<4x5xf32>)
    -> (tensor<4xf32>, tensor<4xbf16>, tensor<4x5xf32>, tensor<5x4xbf16>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#both, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%x : tensor<4x5xf32>) outs(%fill : tensor<4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %4 = arith.addf %in, %out : f32
    linalg.yield %4 : f32
  } -> tensor<4xf32>
  %n = tensor.empty() : tensor<4xbf16>
  %1 = linalg.generic {indexing_maps = [#same, #same], iterator_types = ["parallel"]}
    ins(%0 : tensor<4xf32>) outs(%n : tensor<4xbf16>) {
  ^bb0(%in: f32, %out: bf16):
    %4 = arith.truncf %in : f32 to bf16
    linalg.yield %4 : bf16
  } -> tensor<4xbf16>
  %f = tensor.empty() : tensor<4x5xf32>
  %2 = linalg.generic {indexing_maps = [#both, #both], iterator_types = ["parallel", "parallel"]}
    ins(%x : tensor<4x5xf32>) outs(%f : tensor<4x5xf32>) {
  ^bb0(%in: f32, %out: f32):
    %4 = math.sin %in : f32
    linalg.yield %4 : f32
  } -> tensor<4x5xf32>
  %t = tensor.empty() : tensor<5x4xbf16>
  %3 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, #both], iterator_types = ["parallel", "parallel"]}
    ins(%2 : tensor<4x5xf32>) outs(%t : tensor<5x4xbf16>) {
  ^bb0(%in: f32, %out: bf16):
    %4 = arith.truncf %in : f32 to bf16
    linalg.yield %4 : bf16
  } -> tensor<5x4xbf16>
  return %0, %1, %2, %3 : tensor<4xf32>, tensor<4xbf16>, tensor<4x5xf32>, tensor<5x4xbf16>
}

// RUN: sluice-opt %s --sluice-to-linalg --canonicalize --cse | FileCheck %s

// Each element by itself: limited to the largest number of the format, and moved so that an addition rounds it.
// CHECK-LABEL: func.func @each_element
// CHECK: linalg.generic {{.*}} ins(%arg0 : tensor<2x4x8xf32>)
// CHECK-DAG: arith.minimumf %{{.*}}, %[[MOST:.*]] : f32
// CHECK-DAG: arith.maximumf
// CHECK: arith.andi
// CHECK: %[[LIMITED:.*]] = arith.addf
// CHECK: arith.subf %[[LIMITED]]
// CHECK: linalg.yield
func.func @each_element(%x: tensor<2x4x8xf32>) -> tensor<2x4x8xf32> {
  %0 = sluice.quantize %x to <f8E5M2> : tensor<2x4x8xf32>
  return %0 : tensor<2x4x8xf32>
}

// Groups of whole rows of 128, and what is left as smaller ones, each with the largest element of its own.
// CHECK-LABEL: func.func @groups
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [6, 256] [1, 1]
// CHECK: tensor.expand_shape %{{.*}} output_shape [6, 1, 2, 128]
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel", "reduction"]
// CHECK: math.absf
// CHECK: arith.maxnumf
// CHECK: linalg.generic
// CHECK: tensor.insert_slice
// CHECK: tensor.extract_slice %{{.*}}[0, 256] [6, 44] [1, 1]
// CHECK: tensor.expand_shape %{{.*}} output_shape [6, 1, 1, 44]
// CHECK: tensor.insert_slice
func.func @groups(%x: tensor<2x3x300xf32>) -> tensor<2x3x300xf32> {
  %0 = sluice.quantize %x to <f8E4M3FN> scaled [1, 128] : tensor<2x3x300xf32>
  return %0 : tensor<2x3x300xf32>
}

// One group for all.
// CHECK-LABEL: func.func @one_scale
// CHECK: tensor.expand_shape %{{.*}} output_shape [1, 4, 1, 8]
// CHECK-NOT: tensor.extract_slice
// CHECK: return
func.func @one_scale(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %0 = sluice.quantize %x to <f8E4M3FN> scaled [0, 0] : tensor<4x8xf32>
  return %0 : tensor<4x8xf32>
}

// A narrow sum begins at zero: what it is added to is added behind it, and the contraction knows its operands' formats.
// CHECK-LABEL: func.func @narrow_sums
// CHECK: %[[ZERO:.*]] = linalg.fill
// CHECK: %[[SUM:.*]] = linalg.contract {{.*}} {sluice.accumulation = #sluice.accumulation<e6m9, chunk = 4>,
// CHECK-SAME: sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f32>]} {{.*}} outs(%[[ZERO]]
// CHECK: linalg.generic {{.*}} ins(%arg2 : tensor<16xf32>) outs(%[[SUM]]
// CHECK: linalg.contract {{.*}} {sluice.accumulation = #sluice.accumulation<e6m9>
// CHECK: linalg.generic {{.*}} outs(%arg3
func.func @narrow_sums(%x: tensor<4x8xf32>, %w: tensor<8x16xf32>, %b: tensor<16xf32>,
    %g: tensor<8x16xf32> {sluice.updates = 1 : i64}) -> (tensor<4x16xf32>, tensor<8x16xf32>) {
  %q = sluice.quantize %x to <f8E5M2> : tensor<4x8xf32>
  %y = sluice.linear %q, %w bias %b {accumulation = #sluice.accumulation<e6m9, chunk = 4>}
      : tensor<4x8xf32>, tensor<8x16xf32>, tensor<16xf32> to tensor<4x16xf32>
  %dw = sluice.matmul %q, %y transpose_lhs {accumulation = #sluice.accumulation<e6m9>}
      : tensor<4x8xf32>, tensor<4x16xf32> to tensor<8x16xf32>
  %sum = sluice.add %g, %dw : tensor<8x16xf32>, tensor<8x16xf32>
  return %y, %sum : tensor<4x16xf32>, tensor<8x16xf32>
}

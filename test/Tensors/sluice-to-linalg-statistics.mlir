// RUN: sluice-opt %s --sluice-to-linalg --canonicalize --cse | FileCheck %s

// Each row by itself, in f32 that counts exactly; then all rows in f64. What joins the two reads no earlier contents,
// which fusion would add more than once.
// CHECK-LABEL: func.func @counts
// CHECK-DAG: %[[MOST:.*]] = arith.constant 5.734400e+04 : f32
// CHECK-DAG: %[[LEAST:.*]] = arith.constant 7.62939453E-6 : f32
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%arg0 : tensor<2x4x8xf32>) outs(%{{.*}}, %{{.*}} : tensor<2x4xf32>, tensor<2x4xf32>)
// CHECK: %[[SIZE:.*]] = math.absf %[[X:.*]] : f32
// CHECK-DAG: arith.cmpf ogt, %[[SIZE]], %[[MOST]]
// CHECK-DAG: arith.cmpf ole, %[[SIZE]], %[[LEAST]]
// CHECK-DAG: arith.cmpf one, %[[X]], %{{.*}}
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<2x4xf32>) outs(%{{.*}} : tensor<f64>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<2x4xf32>) outs(%{{.*}} : tensor<f64>)
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %arg1 : tensor<f64>, tensor<f64>, tensor<2xf64>)
// CHECK-NEXT: ^bb0(%{{.*}}: f64, %{{.*}}: f64, %[[SUM:.*]]: f64, %{{.*}}: f64):
// CHECK: arith.addf %[[SUM]]
func.func @counts(%x: tensor<2x4x8xf32>, %sum: tensor<2xf64> {sluice.updates = 0 : i64}) -> tensor<2xf64> {
  %0 = sluice.count_roundings %x to <f8E5M2> : tensor<2x4x8xf32> to tensor<2xf64>
  %1 = sluice.add %sum, %0 : tensor<2xf64>, tensor<2xf64>
  return %1 : tensor<2xf64>
}

// A row as long as f32 cannot count to is counted in f64.
// CHECK-LABEL: func.func @long
// CHECK: linalg.generic {{.*}} ins(%arg0 : tensor<1x16777216xf32>) outs(%{{.*}} : tensor<1xf64>, tensor<1xf64>)
func.func @long(%x: tensor<1x16777216xf32>) -> tensor<2xf64> {
  %0 = sluice.count_roundings %x to <f8E5M2> : tensor<1x16777216xf32> to tensor<2xf64>
  return %0 : tensor<2xf64>
}

// Groups have a scale each; those at the end of a row are smaller.
// CHECK-LABEL: func.func @groups
// CHECK: tensor.expand_shape %{{.*}} output_shape [6, 1, 2, 128]
// CHECK: arith.maxnumf
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "reduction", "parallel", "reduction"]}
// CHECK-SAME: ins(%{{.*}}, %{{.*}} : tensor<6x1x2x128xf32>, tensor<6x2xf32>)
// CHECK: tensor.expand_shape %{{.*}} output_shape [6, 1, 1, 44]
func.func @groups(%x: tensor<2x3x300xf32>) -> tensor<2xf64> {
  %0 = sluice.count_roundings %x to <f8E4M3FN> scaled [1, 128] : tensor<2x3x300xf32> to tensor<2xf64>
  return %0 : tensor<2xf64>
}

// Every second of 8 rows, of operands and of sums; the exact ones are f64, and no contraction that a target rounds.
// CHECK-LABEL: func.func @error
// CHECK-DAG: %[[X:.*]] = tensor.extract_slice %{{.*}}[0, 0] [3, 16] [2, 1] : tensor<8x16xf32>
// CHECK-DAG: %[[Y:.*]] = tensor.extract_slice %{{.*}}[0, 0] [3, 24] [2, 1] : tensor<8x24xf32>
// CHECK: %[[EXACT:.*]] = linalg.generic {{.*}} ins(%[[X]], %arg1 : {{.*}}) outs(%{{.*}} : tensor<3x24xf64>)
// CHECK: arith.extf
// CHECK: linalg.generic {{.*}} ins(%[[Y]], %[[EXACT]]
// CHECK: linalg.generic {{.*}} ins(%[[EXACT]] : tensor<3x24xf64>)
func.func @error(%x: tensor<2x4x16xf32>, %w: tensor<16x24xf32>, %y: tensor<2x4x24xf32>) -> tensor<2xf64> {
  %0 = sluice.accumulation_error %x, %w, %y rows 3
      : tensor<2x4x16xf32>, tensor<16x24xf32>, tensor<2x4x24xf32> to tensor<2xf64>
  return %0 : tensor<2xf64>
}

// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   | FileCheck %s
// RUN: not sluice-run %s --check-gradient 2>&1 | FileCheck %s --check-prefix=F64

// Differences of a loss that is rounded say nothing of its gradient: the check is in f64, which is not rounded.
// F64: error: 'sluice.matmul' op expected operands of f32 to round to 'bf16', found 'f64'
// F64-NOT: error:

// The backward of an op rounds operands as the op does.
// CHECK-LABEL: func.func private @train.model.backward
// CHECK-DAG: sluice.linear_cross_entropy_backward {{.*}} {compute_type = bf16}
// CHECK-DAG: sluice.attention_backward {{.*}} {compute_type = bf16}
// CHECK-DAG: sluice.matmul {{.*}} reduce_leading errors_rhs {compute_type = bf16}
// CHECK-DAG: sluice.linear {{.*}} transposed errors {compute_type = bf16}
// CHECK-DAG: sluice.matmul {{.*}} transpose_rhs errors_lhs {compute_type = bf16}

sluice.parameter @x : tensor<2x3x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f32> {
  %x = sluice.read @x : tensor<2x3x4xf32>
  %w = sluice.read @w : tensor<4x4xf32>
  %m = sluice.matmul %x, %w {compute_type = bf16} : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
  %y = sluice.linear %m, %w {compute_type = bf16} : tensor<2x3x4xf32>, tensor<4x4xf32> to tensor<2x3x4xf32>
  %a, %l = sluice.attention %y, %y, %y heads 2 {compute_type = bf16}
      : tensor<2x3x4xf32>, tensor<2x3x4xf32> to tensor<2x2x3xf32>
  %loss, %lse = sluice.linear_cross_entropy %a, %w, %targets {compute_type = bf16}
      : tensor<2x3x4xf32>, tensor<4x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

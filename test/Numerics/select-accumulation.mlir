// RUN: sluice-opt %s --sluice-select-accumulation=chunk=1 -remarks-filter=numerics 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ONE
// RUN: sluice-opt %s --sluice-select-accumulation="chunk=1 spare-bits=-2" | FileCheck %s --check-prefix=LESS
// RUN: sluice-opt %s --sluice-select-accumulation | FileCheck %s --check-prefix=CHUNKS
// RUN: sluice-opt %s --sluice-select-accumulation="model=simulated chunk=1" | FileCheck %s --check-prefix=SIMULATED

// The published widths for lengths 576 and 4608 of products of 8-bit operands (Sakr et al., table 1).
// ONE: remark{{.*}} analytic_bits=7, analytic_lost={{[0-3]\.[0-9]+}}, chunk=1, product_bits=5, products=576,
// ONE-SAME: simulated_bits={{[456]}}, simulated_lost={{-?[0-9]+\.[0-9]+}}, simulated_lost_error={{[0-9.]+}}, sum_bits=7
// ONE: sluice.binary = #sluice.binary<accumulation = "auto, analytic">
// LESS: sluice.linear {{.*}} {accumulation = #sluice.accumulation<e6m5>} : tensor<4x576xf32>
// CHUNKS: sluice.linear {{.*}} {accumulation = #sluice.accumulation<e6m5, chunk = {{[0-9]+}}>} : tensor<4x576xf32>
// Nearest sums with a mean of zero need less.
// SIMULATED: sluice.linear {{.*}} {accumulation = #sluice.accumulation<e6m{{[456]}}>} : tensor<4x576xf32>
// ONE: sluice.linear {{.*}} {accumulation = #sluice.accumulation<e6m7>} : tensor<4x576xf32>
// ONE: sluice.matmul {{.*}} {accumulation = #sluice.accumulation<e6m9>} : tensor<4608x4xf32>
// Scores of the vocabulary are as the policy has them.
// ONE: sluice.linear {{.*}} head : tensor<4x576xf32>
func.func @lengths(%x: tensor<4x576xf32>, %w: tensor<576x8xf32>, %a: tensor<4608x4xf32>, %b: tensor<4608x8xf32>,
    %head: tensor<5x576xf32>) {
  %xq = sluice.quantize %x to <f8E5M2> : tensor<4x576xf32>
  %wq = sluice.quantize %w to <f8E5M2> : tensor<576x8xf32>
  %aq = sluice.quantize %a to <f8E5M2> : tensor<4608x4xf32>
  %bq = sluice.quantize %b to <f8E5M2> : tensor<4608x8xf32>
  %0 = sluice.linear %xq, %wq : tensor<4x576xf32>, tensor<576x8xf32> to tensor<4x8xf32>
  %1 = sluice.matmul %aq, %bq transpose_lhs errors_rhs : tensor<4608x4xf32>, tensor<4608x8xf32> to tensor<4x8xf32>
  %2 = sluice.linear %x, %head transposed head : tensor<4x576xf32>, tensor<5x576xf32> to tensor<4x5xf32>
  return
}

// RUN: sluice-opt %s --split-input-file --sluice-expand-contractions --verify-diagnostics

func.func @a_contraction_needs_a_strategy(%a: memref<8x8xf32>, %b: memref<8x8xf32>, %c: memref<8x8xf32>) {
  // expected-error @+1 {{'linalg.matmul' op has no 'sluice_cpu.strategy'; a strategy pass of the target sets it}}
  linalg.matmul ins(%a, %b : memref<8x8xf32>, memref<8x8xf32>) outs(%c : memref<8x8xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>
func.func @a_contraction_has_a_static_shape(%a: memref<?x8xf32>, %b: memref<8x8xf32>, %c: memref<?x8xf32>) {
  // expected-error @+1 {{'linalg.matmul' op has a dynamic shape; contractions are expanded for static shapes only}}
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<?x8xf32>, memref<8x8xf32>) outs(%c : memref<?x8xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>
func.func @a_dimension_is_in_two_operands(%a: memref<8x8x8xf32>, %b: memref<8x8xf32>, %c: memref<8x8xf32>) {
  // expected-error @+1 {{'linalg.generic' op has a dimension that only one of its operands has}}
  linalg.generic
    {indexing_maps = [affine_map<(m, n, k, e) -> (m, k, e)>, affine_map<(m, n, k, e) -> (k, n)>,
                      affine_map<(m, n, k, e) -> (m, n)>],
     iterator_types = ["parallel", "parallel", "reduction", "reduction"]}
    ins(%a, %b : memref<8x8x8xf32>, memref<8x8xf32>) outs(%c : memref<8x8xf32>)
    attrs = {sluice_cpu.strategy = #strategy} {
  ^bb0(%x: f32, %y: f32, %s: f32):
    %0 = arith.mulf %x, %y : f32
    %1 = arith.addf %s, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 32, 8], vector = 8, packs_a = true, packs_b = false>
func.func @a_b_read_in_place_fills_whole_vectors(%a: memref<6x8xf32>, %b: memref<8x17xf32>, %c: memref<6x17xf32>) {
  // expected-error @below {{expected a strategy that packs B: 17 columns do not fill the vectors of blocks of 16}}
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x8xf32>, memref<8x17xf32>) outs(%c : memref<6x17xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = false>
func.func @a_b_read_in_place_has_contiguous_columns(%a: memref<6x8xf32>, %b: memref<16x8xf32>, %c: memref<6x16xf32>) {
  // expected-error @below {{expected a strategy that packs B, whose columns are not contiguous}}
  linalg.contract
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x8xf32>, memref<16x8xf32>) outs(%c : memref<6x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = true, packs_b = true>
func.func @a_triangle_is_two_loops(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  // expected-error @below {{expected 'sluice.triangle' to be two of its 3 loops, as array<i64: row, column>}}
  linalg.matmul {sluice.triangle = array<i64: 0, 3>, sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [6, 16], cache = [6, 16, 8], vector = 8, packs_a = false, packs_b = true>
func.func @what_is_rounded_is_packed(%a: memref<6x8xf32>, %b: memref<8x16xf32>, %c: memref<6x16xf32>) {
  // expected-error @below {{expected a strategy that packs A and B, which are rounded to 'bf16'}}
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<6x8xf32>, memref<8x16xf32>) outs(%c : memref<6x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [8, 16], cache = [8, 16, 8],
    vector = 16, packs_a = true, packs_b = true, vnni = 2>
func.func @terms_of_f32_lie_apart(%a: memref<8x8xf32>, %b: memref<8x16xf32>, %c: memref<8x16xf32>) {
  // expected-error @below {{expected a strategy whose terms lie apart: it computes in 'f32'}}
  linalg.matmul {sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<8x8xf32>, memref<8x16xf32>) outs(%c : memref<8x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [4, 8], cache = [8, 16, 8], vector = 4, packs_a = true, packs_b = true>
func.func @f64_is_not_rounded(%a: memref<8x8xf64>, %b: memref<8x16xf64>, %c: memref<8x16xf64>) {
  // expected-error @below {{expected 'sluice.compute_type' to be bf16, f16 or tf32, for sums of f32}}
  linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<8x8xf64>, memref<8x16xf64>) outs(%c : memref<8x16xf64>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [8, 16], cache = [8, 16, 8], vector = 16, packs_a = true, packs_b = true,
                                 vnni = 2>
func.func @terms_of_f16_lie_apart(%a: memref<8x8xf32>, %b: memref<8x16xf32>, %c: memref<8x16xf32>) {
  // expected-error @below {{expected a strategy whose terms lie apart: it computes in 'f32'}}
  linalg.matmul {sluice.compute_type = f16, sluice_cpu.strategy = #strategy}
    ins(%a, %b : memref<8x8xf32>, memref<8x16xf32>) outs(%c : memref<8x16xf32>)
  return
}

// RUN: sluice-opt %s --split-input-file --sluice-expand-contractions --verify-diagnostics

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @a_chunk_is_a_block(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{'linalg.matmul' op expected a strategy whose blocks of the sum have 4 terms, found 8}}
  linalg.matmul {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e6m9, chunk = 4>,
                 sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = false, packs_b = true>
func.func @both_operands_are_packed(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{'linalg.matmul' op expected a strategy that packs A and B, whose sums are narrow}}
  linalg.matmul {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e6m9>,
                 sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @operands_have_formats(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{'linalg.matmul' op expected 'sluice.formats' to be two formats, those of its operands}}
  linalg.matmul {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e6m9>}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @operands_are_rounded_before(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{'linalg.matmul' op expected operands and sums of f32 beside an 'sluice.accumulation'}}
  linalg.matmul {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e6m9>,
                 sluice.formats = [#sluice.format<bf16>, #sluice.format<bf16>], sluice.compute_type = bf16}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @a_sum_has_one_dimension(%a: memref<3x8x2xf32>, %b: memref<8x3x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{'linalg.contract' op expected operands whose summed dimensions are neighbours in memory}}
  linalg.contract
    indexing_maps = [affine_map<(m, n, s, k) -> (s, k, m)>, affine_map<(m, n, s, k) -> (k, s, n)>,
                     affine_map<(m, n, s, k) -> (m, n)>]
    {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e6m9>,
     sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]}
    ins(%a, %b : memref<3x8x2xf32>, memref<8x3x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @sums_are_not_stochastic(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{expected sums that round nearest_even or toward_zero, as this target emulates them}}
  linalg.matmul {sluice_cpu.strategy = #strategy,
                 sluice.accumulation = #sluice.accumulation<e6m9, rounding = stochastic>,
                 sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @sums_leave_room_for_rounding(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{expected sums of at most 21 mantissa bits, or f32, as this target emulates them, found e8m22}}
  linalg.matmul {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e8m22>,
                 sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
  return
}

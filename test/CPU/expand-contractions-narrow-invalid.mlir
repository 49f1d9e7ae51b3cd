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
func.func @stochastic_sums_have_a_key(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>) {
  // expected-error @+1 {{expected a body of 'sluice.rounded_sum' exactly where sums round stochastically, found an}}
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

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @other_sums_have_no_key(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>, %k: i32) {
  // expected-error @+1 {{expected a body of 'sluice.rounded_sum' exactly where sums round stochastically, found it}}
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                   affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
    attrs = {sluice_cpu.strategy = #strategy, sluice.accumulation = #sluice.accumulation<e6m9>,
             sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]} {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = sluice.rounded_sum %sum plus %x times %y key %k, %k ordinal 0
    linalg.yield %0 : f32
  }
  return
}

// -----

#strategy = #sluice_cpu.strategy<register = [2, 16], cache = [2, 16, 8], vector = 16, packs_a = true, packs_b = true>
func.func @a_key_is_for_declared_sums(%a: memref<2x8xf32>, %b: memref<8x16xf32>, %c: memref<2x16xf32>, %k: i32) {
  // expected-error @+1 {{expected 'sluice.accumulation' beside 'sluice.rounded_sum'}}
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                   affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%a, %b : memref<2x8xf32>, memref<8x16xf32>) outs(%c : memref<2x16xf32>)
    attrs = {sluice_cpu.strategy = #strategy} {
  ^bb0(%x: f32, %y: f32, %sum: f32):
    %0 = sluice.rounded_sum %sum plus %x times %y key %k, %k ordinal 0
    linalg.yield %0 : f32
  }
  return
}

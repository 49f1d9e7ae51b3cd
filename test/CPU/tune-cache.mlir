// RUN: split-file %s %t
// RUN: sluice-opt %t/model.mlir --sluice-set-target=processor=x86-64-v3 \
// RUN:   --sluice-cpu-strategy=tune-cache=%t/cache.json | FileCheck %t/model.mlir
// RUN: sluice-opt %t/model.mlir --sluice-set-target=processor=znver4 --sluice-cpu-strategy=tune-cache=%t/cache.json \
// RUN:   | FileCheck %t/model.mlir --check-prefix=BF16
// RUN: sluice-opt %t/model.mlir --sluice-set-target=processor=sapphirerapids \
// RUN:   --sluice-cpu-strategy=tune-cache=%t/cache.json | FileCheck %t/model.mlir --check-prefix=TILES
// RUN: not sluice-opt %t/model.mlir --sluice-cpu-strategy=tune-cache=%t/none.json 2>&1 \
// RUN:   | FileCheck %s --check-prefix=NONE
// RUN: not sluice-opt %t/model.mlir --sluice-cpu-strategy=tune-cache=%t/model.mlir 2>&1 \
// RUN:   | FileCheck %s --check-prefix=TEXT
// RUN: not sluice-opt %t/model.mlir --sluice-cpu-strategy=tune-cache=%t/version.json 2>&1 \
// RUN:   | FileCheck %s --check-prefix=VERSION

// NONE: error: cannot read '{{.*}}none.json': No such file or directory
// TEXT: error: '{{.*}}model.mlir' is no cache of strategies: {{.*}}Invalid JSON value
// VERSION: error: '{{.*}}version.json' is no cache of strategies: expected an object with "version": 1

//--- version.json
{"version": 2, "processors": {}}
//--- cache.json
{"version": 1, "processors": {"x86-64-v3": {
  "f32 1x256x96x64 kn": {"register": [6, 16], "cache": [66, 48, 64], "vector": 8, "packs_a": true, "packs_b": true},
  "f32 1x96x64x256 mn": {"register": [6, 16], "cache": [66, 48, 64], "vector": 16, "packs_a": true},
  "f32 1x256x64x96 kk": {"register": [6, 16], "cache": [66, 48], "vector": 8, "packs_a": true}},
 "znver4": {
  "bf16 1x256x96x64 kn": {"register": [12, 32], "cache": [72, 96, 64], "vector": 16, "packs_a": true, "vnni": 2}},
 "sapphirerapids": {
  "bf16 1x256x96x64 kn": {"register": [32, 32], "cache": [128, 96, 64], "vector": 16, "packs_a": true, "vnni": 2,
      "tile": 32, "panels": 2},
  "bf16 1x256x96x64 k16n": {"register": [32, 32], "cache": [64, 96, 64], "vector": 16, "packs_a": true, "vnni": 2,
      "tile": 32}}}}
//--- model.mlir
// What was measured takes the place of what the shape suggests, unless the processor has no such vectors, or it is no
// strategy at all.
// BF16: linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [8, 48]
// BF16: linalg.matmul {sluice.compute_type = bf16,
// BF16-SAME: {{^}} sluice_cpu.strategy = #sluice_cpu.strategy<register = [12, 32], cache = [72, 96, 64], vector = 16,
// BF16-SAME: {{^}} packs_a = true, packs_b = true, vnni = 2>}
// TILES: linalg.matmul {sluice.compute_type = bf16,
// TILES-SAME: {{^}} sluice_cpu.strategy = #sluice_cpu.strategy<register = [32, 32], cache = [128, 96, 64], vector = 16,
// TILES-SAME: {{^}} packs_a = true, packs_b = true, vnni = 2, tile = 32, panels = 2>}
// TILES: linalg.contract {{.*}}cache = [64, 96, 64], vector = 16, packs_a = true, packs_b = true, vnni = 2, tile = 32>}
// CHECK: linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [66, 48, 64],
// CHECK-SAME: {{^}} vector = 8, packs_a = true, packs_b = true>}
// CHECK: linalg.matmul {sluice.compute_type = bf16, sluice_cpu.strategy = {{.*}} packs_a = true, packs_b = true>}
// CHECK: linalg.contract {{.*}} {sluice.compute_type = bf16, sluice_cpu.strategy = {{.*}} packs_a = true,
// CHECK-SAME: {{^}} packs_b = true>}
// CHECK: linalg.contract {{.*}} {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [96, 64, 256],
// CHECK-SAME: {{^}} vector = 8
// CHECK: linalg.contract {{.*}} {sluice_cpu.strategy = #sluice_cpu.strategy<register = [6, 16], cache = [90, 64, 96],
// CHECK-SAME: {{^}} vector = 8
#km = affine_map<(m, n, k) -> (k, m)>
#kn = affine_map<(m, n, k) -> (k, n)>
#mk = affine_map<(m, n, k) -> (m, k)>
#mn = affine_map<(m, n, k) -> (m, n)>
#nk = affine_map<(m, n, k) -> (n, k)>

func.func @f(%x: memref<256x64xf32>, %w: memref<64x96xf32>, %y: memref<256x96xf32>) {
  linalg.matmul ins(%x, %w : memref<256x64xf32>, memref<64x96xf32>) outs(%y : memref<256x96xf32>)
  // The same that computes in bf16 is known by another name.
  linalg.matmul {sluice.compute_type = bf16}
      ins(%x, %w : memref<256x64xf32>, memref<64x96xf32>) outs(%y : memref<256x96xf32>)
  return
}
// Nor is it the same with an operand that is bf16 in memory.
func.func @narrow(%x: memref<256x64xbf16>, %w: memref<64x96xf32>, %y: memref<256x96xf32>) {
  linalg.contract indexing_maps = [#mk, #kn, #mn] {sluice.compute_type = bf16}
      ins(%x, %w : memref<256x64xbf16>, memref<64x96xf32>) outs(%y : memref<256x96xf32>)
  return
}
func.func @weights(%a: memref<256x96xf32>, %b: memref<256x64xf32>, %c: memref<96x64xf32>) {
  linalg.contract indexing_maps = [#km, #kn, #mn]
      ins(%a, %b : memref<256x96xf32>, memref<256x64xf32>) outs(%c : memref<96x64xf32>)
  return
}
func.func @inputs(%a: memref<256x96xf32>, %b: memref<64x96xf32>, %c: memref<256x64xf32>) {
  linalg.contract indexing_maps = [#mk, #nk, #mn]
      ins(%a, %b : memref<256x96xf32>, memref<64x96xf32>) outs(%c : memref<256x64xf32>)
  return
}

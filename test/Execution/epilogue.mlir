// The same element-wise op behind two contractions, in the epilogue of the first one and by itself behind the second,
// where its output is touched in between: every bit is the same. Rows and columns are left over.
// RUN: sluice-opt %s --sluice-set-target --sluice-cpu-strategy --sluice-expand-contractions -o %t.mlir
// RUN: FileCheck %s --check-prefix=FUSED < %t.mlir
// RUN: sluice-opt %t.mlir --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics --canonicalize --cse \
// RUN:   -o %t.vectors.mlir
// RUN: sluice-run %t.vectors.mlir --function=bias_gelu_scale --threads=2 | tail -n 2 | FileCheck %s
// RUN: sluice-run %t.vectors.mlir --function=bias_gelu_scale --threads=1 | tail -n 2 | FileCheck %s
// RUN: sluice-run %t.vectors.mlir --function=sums_of_batches --threads=2 | tail -n 2 | FileCheck %s
// RUN: sluice-run %t.vectors.mlir --function=scale_behind_all_sums --threads=2 | tail -n 2 | FileCheck %s

// The greatest difference, and the greatest value: something was computed.
// CHECK: {{^0$}}
// CHECK-NEXT: {{^[1-9]}}

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#column = affine_map<(d0, d1) -> (d0)>
#id3 = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// The sum takes two blocks.
// FUSED-LABEL: @bias_gelu_scale
// FUSED: math.tanh %{{.*}} : vector
// FUSED: math.tanh %{{.*}} : f32
// FUSED-NOT: math.tanh
// FUSED: return
func.func @bias_gelu_scale(%step: memref<584xi8>, %a: memref<61x300xf32>, %b: memref<300x77xf32>, %bias: memref<77xf32>,
    %scale: memref<61xf32>, %x: memref<61x77xf32>, %y: memref<61x77xf32>, %z: memref<61x77xf32>,
    %difference: memref<f32>, %greatest: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  %half = arith.constant 0.5 : f32
  %one = arith.constant 1.0 : f32
  linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%bias : memref<77xf32>) outs(%x : memref<61x77xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  linalg.matmul ins(%a, %b : memref<61x300xf32>, memref<300x77xf32>) outs(%x : memref<61x77xf32>)
  linalg.generic {indexing_maps = [#id, #column, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %scale : memref<61x77xf32>, memref<61xf32>) outs(%y : memref<61x77xf32>) {
  ^bb0(%p: f32, %s: f32, %q: f32):
    %0 = arith.mulf %p, %half : f32
    %1 = math.tanh %p : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.mulf %0, %2 : f32
    %4 = arith.mulf %3, %s : f32
    linalg.yield %4 : f32
  }
  linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%bias : memref<77xf32>) outs(%x : memref<61x77xf32>) {
  ^bb0(%p: f32, %q: f32):
    linalg.yield %p : f32
  }
  linalg.matmul ins(%a, %b : memref<61x300xf32>, memref<300x77xf32>) outs(%x : memref<61x77xf32>)
  linalg.fill ins(%zero : f32) outs(%z : memref<61x77xf32>)
  linalg.generic {indexing_maps = [#id, #column, #id], iterator_types = ["parallel", "parallel"]}
    ins(%x, %scale : memref<61x77xf32>, memref<61xf32>) outs(%z : memref<61x77xf32>) {
  ^bb0(%p: f32, %s: f32, %q: f32):
    %0 = arith.mulf %p, %half : f32
    %1 = math.tanh %p : f32
    %2 = arith.addf %1, %one : f32
    %3 = arith.mulf %0, %2 : f32
    %4 = arith.mulf %3, %s : f32
    linalg.yield %4 : f32
  }
  linalg.fill ins(%zero : f32) outs(%difference : memref<f32>)
  linalg.fill ins(%zero : f32) outs(%greatest : memref<f32>)
  linalg.generic {indexing_maps = [#id, #id, affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> ()>],
      iterator_types = ["reduction", "reduction"]}
    ins(%y, %z : memref<61x77xf32>, memref<61x77xf32>) outs(%difference, %greatest : memref<f32>, memref<f32>) {
  ^bb0(%p: f32, %q: f32, %r: f32, %s: f32):
    %0 = arith.subf %p, %q : f32
    %1 = math.absf %0 : f32
    %2 = arith.maximumf %r, %1 : f32
    %3 = arith.maximumf %s, %p : f32
    linalg.yield %2, %3 : f32, f32
  }
  return
}

// The first buffer of sums disappears.
// FUSED-LABEL: @sums_of_batches
// FUSED-COUNT-1: memref.alloc() : memref<3x61x77xf32>
// FUSED-NOT: memref.alloc() : memref<3x61x77xf32>
// FUSED: return
func.func @sums_of_batches(%step: memref<584xi8>, %a: memref<3x61x40xf32>, %b: memref<3x40x77xf32>,
    %x: memref<3x61x77xf32>, %y: memref<3x61x77xf32>, %z: memref<3x61x77xf32>, %difference: memref<f32>,
    %greatest: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<3x61x77xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<3x61x77xf32>)
  linalg.batch_matmul ins(%a, %b : memref<3x61x40xf32>, memref<3x40x77xf32>) outs(%c : memref<3x61x77xf32>)
  linalg.generic {indexing_maps = [#id3, #id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%x, %c : memref<3x61x77xf32>, memref<3x61x77xf32>) outs(%y : memref<3x61x77xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  %d = memref.alloc() : memref<3x61x77xf32>
  linalg.fill ins(%zero : f32) outs(%d : memref<3x61x77xf32>)
  linalg.batch_matmul ins(%a, %b : memref<3x61x40xf32>, memref<3x40x77xf32>) outs(%d : memref<3x61x77xf32>)
  linalg.fill ins(%zero : f32) outs(%z : memref<3x61x77xf32>)
  linalg.generic {indexing_maps = [#id3, #id3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
    ins(%x, %d : memref<3x61x77xf32>, memref<3x61x77xf32>) outs(%z : memref<3x61x77xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %0 = arith.addf %p, %q : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%difference : memref<f32>)
  linalg.fill ins(%zero : f32) outs(%greatest : memref<f32>)
  linalg.generic {indexing_maps = [#id3, #id3, affine_map<(d0, d1, d2) -> ()>, affine_map<(d0, d1, d2) -> ()>],
      iterator_types = ["reduction", "reduction", "reduction"]}
    ins(%y, %z : memref<3x61x77xf32>, memref<3x61x77xf32>) outs(%difference, %greatest : memref<f32>, memref<f32>) {
  ^bb0(%p: f32, %q: f32, %r: f32, %s: f32):
    %0 = arith.subf %p, %q : f32
    %1 = math.absf %0 : f32
    %2 = arith.maximumf %r, %1 : f32
    %3 = arith.maximumf %s, %p : f32
    linalg.yield %2, %3 : f32, f32
  }
  return
}

// Two sums, one around the other, the inner one in two blocks; the op runs in place.
// FUSED-LABEL: @scale_behind_all_sums
// FUSED-COUNT-1: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]
// FUSED-NOT: iterator_types = ["parallel", "parallel"]
// FUSED: return
func.func @scale_behind_all_sums(%step: memref<584xi8>, %a: memref<3x61x300xf32>, %b: memref<3x300x77xf32>,
    %y: memref<61x77xf32>, %z: memref<61x77xf32>, %difference: memref<f32>, %greatest: memref<f32>) {
  %zero = arith.constant 0.0 : f32
  %index = arith.constant 0 : index
  linalg.fill ins(%zero : f32) outs(%y : memref<61x77xf32>)
  linalg.contract indexing_maps = [affine_map<(m, n, s, k) -> (s, m, k)>, affine_map<(m, n, s, k) -> (s, k, n)>,
      affine_map<(m, n, s, k) -> (m, n)>]
    ins(%a, %b : memref<3x61x300xf32>, memref<3x300x77xf32>) outs(%y : memref<61x77xf32>)
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%y : memref<61x77xf32>) {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%z : memref<61x77xf32>)
  linalg.contract indexing_maps = [affine_map<(m, n, s, k) -> (s, m, k)>, affine_map<(m, n, s, k) -> (s, k, n)>,
      affine_map<(m, n, s, k) -> (m, n)>]
    ins(%a, %b : memref<3x61x300xf32>, memref<3x300x77xf32>) outs(%z : memref<61x77xf32>)
  %seen = memref.load %z[%index, %index] : memref<61x77xf32>
  memref.store %seen, %z[%index, %index] : memref<61x77xf32>
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%z : memref<61x77xf32>) {
  ^bb0(%p: f32):
    %0 = arith.mulf %p, %p : f32
    linalg.yield %0 : f32
  }
  linalg.fill ins(%zero : f32) outs(%difference : memref<f32>)
  linalg.fill ins(%zero : f32) outs(%greatest : memref<f32>)
  linalg.generic {indexing_maps = [#id, #id, affine_map<(d0, d1) -> ()>, affine_map<(d0, d1) -> ()>],
      iterator_types = ["reduction", "reduction"]}
    ins(%y, %z : memref<61x77xf32>, memref<61x77xf32>) outs(%difference, %greatest : memref<f32>, memref<f32>) {
  ^bb0(%p: f32, %q: f32, %r: f32, %s: f32):
    %0 = arith.subf %p, %q : f32
    %1 = math.absf %0 : f32
    %2 = arith.maximumf %r, %1 : f32
    %3 = arith.maximumf %s, %p : f32
    linalg.yield %2, %3 : f32, f32
  }
  return
}

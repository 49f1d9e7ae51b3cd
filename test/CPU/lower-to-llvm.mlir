// RUN: sluice-opt %s --sluice-lower-to-llvm --canonicalize --cse --split-input-file | FileCheck %s

// Captures go into words on the stack of the entry block; the entry function takes them out again.
// Loops are numbered by what they are of the model; the others are -1.
// CHECK: sluice.kernels = [#sluice.kernel<"gelu", flops = 64, bytes = 512>]
// CHECK: llvm.func @sluice_parallel_for(!llvm.ptr, i64, !llvm.ptr, !llvm.ptr, i32)
// CHECK-LABEL: llvm.func @f(
// CHECK-SAME: %[[STEP:.*]]: !llvm.ptr, %[[A:.*]]: !llvm.ptr, %[[SCALE:.*]]: f32, %[[N:.*]]: i64)
// CHECK-DAG: %[[NONE:.*]] = llvm.mlir.constant(-1 : i32) : i32
// CHECK-DAG: %[[FIRST:.*]] = llvm.mlir.constant(0 : i32) : i32
// CHECK-DAG: %[[THREE:.*]] = llvm.mlir.constant(3 : i64) : i64
// CHECK: llvm.alloca %[[THREE]] x i64
// CHECK: llvm.br
// CHECK: llvm.store %[[A]], %[[CONTEXT:[^ ]*]] :
// CHECK: %[[WORD1:.*]] = llvm.getelementptr %[[CONTEXT]][1]
// CHECK: llvm.store %[[SCALE]], %[[WORD1]] : f32
// CHECK: llvm.store %{{.*}}, %{{.*}} : i64
// CHECK: llvm.call @sluice_parallel_for(%[[STEP]], %{{.*}}, %{{.*}}, %[[CONTEXT]], %[[NONE]])
// CHECK: llvm.call @sluice_parallel_for(%[[STEP]], %{{.*}}, %{{.*}}, %{{.*}}, %[[FIRST]])
func.func @f(%step: memref<584xi8>, %a: memref<64xf32>, %scale: f32, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    sluice_cpu.parallel_for @body count 64 step %step : memref<584xi8>
        captures(%a, %scale, %i : memref<64xf32>, f32, index)
    sluice_cpu.parallel_for @body count 64 step %step : memref<584xi8>
        captures(%a, %scale, %i : memref<64xf32>, f32, index) {kernel = #sluice.kernel<"gelu", flops = 64, bytes = 512>}
  }
  return
}
// CHECK-LABEL: llvm.func internal @body(
// CHECK-SAME: %{{.*}}: !llvm.ptr, %{{.*}}: f32, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: !llvm.ptr)
func.func private @body(%a: memref<64xf32>, %scale: f32, %i: index, %begin: index, %end: index,
    %scratch: memref<0xi8>) {
  memref.store %scale, %a[%begin] : memref<64xf32>
  return
}
// CHECK-LABEL: llvm.func internal @body_entry(
// CHECK-SAME: %[[CONTEXT:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64, %[[SCRATCH:.*]]: !llvm.ptr)
// CHECK: %[[A:.*]] = llvm.load %[[CONTEXT]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[SCALE:.*]] = llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK: %[[I:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i64
// CHECK: llvm.call @body(%[[A]], %[[SCALE]], %[[I]], %[[BEGIN]], %[[END]], %[[SCRATCH]])

// -----

// A contraction becomes fused multiply-adds, one a row of the left side.
// CHECK-LABEL: llvm.func @contract(
// CHECK-COUNT-2: llvm.intr.fmuladd(%{{.*}}) : (vector<8xf32>, vector<8xf32>, vector<8xf32>) -> vector<8xf32>
// CHECK-NOT: llvm.fmul
func.func @contract(%a: memref<2x1xf32>, %b: memref<1x8xf32>, %c: memref<2x8xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %va = vector.transfer_read %a[%c0, %c0], %zero {in_bounds = [true, true]} : memref<2x1xf32>, vector<2x1xf32>
  %vb = vector.transfer_read %b[%c0, %c0], %zero {in_bounds = [true, true]} : memref<1x8xf32>, vector<1x8xf32>
  %vc = vector.transfer_read %c[%c0, %c0], %zero {in_bounds = [true, true]} : memref<2x8xf32>, vector<2x8xf32>
  %r = vector.contract {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
      affine_map<(m, n, k) -> (m, n)>],
                        iterator_types = ["parallel", "parallel", "reduction"], kind = #vector.kind<add>}
       %va, %vb, %vc : vector<2x1xf32>, vector<1x8xf32> into vector<2x8xf32>
  vector.transfer_write %r, %c[%c0, %c0] {in_bounds = [true, true]} : vector<2x8xf32>, memref<2x8xf32>
  return
}

// -----

// The model's description stays for the export; a copy between other layouts is a loop; what LLVM lacks is the C
// library's.
// CHECK: llvm.func @erff(f32) -> f32
// CHECK: sluice.parameter @w
// CHECK: sluice.slot kept @s
// CHECK-LABEL: llvm.func @rest(
// CHECK: llvm.cond_br
// CHECK: llvm.load
// CHECK: llvm.store
// CHECK: llvm.call @erff
// CHECK-NOT: memrefCopy
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, offset = 0 : i64}
sluice.slot kept @s : tensor<4xf32> {offset = 0 : i64}
func.func @rest(%a: memref<8x4xf32>, %b: memref<8x1xf32>) {
  %column = memref.subview %a[0, 1] [8, 1] [1, 1] : memref<8x4xf32> to memref<8x1xf32, strided<[4, 1], offset: 1>>
  memref.copy %column, %b : memref<8x1xf32, strided<[4, 1], offset: 1>> to memref<8x1xf32>
  %c0 = arith.constant 0 : index
  %x = memref.load %b[%c0, %c0] : memref<8x1xf32>
  %y = math.erf %x : f32
  memref.store %y, %b[%c0, %c0] : memref<8x1xf32>
  return
}

// -----

// CHECK-LABEL: @dot_products_of_bf16
// CHECK: llvm.call_intrinsic "llvm.x86.avx512bf16.dpbf16ps.512"
func.func @dot_products_of_bf16(%sum: vector<16xf32>, %a: vector<32xbf16>, %b: vector<32xbf16>) -> vector<16xf32> {
  %0 = x86vector.avx512.dot %sum, %a, %b : vector<32xbf16> -> vector<16xf32>
  return %0 : vector<16xf32>
}

// -----

// Tiles are carried around loops as they are.
// CHECK-LABEL: @products_of_tiles
// CHECK: llvm.call_intrinsic "llvm.x86.tilezero.internal"
// CHECK: ^{{.*}}(%{{.*}}: i64, %[[SUM:.*]]: !llvm.x86_amx):
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64.internal"
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"({{.*}}%[[SUM]]
// CHECK: llvm.call_intrinsic "llvm.x86.tilestored64.internal"
func.func @products_of_tiles(%a: memref<2048xbf16>, %c: memref<16x16xf32>) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c128 = arith.constant 128 : index
  %zero = amx.tile_zero : !amx.tile<16x16xf32>
  %sum = scf.for %k = %c0 to %c128 step %c32 iter_args(%s = %zero) -> !amx.tile<16x16xf32> {
    %x = amx.tile_load %a[%k], %c32 : memref<2048xbf16> into !amx.tile<16x32xbf16>
    %product = amx.tile_mulf %x, %x, %s : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
    scf.yield %product : !amx.tile<16x16xf32>
  }
  amx.tile_store %c[%c0, %c0], %sum : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}

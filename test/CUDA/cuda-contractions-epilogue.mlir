// RUN: sluice-opt %s --sluice-cuda-contractions --canonicalize --cse | FileCheck %s

#strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 64, 8], warp = [16, 32], stages = 3, group = 8,
                                  parts = 1>
#row = affine_map<(i, j) -> (j)>
#column = affine_map<(i, j) -> (i)>
#all = affine_map<(i, j) -> (i, j)>

// The bias is loaded once a column, the sums are never stored, and the buffer is gone.
// CHECK-LABEL: @bias_activation_and_residual
// CHECK-SAME: %[[BIAS:[a-z0-9]+]]: memref<64xf32>
// CHECK-NOT: memref.alloc
// CHECK-NOT: linalg
// CHECK-COUNT-32: vector.fma
// CHECK: %[[ROW:.*]] = vector.load %[[BIAS]][%{{.*}}] {alignment = 16 : i64}
// CHECK: %[[SUMS:.*]] = arith.addf %[[ROW]], %{{.*}} : vector<4xf32>
// CHECK: %[[OF:.*]] = vector.load %{{.*}} {alignment = 16 : i64}
// CHECK: %[[POSITIVE:.*]] = arith.maximumf %[[SUMS]], %{{.*}} : vector<4xf32>
// CHECK: %[[RESULT:.*]] = arith.addf %[[POSITIVE]], %[[OF]] : vector<4xf32>
// CHECK: vector.store %[[RESULT]]
// CHECK-NOT: vector.load %[[BIAS]]
// CHECK: sluice.kernel = #sluice.kernel<"linear", flops = 8392704, bytes = 1008192>
func.func @bias_activation_and_residual(%a: memref<32x128xf32>, %b: memref<128x64xf32>, %bias: memref<64xf32>,
    %residual: memref<32x64xf32>, %out: memref<32x64xf32>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<32x64xf32>
  linalg.generic {indexing_maps = [#row, #all], iterator_types = ["parallel", "parallel"]}
    ins(%bias : memref<64xf32>) outs(%c : memref<32x64xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  }
  linalg.matmul {sluice_cuda.strategy = #strategy,
                 sluice.kernel = #sluice.kernel<"linear", flops = 8388608, bytes = 1000000>}
    ins(%a, %b : memref<32x128xf32>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]}
    ins(%c, %residual : memref<32x64xf32>, memref<32x64xf32>) outs(%out : memref<32x64xf32>)
    attrs = {sluice.kernel = #sluice.kernel<"add", flops = 4096, bytes = 24576>} {
  ^bb0(%x: f32, %r: f32, %y: f32):
    %positive = arith.maximumf %x, %zero : f32
    %sum = arith.addf %positive, %r : f32
    linalg.yield %sum : f32
  }
  return
}

// What others read is stored as well, and a factor of each row is one number for all lanes.
// CHECK-LABEL: @c_is_kept
// CHECK-COUNT-32: vector.fma
// CHECK: vector.store %[[SUMS:.*]], %{{.*}} {alignment = 16 : i64} : memref<2048xf32>, vector<4xf32>
// CHECK: %[[FACTOR:.*]] = memref.load %{{.*}} : memref<32xf32>
// CHECK: %[[FACTORS:.*]] = vector.broadcast %[[FACTOR]] : f32 to vector<4xf32>
// CHECK: %[[SCALED:.*]] = arith.mulf %[[SUMS]], %[[FACTORS]] : vector<4xf32>
// CHECK: vector.store %[[SCALED]]
func.func @c_is_kept(%a: memref<32x128xf32>, %b: memref<128x64xf32>, %c: memref<32x64xf32>, %factors: memref<32xf32>,
    %out: memref<32x64xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<32x64xf32>)
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<32x128xf32>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  linalg.generic {indexing_maps = [#all, #column, #all], iterator_types = ["parallel", "parallel"]}
    ins(%c, %factors : memref<32x64xf32>, memref<32xf32>) outs(%out : memref<32x64xf32>) {
  ^bb0(%x: f32, %f: f32, %y: f32):
    %scaled = arith.mulf %x, %f : f32
    linalg.yield %scaled : f32
  }
  return
}

// Columns that are no whole vectors are finished one by one.
// CHECK-LABEL: @scalars
// CHECK-COUNT-32: vector.fma
// CHECK: vector.extract %{{.*}}[0] : f32 from vector<4xf32>
// CHECK: math.exp %{{.*}} : f32
// CHECK: memref.store
func.func @scalars(%a: memref<32x128xf32>, %b: memref<128x63xf32>, %c: memref<32x63xf32>, %out: memref<32x63xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%c : memref<32x63xf32>)
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<32x128xf32>, memref<128x63xf32>) outs(%c : memref<32x63xf32>)
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<32x63xf32>) outs(%out : memref<32x63xf32>) {
  ^bb0(%x: f32, %y: f32):
    %e = math.exp %x : f32
    linalg.yield %e : f32
  }
  return
}

// What adds up rows is no epilogue.
// CHECK-LABEL: @sums_stay
// CHECK: gpu.launch
// CHECK: linalg.generic
func.func @sums_stay(%a: memref<32x128xf32>, %b: memref<128x64xf32>, %c: memref<32x64xf32>, %out: memref<64xf32>) {
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<32x128xf32>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  linalg.generic {indexing_maps = [#all, #row], iterator_types = ["reduction", "parallel"]}
    ins(%c : memref<32x64xf32>) outs(%out : memref<64xf32>) {
  ^bb0(%x: f32, %y: f32):
    %sum = arith.addf %x, %y : f32
    linalg.yield %sum : f32
  }
  return
}

// What is rounded is stored in its type alone.
// CHECK-LABEL: @narrow_result
// CHECK-NOT: memref.alloc
// CHECK-COUNT-32: vector.fma
// CHECK-NOT: vector.store %{{.*}} : memref<2048xf32>
// CHECK: %[[OF:.*]] = vector.load %{{.*}} {alignment = 8 : i64} : memref<2048xbf16>, vector<4xbf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[OF]] : vector<4xbf16> to vector<4xf32>
// CHECK: %[[SUM:.*]] = arith.addf %{{.*}}, %[[WIDE]] : vector<4xf32>
// CHECK: %[[NARROW:.*]] = arith.truncf %[[SUM]] : vector<4xf32> to vector<4xbf16>
// CHECK: vector.store %[[NARROW]], %{{.*}} {alignment = 8 : i64} : memref<2048xbf16>, vector<4xbf16>
func.func @narrow_result(%a: memref<32x128xf32>, %b: memref<128x64xf32>, %residual: memref<32x64xbf16>,
                         %out: memref<32x64xbf16>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() : memref<32x64xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<32x64xf32>)
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<32x128xf32>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  linalg.generic {indexing_maps = [#all, #all, #all], iterator_types = ["parallel", "parallel"]}
    ins(%c, %residual : memref<32x64xf32>, memref<32x64xbf16>) outs(%out : memref<32x64xbf16>) {
  ^bb0(%x: f32, %r: bf16, %y: bf16):
    %wide = arith.extf %r : bf16 to f32
    %sum = arith.addf %x, %wide : f32
    %narrow = arith.truncf %sum : f32 to bf16
    linalg.yield %narrow : bf16
  }
  return
}

// A buffer of its own is stored as well where it is read behind the op.
// CHECK-LABEL: @c_is_read_later
// CHECK: %[[C:.*]] = memref.alloc() {{.*}} : memref<32x64xf32>
// CHECK-COUNT-32: vector.fma
// CHECK: %[[FLAT:.*]] = memref.reinterpret_cast %[[C]]
// CHECK: vector.store %{{.*}}, %[[FLAT]]
// CHECK: call @use(%[[C]])
func.func private @use(%c: memref<32x64xf32>)
func.func @c_is_read_later(%a: memref<32x128xf32>, %b: memref<128x64xf32>, %out: memref<32x64xbf16>) {
  %zero = arith.constant 0.0 : f32
  %c = memref.alloc() {alignment = 64 : i64} : memref<32x64xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<32x64xf32>)
  linalg.matmul {sluice_cuda.strategy = #strategy}
    ins(%a, %b : memref<32x128xf32>, memref<128x64xf32>) outs(%c : memref<32x64xf32>)
  linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel"]}
    ins(%c : memref<32x64xf32>) outs(%out : memref<32x64xbf16>) {
  ^bb0(%x: f32, %y: bf16):
    %narrow = arith.truncf %x : f32 to bf16
    linalg.yield %narrow : bf16
  }
  call @use(%c) : (memref<32x64xf32>) -> ()
  return
}

// RUN: sluice-run %s --function=scale --threads=1 | FileCheck %s
// RUN: sluice-run %s --function=scale --threads=3 | FileCheck %s

// All buffers are printed; the loop runs on the pool's threads, whose scratch holds the row.
// CHECK: {{^\[\[}}1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]{{$}}
// CHECK: {{^\[\[}}2, 4, 6], [8, 10, 12], [14, 16, 18], [20, 22, 24]]{{$}}
func.func @scale(%step: memref<584xi8>,
    %a: memref<4x3xf32> {sluice.values = dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0],
                                                [10.0, 11.0, 12.0]]> : tensor<4x3xf32>},
    %b: memref<4x3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  scf.forall (%i) in (4) {
    %row = memref.alloc() : memref<3xf32>
    scf.for %j = %c0 to %c3 step %c1 {
      %x = memref.load %a[%i, %j] : memref<4x3xf32>
      %y = arith.addf %x, %x : f32
      memref.store %y, %row[%j] : memref<3xf32>
    }
    %out = memref.subview %b[%i, 0] [1, 3] [1, 1] : memref<4x3xf32> to memref<3xf32, strided<[1], offset: ?>>
    memref.copy %row, %out : memref<3xf32> to memref<3xf32, strided<[1], offset: ?>>
  }
  return
}

// Functions against themselves in f64, on this processor and on an emulated card.
// RUN: rm -rf %t && split-file %s %t
// RUN: sluice-run %t/good.mlir --against-f64 | FileCheck %s --match-full-lines --strict-whitespace
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %t/good.mlir --against-f64 --target=cuda \
// RUN:   | FileCheck %s --match-full-lines --strict-whitespace
//      CHECK:sums: error {{[1-9]\.[0-9]e-0[78]}}, at most 2.0e-06
// CHECK-NEXT:exact: error 0.0e+00, at most 1.0e-06
// CHECK-NEXT:rounded: error {{[0-9]\.[0-9]e-0[78]}}, at most 1.0e-06
// CHECK-NEXT:nothing: error 0.0e+00, at most 1.0e-06

// What is rounded is another function in f64 without it. A reference of one's own, here a wrong one.
// RUN: not sluice-run %t/good.mlir --against-f64 --reference=%t/wrong.mlir > %t/out && FileCheck %s \
// RUN:   --check-prefix=WRONG --input-file=%t/out
// WRONG: sums: error 2.0e-02, at most 2.0e-06: failed, result 0, element {{[0-9]+}}: expected
// WRONG-NEXT: exact: error inf, at most 1.0e-06: failed, result 0, element 0: expected 0, found {{-?[0-9.]+}}
// WRONG-NEXT: rounded: error {{[1-9]\.[0-9]e-03}}, at most 1.0e-06: failed
// WRONG-NEXT: nothing: error 0.0e+00

// One function alone, and a tolerance that nothing keeps.
// RUN: not sluice-run %t/good.mlir --against-f64 --function=rounded --tolerance=0 > %t/out && FileCheck %s \
// RUN:   --check-prefix=TOLERANCE --input-file=%t/out --implicit-check-not=sums
// TOLERANCE: rounded: error {{.*}}, at most 0.0e+00: failed

// Cases for a card, which another program runs without a compiler.
// RUN: mkdir %t/cases && env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %t/good.mlir --against-f64 \
// RUN:   --target=cuda --save=%t/cases
// RUN: env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-check-kernels %t/cases/sums.case %t/cases/rounded.case \
// RUN:   | FileCheck %s --check-prefix=CASES
//      CASES: | kernels of sums against f64 | 2e-06 | {{[1-9]\.[0-9]e-0[78]}}, launches: {{[1-9]}} | ok |
// CASES-NEXT: | kernels of rounded against f64 | 1e-06 | {{[0-9]\.[0-9]e-0[78]}}, launches: {{[1-9]}} | ok |

// RUN: not env LD_LIBRARY_PATH=%sluice_build/cuda-emulator sluice-run %t/good.mlir --against-f64 --target=cuda \
// RUN:   --save=%t/none 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: sluice-run: error: sums: {{.*}}/none/sums.case: cannot be written: No such file or directory
// RUN: not sluice-run %t/good.mlir --against-f64 --reference=%t/few.mlir 2>&1 | FileCheck %s --check-prefix=FEW
// FEW: sluice-run: error: sums: the reference has no function 'sums'
// RUN: not sluice-run %t/few.mlir --against-f64 --reference=%t/good.mlir 2>&1 | FileCheck %s --check-prefix=SHAPE
// SHAPE: sluice-run: error: exact: operand 0 has another shape in the reference
// RUN: not sluice-run %t/good.mlir --against-f64 --function=sum 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: sluice-run: error: the module has no function 'sum'
// RUN: not sluice-run %t/good.mlir --against-f64 --save=%t 2>&1 | FileCheck %s --check-prefix=SAVE
// SAVE: sluice-run: error: --save needs --against-f64 and --target=cuda
// RUN: not sluice-run %t/good.mlir --function=sums --reference=%t/few.mlir 2>&1 | FileCheck %s --check-prefix=REFERENCE
// REFERENCE: sluice-run: error: --reference needs --against-f64
// RUN: not sluice-run %t/good.mlir --check-gradient --against-f64 2>&1 | FileCheck %s --check-prefix=BOTH
// BOTH: sluice-run: error: --check-gradient goes with neither --function nor --against-f64, nor a card

//--- good.mlir
func.func @sums(%x: tensor<3x40xf32>, %w: tensor<40x5xf32>) -> tensor<3x5xf32>
    attributes {sluice.tolerance = 2.0e-06} {
  %y = sluice.linear %x, %w : tensor<3x40xf32>, tensor<40x5xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
func.func @exact(%x: memref<4xf32>, %n: memref<4xi32>) {
  linalg.add ins(%x, %x : memref<4xf32>, memref<4xf32>) outs(%x : memref<4xf32>)
  return
}
func.func @rounded(%x: tensor<3x40xf32>, %w: tensor<40x5xf32>) -> tensor<3x5xf32> {
  %y = sluice.linear %x, %w {compute_type = bf16} : tensor<3x40xf32>, tensor<40x5xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
func.func @nothing(%x: tensor<2xf32> {sluice.values = dense<[0x7FC00000, 0x7F800000]> : tensor<2xf32>})
    -> tensor<2xf32> {
  %y = sluice.add %x, %x : tensor<2xf32>, tensor<2xf32>
  return %y : tensor<2xf32>
}

//--- wrong.mlir
func.func @sums(%x: tensor<3x40xf32>, %w: tensor<40x5xf32>) -> tensor<3x5xf32> {
  %v = sluice.scale %w by 1.01 : tensor<40x5xf32>
  %y = sluice.linear %x, %v : tensor<3x40xf32>, tensor<40x5xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
func.func @exact(%x: memref<4xf32>, %n: memref<4xi32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<4xf32>)
  return
}
func.func @rounded(%x: tensor<3x40xf32>, %w: tensor<40x5xf32>) -> tensor<3x5xf32> {
  %y = sluice.linear %x, %w : tensor<3x40xf32>, tensor<40x5xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
func.func @nothing(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = sluice.add %x, %x : tensor<2xf32>, tensor<2xf32>
  return %y : tensor<2xf32>
}

//--- few.mlir
func.func @exact(%x: memref<5xf32>, %n: memref<4xi32>) {
  return
}

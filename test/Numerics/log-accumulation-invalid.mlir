// RUN: not sluice-opt %s --sluice-log-accumulation=weight=u 2>&1 | FileCheck %s --check-prefix=NAME
// NAME: error: logged sums expected the name of a weight of the model, found 'u'
// RUN: not sluice-opt %s --sluice-log-accumulation=weight=b 2>&1 | FileCheck %s --check-prefix=BIAS
// BIAS: error: logged sums expected the weight of a layer's matrix, found 'b'
// RUN: not sluice-opt %s --sluice-log-accumulation=weight=head 2>&1 | FileCheck %s --check-prefix=HEAD
// HEAD: error: logged sums expected the weight of a layer's matrix, found 'head'
// RUN: not sluice-opt %s --sluice-log-accumulation=weight=error 2>&1 | FileCheck %s --check-prefix=ERROR
// ERROR: error: logged sums expected the weight of a layer's matrix, found 'error'
// RUN: not sluice-opt %s --sluice-log-accumulation=weight=wide 2>&1 | FileCheck %s --check-prefix=WIDE
// WIDE: error: logged sums expected a weight whose products have narrow sums, found 'wide', whose sums are f32
// RUN: not sluice-opt %s --sluice-log-accumulation="weight=w rows=5" 2>&1 | FileCheck %s --check-prefix=ROWS
// ROWS: error: logged sums expected 1 to 4 rows of 'w', found 5
// RUN: not sluice-opt %s --sluice-log-accumulation="weight=w rows=0" 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: logged sums expected 1 to 4 rows of 'w', found 0
// RUN: sluice-opt %s --sluice-log-accumulation="weight=w rows=4" > %t

// A bias, scores, what multiplies gradients alone, and sums in f32 have no narrow sums of forward.
sluice.parameter @w : tensor<8x8xf32> {init = #sluice.constant<1.0>}
sluice.parameter @wide : tensor<8x8xf32> {init = #sluice.constant<1.0>}
sluice.parameter @head : tensor<8x8xf32> {init = #sluice.constant<1.0>}
sluice.parameter @error : tensor<8x8xf32> {init = #sluice.constant<1.0>}
sluice.parameter @b : tensor<8xf32> {init = #sluice.constant<1.0>}
sluice.slot kept @x : tensor<2x2x8xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = sluice.fetch @x : tensor<2x2x8xf32>
  %w = sluice.read @w : tensor<8x8xf32>
  %wide = sluice.read @wide : tensor<8x8xf32>
  %head = sluice.read @head : tensor<8x8xf32>
  %error = sluice.read @error : tensor<8x8xf32>
  %b = sluice.read @b : tensor<8xf32>
  %y = call @layer(%x, %w, %wide, %head, %error, %b) : (tensor<2x2x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>,
    tensor<8x8xf32>, tensor<8x8xf32>, tensor<8xf32>) -> tensor<2x2x8xf32>
  return
}
func.func private @layer(%x: tensor<2x2x8xf32>, %w: tensor<8x8xf32>, %wide: tensor<8x8xf32>, %head: tensor<8x8xf32>,
    %error: tensor<8x8xf32>, %b: tensor<8xf32>) -> tensor<2x2x8xf32> {
  %0 = sluice.linear %x, %w bias %b {accumulation = #sluice.accumulation<e6m9>}
      : tensor<2x2x8xf32>, tensor<8x8xf32>, tensor<8xf32> to tensor<2x2x8xf32>
  %1 = sluice.linear %0, %wide : tensor<2x2x8xf32>, tensor<8x8xf32> to tensor<2x2x8xf32>
  %2 = sluice.linear %1, %head head : tensor<2x2x8xf32>, tensor<8x8xf32> to tensor<2x2x8xf32>
  %3 = sluice.linear %2, %error transposed errors {accumulation = #sluice.accumulation<e6m9>}
      : tensor<2x2x8xf32>, tensor<8x8xf32> to tensor<2x2x8xf32>
  return %3 : tensor<2x2x8xf32>
}

// RUN: sluice-opt %s --split-input-file --sluice-plan-slots --sluice-destination-passing | FileCheck %s

// Narrow copies of parameters are read and written in the block of what has one version, the last one.

// CHECK-LABEL: func.func @should_read_the_copy
// CHECK-SAME: (%{{[^:]*}}: memref<584xi8>, %[[WEIGHTS:[^:]*]]: memref<128xi8>, %[[NEXT:[^:]*]]: memref<128xi8>,
// CHECK-SAME: {{^}} %{{[^:]*}}: memref<64xi8>, %{{[^:]*}}: memref<0xi8>, %[[ONE:[^:]*]]: memref<128xi8>)
// CHECK: %[[MASTER:.*]] = memref.view %[[WEIGHTS]][%{{.*}}][] : memref<128xi8> to memref<4xf32>
// CHECK: %[[C64:.*]] = arith.constant 64 : index
// CHECK: %[[COPY:.*]] = memref.view %[[ONE]][%[[C64]]][] : memref<128xi8> to memref<4xbf16>
// CHECK: %[[NEW:.*]] = memref.view %[[NEXT]][%{{.*}}][] : memref<128xi8> to memref<4xf32>
// CHECK: %[[C64:.*]] = arith.constant 64 : index
// CHECK: %[[ROUNDED:.*]] = memref.view %[[ONE]][%[[C64]]][] : memref<128xi8> to memref<4xbf16>
// CHECK: call @update(%{{.*}}, %[[MASTER]], %[[COPY]], %[[NEW]], %[[ROUNDED]])
// CHECK-NOT: memref.copy
module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, narrow_type = bf16}
  func.func private @update(%w: tensor<4xf32>, %c: tensor<4xbf16>) -> (tensor<4xf32>, tensor<4xbf16>) {
    %a = sluice.scale %w by 2.0 : tensor<4xf32>
    %b = arith.truncf %a : tensor<4xf32> to tensor<4xbf16>
    return %a, %b : tensor<4xf32>, tensor<4xbf16>
  }
  func.func @should_read_the_copy() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @w : tensor<4xf32>
    %c = sluice.read @w : tensor<4xbf16>
    %0:2 = call @update(%w, %c) : (tensor<4xf32>, tensor<4xbf16>) -> (tensor<4xf32>, tensor<4xbf16>)
    sluice.write %0#0, @w : tensor<4xf32>
    sluice.write %0#1, @w : tensor<4xbf16>
    return
  }
}

// -----

// Where a gate keeps a parameter it is copied to its next version; its copy, which has one, is where it was.
// CHECK-LABEL: func.func @should_not_copy_the_copy
// CHECK: scf.if
// CHECK-NEXT: func.call @update
// CHECK-NEXT: } else {
// CHECK-NEXT: memref.copy %{{.*}}, %{{.*}} : memref<4xf32> to memref<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: return
module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, narrow_type = bf16}
  sluice.slot gate @gates : tensor<2xf64>
  func.func private @update(%w: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xbf16>) {
    %a = sluice.scale %w by 2.0 : tensor<4xf32>
    %b = arith.truncf %a : tensor<4xf32> to tensor<4xbf16>
    return %a, %b : tensor<4xf32>, tensor<4xbf16>
  }
  func.func @should_not_copy_the_copy() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %gates = sluice.fetch @gates : tensor<2xf64>
    %w = sluice.read @w : tensor<4xf32>
    %c = sluice.read @w : tensor<4xbf16>
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f64
    %count = tensor.extract %gates[%c1] : tensor<2xf64>
    %open = arith.cmpf ogt, %count, %zero : f64
    %r:2 = scf.if %open -> (tensor<4xf32>, tensor<4xbf16>) {
      %a:2 = func.call @update(%w) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xbf16>)
      scf.yield %a#0, %a#1 : tensor<4xf32>, tensor<4xbf16>
    } else {
      scf.yield %w, %c : tensor<4xf32>, tensor<4xbf16>
    }
    sluice.write %r#0, @w : tensor<4xf32>
    sluice.write %r#1, @w : tensor<4xbf16>
    return
  }
}

// -----

// A parameter with one version stays where it is as well, and so it does if it is written as it was read.
// CHECK-LABEL: func.func @should_leave_what_has_one_version
// CHECK-NOT: memref.copy
// CHECK: return
module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, in_place}
  func.func @should_leave_what_has_one_version()
      attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @w : tensor<4xf32>
    sluice.write %w, @w : tensor<4xf32>
    return
  }
}

// -----

// The copy is not the parameter: what is read of one and written to the other has to be copied.
// CHECK-LABEL: func.func @should_copy_to_another_parameter
// CHECK: memref.copy %{{.*}}, %{{.*}} : memref<4xbf16> to memref<4xbf16>
module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, narrow_type = bf16}
  sluice.parameter @v : tensor<4xf32> {init = #sluice.constant<0.0>, narrow_type = bf16}
  func.func @should_copy_to_another_parameter()
      attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @w : tensor<4xbf16>
    sluice.write %w, @v : tensor<4xbf16>
    return
  }
}

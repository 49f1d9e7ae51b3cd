// RUN: sluice-opt %s --split-input-file --sluice-plan-slots --sluice-destination-passing | FileCheck %s

module attributes {sluice.scalars = [{name = "rate", value = 1.0, help = ""},
    {name = "other", value = 2.0, help = ""}]} {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.slot state @m : tensor<4xf32> of @w {role = "exp_avg"}
  sluice.slot kept @x : tensor<4xf32>

  // The first argument is updated in place and is where the first result goes; the others have destinations.
  // CHECK-LABEL: func.func private @update
  // CHECK-SAME: (%{{.*}}: memref<584xi8>, %[[M:.*]]: memref<4xf32>, %[[W:.*]]: memref<4xf32>, %{{.*}}: memref<f32>,
  // CHECK-SAME: %[[OUT:.*]]: memref<4xf32>)
  // CHECK: bufferization.to_tensor %[[M]] restrict writable
  // CHECK: bufferization.to_tensor %[[W]] restrict :
  // CHECK: materialize_in_destination %{{.*}} in restrict writable %[[M]]
  // CHECK: materialize_in_destination %{{.*}} in restrict writable %[[OUT]]
  func.func private @update(%m: tensor<4xf32> {sluice.updates = 0 : i64}, %w: tensor<4xf32>, %r: tensor<f32>)
      -> (tensor<4xf32>, tensor<4xf32>) {
    %a = sluice.mul %m, %r : tensor<4xf32>, tensor<f32>
    %b = sluice.scale %w by 2.0 : tensor<4xf32>
    return %a, %b : tensor<4xf32>, tensor<4xf32>
  }

  // Reads and slots are views of the blocks, run-time scalars are loaded from the step; nothing is copied. A parameter
  // is read among the weights and written among the next weights.
  // CHECK-LABEL: func.func @act
  // CHECK-SAME: (%[[STEP:[^:]*]]: memref<584xi8>, %[[WEIGHTS:[^:]*]]: memref<64xi8>, %[[NEXT:[^:]*]]: memref<64xi8>,
  // CHECK-SAME: {{^}} %[[PERSISTENT:[^:]*]]: memref<128xi8>, %{{.*}}: memref<64xi8>)
  // CHECK: %[[W:.*]] = memref.view %[[WEIGHTS]]
  // CHECK: %[[M:.*]] = memref.view %[[PERSISTENT]]
  // CHECK: %[[C40:.*]] = arith.constant 40 : index
  // CHECK: memref.view %[[STEP]][%[[C40]]][] : memref<584xi8> to memref<f64>
  // CHECK: %[[RATE:.*]] = memref.alloc() : memref<f32>
  // CHECK: %[[X:.*]] = memref.view %[[NEXT]]
  // CHECK: call @update(%[[STEP]], %[[M]], %[[W]], %[[RATE]], %[[X]])
  // CHECK-NOT: memref.copy
  // CHECK: return
  func.func @act() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @w : tensor<4xf32>
    %m = sluice.fetch @m : tensor<4xf32>
    %r = sluice.scalar "other" : tensor<f32>
    %y:2 = call @update(%m, %w, %r) : (tensor<4xf32>, tensor<4xf32>, tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>)
    sluice.store %y#0, @m : tensor<4xf32>
    sluice.write %y#1, @w : tensor<4xf32>
    return
  }
}

// -----

// A parameter with one version is read and written where that lies.
module {
  sluice.parameter @table : tensor<4xf32> {init = #sluice.constant<0.0>, in_place}
  func.func private @update(%w: tensor<4xf32>) -> tensor<4xf32> {
    %a = sluice.scale %w by 2.0 : tensor<4xf32>
    return %a : tensor<4xf32>
  }
  // CHECK-LABEL: func.func @in_place
  // CHECK-SAME: memref<0xi8>, %[[PLACE:[^:]*]]: memref<64xi8>)
  // CHECK: %[[FROM:.*]] = memref.view %[[PLACE]]
  // CHECK: %[[TO:.*]] = memref.view %[[PLACE]]
  // CHECK: call @update(%{{.*}}, %[[FROM]], %[[TO]])
  func.func @in_place() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @table : tensor<4xf32>
    %y = call @update(%w) : (tensor<4xf32>) -> tensor<4xf32>
    sluice.write %y, @table : tensor<4xf32>
    return
  }
}

// -----

// Both branches write to one place; what a branch leaves undefined is not written, what it updates stays where it is.
module {
  sluice.slot gate @gates : tensor<2xf64>
  sluice.slot kept @x : tensor<4xf32>
  sluice.slot kept @y : tensor<4xf32>
  sluice.slot kept @z : tensor<4xf32>
  func.func private @update(%w: tensor<4xf32> {sluice.updates = 0 : i64}) -> (tensor<4xf32>, tensor<4xf32>) {
    %a = sluice.scale %w by 2.0 : tensor<4xf32>
    return %a, %w : tensor<4xf32>, tensor<4xf32>
  }
  func.func private @other() -> tensor<4xf32> {
    %a = sluice.zero : tensor<4xf32>
    return %a : tensor<4xf32>
  }

  // CHECK-LABEL: func.func @gated
  // CHECK: %[[GATES:.*]] = memref.view
  // CHECK: %[[X:.*]] = memref.view
  // CHECK: %[[COUNT:.*]] = memref.load %[[GATES]][%c1]
  // CHECK: %[[OPEN:.*]] = arith.cmpf ogt, %[[COUNT]]
  // CHECK: %[[Y:.*]] = memref.view
  // CHECK: scf.if %[[OPEN]] {
  // CHECK-NEXT: func.call @update(%{{.*}}, %[[X]], %[[Y]])
  // CHECK-NEXT: } else {
  // CHECK-NEXT: func.call @other(%{{.*}}, %[[Y]])
  // CHECK-NEXT: }
  // CHECK: scf.if
  // CHECK-NEXT: func.call @other(%{{.*}}, %[[Z:.*]])
  // CHECK-NEXT: }
  func.func @gated() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %gates = sluice.fetch @gates : tensor<2xf64>
    %x = sluice.fetch @x : tensor<4xf32>
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f64
    %count = tensor.extract %gates[%c1] : tensor<2xf64>
    %open = arith.cmpf ogt, %count, %zero : f64
    %r:2 = scf.if %open -> (tensor<4xf32>, tensor<4xf32>) {
      %a:2 = func.call @update(%x) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
      scf.yield %a#0, %a#1 : tensor<4xf32>, tensor<4xf32>
    } else {
      %b = func.call @other() : () -> tensor<4xf32>
      scf.yield %x, %b : tensor<4xf32>, tensor<4xf32>
    }
    sluice.store %r#0, @x : tensor<4xf32>
    sluice.store %r#1, @y : tensor<4xf32>
    %s = scf.if %open -> tensor<4xf32> {
      %b = func.call @other() : () -> tensor<4xf32>
      scf.yield %b : tensor<4xf32>
    } else {
      %p = ub.poison : tensor<4xf32>
      scf.yield %p : tensor<4xf32>
    }
    sluice.store %s, @z : tensor<4xf32>
    return
  }
}

// -----

// What branches of a branch update stays where it is, too.
module {
  sluice.slot gate @gates : tensor<2xf64>
  sluice.slot kept @x : tensor<4xf32>
  func.func private @update(%w: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
    %a = sluice.scale %w by 2.0 : tensor<4xf32>
    return %a : tensor<4xf32>
  }
  // CHECK-LABEL: func.func @nested
  // CHECK: %[[X:.*]] = memref.view %{{.*}} to memref<4xf32>
  // CHECK: scf.if %[[OPEN:.*]] {
  // CHECK-NEXT: scf.if %[[OPEN]] {
  // CHECK-NEXT: func.call @update(%{{.*}}, %[[X]])
  // CHECK-NEXT: } else {
  // CHECK-NEXT: func.call @update(%{{.*}}, %[[X]])
  // CHECK-NEXT: }
  // CHECK-NEXT: } else {
  // CHECK-NEXT: }
  // CHECK-NEXT: return
  func.func @nested() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %gates = sluice.fetch @gates : tensor<2xf64>
    %x = sluice.fetch @x : tensor<4xf32>
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f64
    %count = tensor.extract %gates[%c1] : tensor<2xf64>
    %open = arith.cmpf ogt, %count, %zero : f64
    %r = scf.if %open -> tensor<4xf32> {
      %s = scf.if %open -> tensor<4xf32> {
        %a = func.call @update(%x) : (tensor<4xf32>) -> tensor<4xf32>
        scf.yield %a : tensor<4xf32>
      } else {
        %a = func.call @update(%x) : (tensor<4xf32>) -> tensor<4xf32>
        scf.yield %a : tensor<4xf32>
      }
      scf.yield %s : tensor<4xf32>
    } else {
      scf.yield %x : tensor<4xf32>
    }
    sluice.store %r, @x : tensor<4xf32>
    return
  }
}

// -----

// A constant is written to memory of the action, whatever its rank.
module {
  sluice.slot kept @x : tensor<4xf32>
  func.func private @use(%a: tensor<f32>, %b: tensor<1xi32>) -> tensor<4xf32> {
    %x = sluice.zero : tensor<4xf32>
    return %x : tensor<4xf32>
  }
  // CHECK-LABEL: func.func @constants
  // CHECK: memref.store %{{.*}}, %[[A:.*]][] : memref<f32>
  // CHECK: memref.store %{{.*}}, %[[B:.*]][%{{.*}}] : memref<1xi32>
  // CHECK: call @use(%{{.*}}, %[[A]], %[[B]],
  func.func @constants() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
    %a = arith.constant dense<0.0> : tensor<f32>
    %b = arith.constant dense<3> : tensor<1xi32>
    %x = call @use(%a, %b) : (tensor<f32>, tensor<1xi32>) -> tensor<4xf32>
    sluice.store %x, @x : tensor<4xf32>
    return
  }
}

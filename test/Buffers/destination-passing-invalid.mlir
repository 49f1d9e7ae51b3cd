// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-plan-slots --sluice-destination-passing

module {
  func.func @act() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    // expected-error @below {{expected one of the module's 'sluice.scalars', found 'rate'}}
    %r = sluice.scalar "rate" : tensor<f32>
    return
  }
}

// -----

module {
  func.func @act() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    // expected-error @below {{is not expected in an action}}
    %z = sluice.zero : tensor<4xf32>
    return
  }
}

// -----

module {
  sluice.slot gate @gates : tensor<1xf64>
  sluice.slot kept @x : tensor<4xf32>
  sluice.slot kept @y : tensor<4xf32>
  func.func private @update(%w: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
    return %w : tensor<4xf32>
  }
  func.func @act() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %gates = sluice.fetch @gates : tensor<1xf64>
    %x = sluice.fetch @x : tensor<4xf32>
    %y = sluice.fetch @y : tensor<4xf32>
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f64
    %count = tensor.extract %gates[%c0] : tensor<1xf64>
    %open = arith.cmpf ogt, %count, %zero : f64
    // expected-error @below {{expected branches that update one place for result 0}}
    %r = scf.if %open -> tensor<4xf32> {
      %a = func.call @update(%x) : (tensor<4xf32>) -> tensor<4xf32>
      scf.yield %a : tensor<4xf32>
    } else {
      %b = func.call @update(%y) : (tensor<4xf32>) -> tensor<4xf32>
      scf.yield %b : tensor<4xf32>
    }
    sluice.store %r, @x : tensor<4xf32>
    return
  }
}

// -----

module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
  func.func private @update(%w: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
    return %w : tensor<4xf32>
  }
  func.func @act() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @w : tensor<4xf32>
    // expected-error @below {{expected a parameter that is only read, found that 'update' updates 'w' in place}}
    %new = call @update(%w) : (tensor<4xf32>) -> tensor<4xf32>
    sluice.write %new, @w : tensor<4xf32>
    return
  }
}

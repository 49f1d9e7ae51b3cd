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

// RUN: sluice-opt %s --split-input-file --sluice-key-contractions --verify-diagnostics

#drawn = #sluice.accumulation<e6m9, rounding = stochastic>
func.func @should_refuse_sums_in_an_action() attributes {sluice.action = #sluice.action<forward>} {
  %x = sluice.fetch @x : tensor<4x4xf32>
  // expected-error @below {{expected sums that round stochastically in a function that actions call}}
  %0 = sluice.linear %x, %x {accumulation = #drawn} : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
  return
}
sluice.slot kept @x : tensor<4x4xf32>

// -----

#drawn = #sluice.accumulation<e6m9, rounding = stochastic>
sluice.graph @eval(%tokens: tensor<4xi32>) -> tensor<4x4xf32> {
  %w = sluice.read @w : tensor<4x4xf32>
  // expected-error @below {{expected sums that round stochastically in a function that actions call}}
  %0 = sluice.matmul %w, %w {accumulation = #drawn} : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
  sluice.return %0 : tensor<4x4xf32>
}
sluice.parameter @w : tensor<4x4xf32> {init = #sluice.constant<1.0>}

// -----

// The key of a step is in actions alone.
#drawn = #sluice.accumulation<e6m9, rounding = stochastic>
func.func private @outer(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // expected-error @below {{expected an action around a call of 'inner', whose sums round stochastically}}
  %0 = call @inner(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}
func.func private @inner(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = sluice.linear %x, %x {accumulation = #drawn} : tensor<4x4xf32>, tensor<4x4xf32> to tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

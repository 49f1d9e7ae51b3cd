// RUN: sluice-opt %s --sluice-cut-stages --split-input-file --verify-diagnostics

// What one stage cannot have of another.

func.func private @layer() -> tensor<4xf32>
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 0}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  // expected-note@+1 {{the value is computed here}}
  %x = call @layer() {sluice.stage = 1 : i64} : () -> tensor<4xf32>
  // expected-error@+1 {{expected a slot of stage 1, found 'g' of stage 0}}
  sluice.store %x, @g : tensor<4xf32>
  return
}

// -----

func.func private @layer() -> tensor<4xf32>
sluice.slot result @two_stages_store : tensor<4xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = call @layer() {sluice.stage = 0 : i64} : () -> tensor<4xf32>
  sluice.store %x, @two_stages_store : tensor<4xf32>
  // expected-note@+1 {{the value is computed here}}
  %y = call @layer() {sluice.stage = 1 : i64} : () -> tensor<4xf32>
  // expected-error@+1 {{expected a slot of stage 1, found 'two_stages_store' of stage 0}}
  sluice.store %y, @two_stages_store : tensor<4xf32>
  return
}

// -----

func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
sluice.slot kept @nobody_stores : tensor<4xf32>
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  // expected-error@+1 {{expected a slot that an action stores to, found 'nobody_stores'}}
  %x = sluice.fetch @nobody_stores : tensor<4xf32>
  %y = call @layer(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  // expected-error@+1 {{expected a parameter of stage 1, or one that it reads, found 'w' of stage 0}}
  %w = sluice.read @w : tensor<4xf32>
  %y = call @layer(%w) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Forward sends nothing to an earlier stage.
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %zero = sluice.zero : tensor<4xf32>
  // expected-note@+1 {{'train.forward.boundary' is of kind 'boundary' and stage 1}}
  %x = call @layer(%zero) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@+1 {{expected a value of stage 0, or one that action 'forward' may have from another}}
  %y = call @layer(%x) {sluice.stage = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Backward sends nothing to a later stage: what comes from an earlier one was sent behind forward.
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  %zero = sluice.zero : tensor<4xf32>
  // expected-note@+1 {{is of kind 'boundary' and stage 0}}
  %x = call @layer(%zero) {sluice.stage = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  // expected-error@+1 {{expected a value of stage 1, or one that action 'backward' may have from another}}
  %y = call @layer(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// What persists is not sent behind forward, whoever stored it.
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
// expected-note@+1 {{'g' is of kind 'gradient' and stage 0}}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 0}
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  // expected-error@+1 {{expected a value of stage 1, or one that action 'forward' may have from another}}
  %x = sluice.fetch @g : tensor<4xf32>
  %y = call @layer(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Nor is it sent behind backward.
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
// expected-note@+1 {{'g' is of kind 'gradient' and stage 1}}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 1}
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  // expected-error@+1 {{expected a value of stage 0, or one that action 'backward' may have from another}}
  %x = sluice.fetch @g : tensor<4xf32>
  %y = call @layer(%x) {sluice.stage = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// An exchange is of gradients alone.
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
// expected-note@+1 {{'x' is of kind 'kept' and stage 0}}
sluice.slot kept @x : tensor<4xf32> {stage = 0}
func.func @train.tied() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train"} {
  // expected-error@+1 {{expected a value of stage 1, or one that action 'tied' may have from another}}
  %x = sluice.fetch @x : tensor<4xf32>
  %y = call @layer(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Updates have nothing of another stage.
func.func private @layer() -> tensor<4xf32>
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
func.func @train.update() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
  // expected-note@+1 {{is of kind 'boundary' and stage 0}}
  %x = call @layer() {sluice.stage = 0 : i64} : () -> tensor<4xf32>
  // expected-error@+1 {{expected a value of stage 1, or one that action 'update' may have from another}}
  sluice.write %x, @w : tensor<4xf32>
  return
}

// RUN: sluice-opt %s --sluice-schedule-stages --split-input-file --verify-diagnostics
func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} { return }
// expected-error@+1 {{expected a pipeline or no symbol 'train.pipeline' beside the actions of 'train'}}
func.func private @train.pipeline()

// -----

func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1} { return }
// expected-error@+1 {{expected the stages of the model, 2, found 1}}
pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  pipe.program @device.0 device 0 body {
  }
}

// -----

func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} { return }
// expected-error@+1 {{expected the micro-batches of the model, 1, found 3}}
pipe.pipeline @train.pipeline stages 1 micro_batches 3 replicas 1 groups 1 ages [0] {
  pipe.program @device.0 device 0 body {
  }
}

// -----

func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1} { return }
// expected-error@+1 {{expected every stage on a device from 0 to 1}}
pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] devices [0, 7] {
  pipe.program @device.0 device 0 body {
  }
  pipe.program @device.1 device 1 body {
  }
}

// -----

// What stages need of each other has to be sent in every replica.
sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @x.1 : tensor<4xf32> {stage = 1}
func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1} { return }
sluice.message @m behind <forward> of "train" from 0 to 1 sends [@x] receives [@x.1]
// expected-error@+1 {{expected a channel of activations from device 2 to 3, for the message 'm'}}
pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 2 groups 2 ages [0, 0] {
  pipe.channel @up activations from 0 to 1 capacity 1 ()
  pipe.program @device.0 device 0 body {
  }
  pipe.program @device.1 device 1 body {
  }
  pipe.program @device.2 device 2 body {
  }
  pipe.program @device.3 device 3 body {
  }
}

// -----

func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} { return }
// expected-error@+1 {{expected a program a device, 1, found 0}}
pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
}

// -----

// Programs have to know whose gradients are added.
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, readers = array<i64: 0>}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 1}
sluice.slot gradient @g.1 : tensor<4xf32> of @w {stage = 0}
func.func @f() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 1} { return }
// expected-error@+1 {{expected the tied stages 0 and 1 among its own}}
pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] devices [0, 0] tied [1, 1] {
  pipe.program @device.0 device 0 body {
  }
}

// -----

// What stages have in common is on one device.
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, readers = array<i64: 0>}
func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1} { return }
// expected-error@+1 {{expected stages 0 and 1 on one device, as both read 'w'}}
pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  pipe.program @device.0 device 0 body {
  }
  pipe.program @device.1 device 1 body {
  }
}

// RUN: sluice-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 'ages' of 2 stages, found 1}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0] {
}

// -----

// expected-error @below {{expected 'ages' of at least 0, found -1}}
pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [-1] {
}

// -----

// expected-error @below {{expected 'devices' of 1 stages, found 2}}
pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] devices [0, 1] {
}

// -----

// expected-error @below {{expected 'frames' of 1 stages, found 0}}
pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [] {
}

// -----

// expected-error @below {{expected 'frames' of at least 1, found 0}}
pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] frames [0] {
}

// -----

// expected-error @below {{expected 'busy' of 4 devices, found 2}}
pipe.pipeline @p stages 2 micro_batches 2 replicas 2 groups 2 ages [0, 0] busy [1.0, 1.0] {
}

// -----

// expected-error @below {{expected 'busy' from 0 to 1, found 1.500000e+00}}
pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] busy [1.5] {
}

// -----

// expected-error @below {{expected 'busy' from 0 to 1, found -5.000000e-01}}
pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] busy [-0.5] {
}

// -----

// expected-error @below {{expected pairs of tied stages, found 3 stages}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] tied [0, 1, 1] {
}

// -----

// expected-error @below {{expected tied stages in ascending order, below 2, found 1 and 0}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] tied [1, 0] {
}

// -----

// expected-error @below {{expected tied stages in ascending order, below 2, found 0 and 2}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] tied [0, 2] {
}

// -----

// expected-error @below {{'stages' failed to satisfy constraint: 32-bit signless integer attribute whose value is}}
pipe.pipeline @p stages 0 micro_batches 1 replicas 1 groups 1 ages [] {
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  // expected-error @below {{expected channels and programs in a pipeline, found 'func.func'}}
  func.func private @f()
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  // expected-note @below {{another is here}}
  pipe.program @a device 0 body {
  }
  // expected-error @below {{expected one program of device 0}}
  pipe.program @b device 0 body {
  }
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 2 groups 2 ages [0, 0] {
  // expected-error @below {{expected a device from 0 to 3, found 4}}
  pipe.program @a device 4 body {
  }
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{expected a device from 0 to 1, found 2}}
  pipe.channel @c activations from 0 to 2 capacity 1 ()
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{expected a device from 0 to 1, found 3}}
  pipe.channel @c activations from 3 to 0 capacity 1 ()
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{expected two different devices, found 1 twice}}
  pipe.channel @c activations from 1 to 1 capacity 1 ()
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{'capacity' failed to satisfy constraint: 32-bit signless integer attribute whose}}
  pipe.channel @c activations from 0 to 1 capacity -1 ()
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{expected 'sends' of 0 tensors, found 1}}
  pipe.channel @c activations from 0 to 1 capacity 1 () sends [@s]
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{expected a slot named 's'}}
  pipe.channel @c activations from 0 to 1 capacity 1 (tensor<f32>) receives [@s]
}

// -----

sluice.slot kept @s : tensor<4xf32>
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{expected tensor<f32> in slot 's', found 'tensor<4xf32>'}}
  pipe.channel @c activations from 0 to 1 capacity 1 (tensor<f32>) sends [@s]
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  pipe.program @a device 0 body {
    // expected-error @below {{expected actions in a program, found 'arith.constant'}}
    %c = arith.constant 1 : i32
  }
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  pipe.program @a device 0 body {
  } epilogue {
    // expected-error @below {{expected actions in a program, found 'ub.poison'}}
    %p = ub.poison : i32
  }
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  pipe.program @a device 0 body {
    // expected-error @below {{expected a micro-batch of 'backward'}}
    pipe.run backward stage 0
  }
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  pipe.program @a device 0 body {
    // expected-error @below {{expected no micro-batch of 'tied'}}
    pipe.run tied stage 0 micro_batch 0
  }
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  pipe.program @a device 0 body {
    // expected-error @below {{expected two different buffers, found 1 twice}}
    pipe.combine 1 into 1 stage 0
  }
}

// -----

pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  pipe.program @a device 0 body {
    // expected-error @below {{expected a channel named 'c'}}
    pipe.send @c stage 0 micro_batch 0
  }
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-note @below {{the channel is here}}
  pipe.channel @c activations from 0 to 1 capacity 1 ()
  pipe.program @a device 1 body {
    // expected-error @below {{expected a channel that starts at device 1}}
    pipe.send @c stage 1 micro_batch 0
  }
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-note @below {{the channel is here}}
  pipe.channel @c activations from 0 to 1 capacity 1 ()
  pipe.program @a device 0 body {
    // expected-error @below {{expected a channel that ends at device 0}}
    pipe.recv @c stage 0 micro_batch 0
  }
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-note @below {{the channel is here}}
  pipe.channel @c gradients from 1 to 0 capacity 1 ()
  pipe.program @a device 0 body {
    // expected-error @below {{expected a micro-batch of 'gradients'}}
    pipe.recv @c stage 0
  }
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] tied [0, 1] {
  // expected-note @below {{the channel is here}}
  pipe.channel @c tied from 0 to 1 capacity 1 ()
  pipe.program @a device 0 body {
    // expected-error @below {{expected no micro-batch of 'tied'}}
    pipe.send @c stage 0 micro_batch 0
  }
}

// -----

pipe.pipeline @p stages 1 micro_batches 2 replicas 2 groups 2 ages [0] {
  // expected-note @below {{the channel is here}}
  pipe.channel @c replica from 0 to 1 capacity 1 ()
  pipe.program @a device 0 body {
    // expected-error @below {{expected a gradient buffer of 'replica'}}
    pipe.send @c stage 0
  }
}

// -----

pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-note @below {{the channel is here}}
  pipe.channel @c activations from 0 to 1 capacity 1 ()
  pipe.program @a device 1 body {
    // expected-error @below {{expected no gradient buffer of 'activations'}}
    pipe.recv @c stage 1 micro_batch 0 buffer 0
  }
}

// -----

// expected-error @below {{expects parent op 'pipe.program'}}
pipe.reduce

// -----

// expected-error @below {{expects parent op 'pipe.pipeline'}}
pipe.program @a device 0 body {
}

// -----

// expected-error @below {{expects parent op 'pipe.pipeline'}}
pipe.channel @c activations from 0 to 1 capacity 1 ()

// -----

pipe.pipeline @p stages 3 micro_batches 1 replicas 1 groups 1 ages [0, 0, 0] devices [0, 1, 0] {
  // expected-error @below {{expected 'stages', as a device holds several}}
  pipe.channel @c activations from 0 to 1 capacity 1 ()
}

// -----

pipe.pipeline @p stages 3 micro_batches 1 replicas 1 groups 1 ages [0, 0, 0] devices [0, 1, 0] {
  // expected-error @below {{expected 'stages' of its two ends, found 1}}
  pipe.channel @c activations from 0 to 1 stages [0] capacity 1 ()
}

// -----

pipe.pipeline @p stages 3 micro_batches 1 replicas 1 groups 1 ages [0, 0, 0] devices [0, 1, 0] {
  // expected-error @below {{expected 'stages' below 3, found 3}}
  pipe.channel @c activations from 1 to 0 stages [1, 3] capacity 1 ()
}

// -----

pipe.pipeline @p stages 3 micro_batches 1 replicas 2 groups 1 ages [0, 0, 0] devices [0, 1, 0] {
  // expected-error @below {{expected a device from 0 to 3, found 4}}
  pipe.channel @c replica from 0 to 4 stages [0, 0] capacity 1 ()
}

// -----

// expected-error @below {{expected 'error_ages' of 2 stages, found 1}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0, 0] error_ages [1] {
}

// -----

// expected-error @below {{expected 'activation_ages' of 2 stages, found 1}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] activation_ages [0] error_ages [1, 0] {
}

// -----

// expected-error @below {{expected 'predicted_weights' only with an age above 0 and without 'current_weights'}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] predicted_weights {
}

// -----

// expected-error @below {{expected 'predicted_weights' only with an age above 0 and without 'current_weights'}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] current_weights predicted_weights {
}

// -----

// expected-error @below {{expected 'current_weights' only with an age above 0, found none}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] current_weights {
}

// -----

// Its tied stages are on two devices.
// expected-error @below {{expected 'tied_delay' only with two tied stages on one device, the first of an age above 0}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] tied [0, 1] tied_delay {
}

// -----

// Both uses are in one stage.
// expected-error @below {{expected 'tied_delay' only with two tied stages on one device, the first of an age above 0}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [1, 0] tied [1, 1] tied_delay {
}

// -----

// No stage is late.
// expected-error @below {{expected 'tied_delay' only with two tied stages on one device, the first of an age above 0}}
pipe.pipeline @p stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] devices [0, 0] tied [0, 1] tied_delay {
}

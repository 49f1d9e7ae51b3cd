// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-verify-schedule

// Rendezvous: stage 0 is held at its first send until stage 1 is at its receive, which is fine, and then both send.
pipe.pipeline @no_room stages 2 micro_batches 2 replicas 1 groups 1 ages [0, 0] {
  pipe.channel @up activations from 0 to 1 capacity 0 ()
  pipe.channel @down gradients from 1 to 0 capacity 0 ()
  pipe.program @first device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.send @up stage 0 micro_batch 0
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    // expected-error @below {{deadlock: it waits for recv of activations of micro-batch 1 in stage 1 from}}
    pipe.send @up stage 0 micro_batch 1
    pipe.recv @down stage 0 micro_batch 0
    pipe.run backward stage 0 micro_batch 0
    pipe.recv @down stage 0 micro_batch 1
    pipe.run backward stage 0 micro_batch 1
    pipe.reduce
    pipe.update stage 0
  }
  pipe.program @last device 1 body {
    pipe.load stage 1 micro_batch 0
    pipe.recv @up stage 1 micro_batch 0
    pipe.run forward stage 1 micro_batch 0
    pipe.run backward stage 1 micro_batch 0
    // expected-note @below {{device 1 waits here}}
    pipe.send @down stage 1 micro_batch 0
    pipe.load stage 1 micro_batch 1
    pipe.recv @up stage 1 micro_batch 1
    pipe.run forward stage 1 micro_batch 1
    pipe.run backward stage 1 micro_batch 1
    pipe.send @down stage 1 micro_batch 1
    pipe.reduce
    pipe.update stage 1
  }
}

// -----

pipe.pipeline @another_order stages 2 micro_batches 2 replicas 1 groups 1 ages [0, 0] forward_only {
  pipe.channel @up activations from 0 to 1 capacity 1 ()
  pipe.program @first device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    // expected-note @below {{what it meets is sent here}}
    pipe.send @up stage 0 micro_batch 0
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    pipe.send @up stage 0 micro_batch 1
  }
  pipe.program @last device 1 body {
    pipe.load stage 1 micro_batch 1
    // expected-error @below {{the channel brings send of activations of micro-batch 0 in stage 0 to stage 1}}
    pipe.recv @up stage 1 micro_batch 1
    pipe.run forward stage 1 micro_batch 1
    pipe.load stage 1 micro_batch 0
    pipe.recv @up stage 1 micro_batch 0
    pipe.run forward stage 1 micro_batch 0
  }
}

// -----

pipe.pipeline @too_few_frames stages 1 micro_batches 2 replicas 1 groups 1 ages [0] frames [1] {
  pipe.program @only device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    // expected-error @below {{a frame that backward of micro-batch 0 in stage 0 still needs; the stage has 1}}
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    // expected-note @below {{it is needed here}}
    pipe.run backward stage 0 micro_batch 0
    pipe.run backward stage 0 micro_batch 1
    pipe.reduce
    pipe.update stage 0
  }
}

// -----

pipe.pipeline @no_backward stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
  // expected-error @below {{stage 0: expected one backward of micro-batch 0, found none}}
  pipe.program @only device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.reduce
    pipe.update stage 0
  }
}

// -----

pipe.pipeline @descending stages 1 micro_batches 2 replicas 1 groups 1 ages [0] {
  pipe.program @only device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    // expected-error @below {{expected ascending micro-batches within their group: buffer 0 holds nothing}}
    pipe.run backward stage 0 micro_batch 1
    pipe.run backward stage 0 micro_batch 0
    pipe.reduce
    pipe.update stage 0
  }
}

// -----

pipe.pipeline @older stages 1 micro_batches 1 replicas 1 groups 1 ages [1] {
  pipe.program @only device 0 body {
    pipe.load stage 0 micro_batch 0
    // expected-note @below {{weights of this forward}}
    pipe.run forward stage 0 micro_batch 0
    // expected-error @below {{expected a gradient of age 1, as the stage declares, found age 0}}
    pipe.run backward stage 0 micro_batch 0
    pipe.reduce
    pipe.update stage 0
  }
}

// -----

pipe.pipeline @ahead stages 1 micro_batches 1 replicas 1 groups 1 ages [0] forward_only {
  pipe.program @only device 0 prologue {
    // expected-error @below {{device 0: expected an empty prologue and epilogue in a synchronous schedule}}
    pipe.load stage 0 micro_batch 0 iteration 1
  } body {
    pipe.load stage 0 micro_batch 0 iteration 1
    pipe.run forward stage 0 micro_batch 0
  }
}

// -----

pipe.pipeline @behind stages 1 micro_batches 1 replicas 1 groups 1 ages [0] forward_only {
  pipe.program @only device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
  } epilogue {
    // expected-error @below {{device 0: expected an empty prologue and epilogue in a synchronous schedule}}
    pipe.load stage 0 micro_batch 0
  }
}

// -----

pipe.pipeline @wrong_way stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  // expected-error @below {{channel 0 from device 1 to 0: expected activations to go to the next stage of a replica}}
  pipe.channel @down activations from 1 to 0 capacity 1 ()
  pipe.program @first device 0 body {
  }
  pipe.program @last device 1 body {
  }
}

// -----

// expected-error @below {{expected replicas that divide 3 micro-batches; 1 would fit, found 2}}
pipe.pipeline @indivisible stages 1 micro_batches 3 replicas 2 groups 2 ages [0] {
  pipe.program @first device 0 body {
  }
  pipe.program @second device 1 body {
  }
}

// -----

// expected-error @below {{expected a program a device, 2, found 1}}
pipe.pipeline @idle stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] {
  pipe.program @first device 0 body {
  }
}

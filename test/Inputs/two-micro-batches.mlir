  // The end of a module: programs of one stage that runs both forwards first.
  pipe.pipeline @train.pipeline stages 1 micro_batches 2 replicas 1 groups 1 ages [0] tied [0, 0] {
    pipe.program @device.0 device 0 body {
      pipe.load stage 0 micro_batch 0
      pipe.run forward stage 0 micro_batch 0
      pipe.load stage 0 micro_batch 1
      pipe.run forward stage 0 micro_batch 1
      pipe.run backward stage 0 micro_batch 0
      pipe.run backward stage 0 micro_batch 1
      pipe.run tied stage 0
      pipe.reduce
      pipe.update stage 0
    }
  }
}

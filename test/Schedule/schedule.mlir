// RUN: sluice-opt %s --sluice-schedule | FileCheck %s --check-prefix=DEFAULT
// RUN: sluice-opt %s --sluice-schedule="schedule=1f1b stages=2 microbatches=2 capacity=3 tied=0,1" \
// RUN:   | FileCheck %s --check-prefix=TIED
// RUN: sluice-opt %s --sluice-schedule="schedule=gpipe microbatches=4 replicas=2 reduction-groups=4" \
// RUN:   | FileCheck %s --check-prefix=REPLICAS
// RUN: sluice-opt %s --sluice-schedule="schedule=gpipe stages=2 microbatches=2" \
// RUN:   --sluice-schedule="schedule=gpipe stages=2 microbatches=2 forward-only name=eval.pipeline" \
// RUN:   | FileCheck %s --check-prefix=FORWARD
// RUN: sluice-opt %s --sluice-schedule="schedule=zero-bubble stages=2 microbatches=2" \
// RUN:   | FileCheck %s --check-prefix=ZERO
// What is generated is proved, and read back as it was written.
// RUN: sluice-opt %s --sluice-schedule="schedule=1f1b stages=3 microbatches=8 replicas=2 reduction-groups=4 tied=0,2" \
// RUN:   | sluice-opt --sluice-verify-schedule
// RUN: sluice-opt %s --sluice-schedule="schedule=interleaved stages=4 devices=2 microbatches=4 replicas=2" \
// RUN:   | FileCheck %s --check-prefix=HELD
// RUN: sluice-opt %s --sluice-schedule="schedule=interleaved stages=4 devices=2 microbatches=4 replicas=2 tied=0,3" \
// RUN:   | sluice-opt --sluice-verify-schedule
// RUN: sluice-opt %s --sluice-schedule="schedule=zero-bubble stages=3 microbatches=8 replicas=2 reduction-groups=4 \
// RUN:   tied=0,2" | sluice-opt --sluice-verify-schedule
// RUN: sluice-opt %s --sluice-schedule="schedule=ouroboros stages=3 devices=2 tied=0,2" \
// RUN:   | FileCheck %s --check-prefix=STALE
// RUN: sluice-opt %s --sluice-schedule="schedule=ouroboros stages=3 devices=2 tied=0,2" \
// RUN:   | sluice-opt --sluice-verify-schedule | FileCheck %s --check-prefix=PROVED

module {}

// DEFAULT:      pipe.pipeline @train.pipeline stages 1 micro_batches 1 replicas 1 groups 1 ages [0] {
// DEFAULT-NEXT:   pipe.program @device.0 device 0 body {
// DEFAULT-NEXT:     pipe.load stage 0 micro_batch 0
// DEFAULT-NEXT:     pipe.run forward stage 0 micro_batch 0
// DEFAULT-NEXT:     pipe.run backward stage 0 micro_batch 0
// DEFAULT-NEXT:     pipe.reduce
// DEFAULT-NEXT:     pipe.update stage 0
// DEFAULT-NEXT:   }

// TIED:      pipe.pipeline @train.pipeline stages 2 micro_batches 2 replicas 1 groups 1 ages [0, 0] tied [0, 1] {
// TIED-NEXT:   pipe.channel @activations.0.1 activations from 0 to 1 capacity 3 ()
// TIED-NEXT:   pipe.channel @gradients.1.0 gradients from 1 to 0 capacity 3 ()
// TIED-NEXT:   pipe.channel @tied.0.1 tied from 0 to 1 capacity 3 ()
// TIED-NEXT:   pipe.channel @tied.1.0 tied from 1 to 0 capacity 3 ()
// TIED-NEXT:   pipe.program @device.0 device 0 body {
// TIED-NEXT:     pipe.load stage 0 micro_batch 0
// TIED-NEXT:     pipe.run forward stage 0 micro_batch 0
// TIED-NEXT:     pipe.send @activations.0.1 stage 0 micro_batch 0
// TIED-NEXT:     pipe.load stage 0 micro_batch 1
// TIED-NEXT:     pipe.run forward stage 0 micro_batch 1
// TIED-NEXT:     pipe.send @activations.0.1 stage 0 micro_batch 1
// TIED-NEXT:     pipe.recv @gradients.1.0 stage 0 micro_batch 0
// TIED-NEXT:     pipe.run backward stage 0 micro_batch 0
// TIED-NEXT:     pipe.recv @gradients.1.0 stage 0 micro_batch 1
// TIED-NEXT:     pipe.run backward stage 0 micro_batch 1
// TIED-NEXT:     pipe.send @tied.0.1 stage 0
// TIED-NEXT:     pipe.recv @tied.1.0 stage 0
// TIED-NEXT:     pipe.run tied stage 0
// TIED-NEXT:     pipe.reduce
// TIED-NEXT:     pipe.update stage 0

// Stage 1 sends the gradient of an input before it computes those of weights, which wait for that of the next.
// ZERO:        pipe.program @device.1 device 1 body {
// ZERO:          pipe.run backward_input stage 1 micro_batch 0
// ZERO-NEXT:     pipe.send @gradients.1.0 stage 1 micro_batch 0
// ZERO-NEXT:     pipe.load stage 1 micro_batch 1
// ZERO-NEXT:     pipe.recv @activations.0.1 stage 1 micro_batch 1
// ZERO-NEXT:     pipe.run forward stage 1 micro_batch 1
// ZERO-NEXT:     pipe.run backward_input stage 1 micro_batch 1
// ZERO-NEXT:     pipe.send @gradients.1.0 stage 1 micro_batch 1
// ZERO-NEXT:     pipe.run backward_weight stage 1 micro_batch 0
// ZERO-NEXT:     pipe.run backward_weight stage 1 micro_batch 1
// ZERO-NEXT:     pipe.reduce

// Two groups a replica are combined, then those of the replicas.
// REPLICAS:      pipe.pipeline @train.pipeline stages 1 micro_batches 4 replicas 2 groups 4 ages [0] {
// REPLICAS:      pipe.program @device.1 device 1 body {
// REPLICAS:        pipe.run backward stage 0 micro_batch 2
// REPLICAS-NEXT:   pipe.run backward stage 0 micro_batch 3
// REPLICAS-NEXT:   pipe.combine 1 into 0 stage 0
// REPLICAS-NEXT:   pipe.send @replica.1.0 stage 0 buffer 0
// REPLICAS-NEXT:   pipe.recv @replica.0.1 stage 0 buffer 1
// REPLICAS-NEXT:   pipe.combine 1 into 0 stage 0
// REPLICAS-NEXT:   pipe.reduce

// FORWARD:      pipe.pipeline @train.pipeline stages 2
// FORWARD:      pipe.pipeline @eval.pipeline stages 2 micro_batches 2 replicas 1 groups 1 ages [0, 0] forward_only {
// FORWARD-NEXT:   pipe.channel @activations.0.1 activations from 0 to 1 capacity 1 ()
// FORWARD-NEXT:   pipe.program
// FORWARD-NOT:    backward
// FORWARD-NOT:    update

// A device holds two stages, and replica 1 has devices 2 and 3.
// HELD:      pipe.pipeline @train.pipeline stages 4 micro_batches 4 replicas 2 groups 2 ages [0, 0, 0, 0]
// HELD-SAME:   devices [0, 1, 0, 1] {
// HELD-NEXT:   pipe.channel @activations.0.1 activations from 0 to 1 stages [0, 1] capacity 1 ()
// HELD:        pipe.channel @activations.1.2 activations from 1 to 0 stages [1, 2] capacity 1 ()
// HELD:        pipe.channel @replica.0.4 replica from 0 to 2 stages [0, 0] capacity 1 ()
// HELD:        pipe.channel @activations.4.5 activations from 2 to 3 stages [0, 1] capacity 1 ()
// HELD:        pipe.program @device.1 device 1 body {
// HELD-NEXT:     pipe.load stage 1 micro_batch 0
// HELD-NEXT:     pipe.recv @activations.0.1 stage 1 micro_batch 0
// HELD-NEXT:     pipe.run forward stage 1 micro_batch 0
// HELD-NEXT:     pipe.send @activations.1.2 stage 1 micro_batch 0
// HELD:          pipe.run forward stage 3 micro_batch 0
// HELD:          pipe.reduce
// HELD-NEXT:     pipe.update stage 1
// HELD-NEXT:     pipe.update stage 3
// HELD-NEXT:   }

// The ring: backward of stage 0 is two steps late, and it waits for no other device before it is updated. Stage 2 of
// the same device adds its gradient of what both use, and updates that.
// STALE:      pipe.pipeline @train.pipeline stages 3 micro_batches 1 replicas 1 groups 1 ages [2, 1, 0]
// STALE-SAME:   activation_ages [0, 0, 0] error_ages [1, 1, 0] devices [0, 1, 0] tied [0, 2] {
// STALE:        pipe.program @device.0 device 0 body {
// STALE-NEXT:     pipe.load stage 0 micro_batch 0
// STALE-NEXT:     pipe.run forward stage 0 micro_batch 0
// STALE-NEXT:     pipe.send @activations.0.1 stage 0 micro_batch 0
// STALE-NEXT:     pipe.recv @gradients.1.0 stage 0 micro_batch 0 iteration -2
// STALE-NEXT:     pipe.run backward stage 0 micro_batch 0 iteration -2
// STALE-NEXT:     pipe.reduce stage 0
// STALE-NEXT:     pipe.update stage 0
// STALE-NEXT:     pipe.load stage 2 micro_batch 0
// STALE:          pipe.run backward stage 2 micro_batch 0
// STALE-NEXT:     pipe.send @gradients.2.1 stage 2 micro_batch 0
// STALE-NEXT:     pipe.run tied stage 2
// STALE-NEXT:     pipe.reduce stage 2
// STALE-NEXT:     pipe.update stage 2
// STALE:        pipe.program @device.1 device 1 body {
// STALE:          pipe.run backward stage 1 micro_batch 0 iteration -1
// STALE-NEXT:     pipe.send @gradients.1.0 stage 1 micro_batch 0 iteration -1
// STALE-NEXT:     pipe.reduce stage 1
// STALE-NEXT:     pipe.update stage 1
// PROVED:     error_ages [1, 1, 0] devices [0, 1, 0] tied [0, 2] frames [3, 2, 1] {

// Each bad option is one error.
// RUN: split-file %s %t
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=partition=1,2 2>&1 | FileCheck %s --check-prefix=SUM
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages="stages=3 partition=1,1" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=COUNT
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=partition=3,-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=partition=1,one 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=partition=1,,1 2>&1 | FileCheck %s --check-prefix=GAP
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=partition=9223372036854775807,9223372036854775807,4 2>&1 \
// RUN:   | FileCheck %s --check-prefix=HUGE
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=partition=1,0,1 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=stages=5 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=partition=0,1,0,1,0 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=stages=-1 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages="stages=2 memory-limit=100" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MEMORY
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages="partition=1,1 memory-limit=100" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FIT
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=memory-limit=-1 2>&1 | FileCheck %s --check-prefix=LIMIT
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=schedule=2f2b 2>&1 | FileCheck %s --check-prefix=SCHEDULE
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=optimizer=lion 2>&1 | FileCheck %s --check-prefix=OPTIMIZER
// RUN: not sluice-opt %t/two.mlir --sluice-assign-stages=microbatches=0 2>&1 | FileCheck %s --check-prefix=MICRO
// RUN: not sluice-opt %t/flat.mlir --sluice-assign-stages=stages=2 2>&1 | FileCheck %s --check-prefix=FLAT
// RUN: not sluice-opt %t/other.mlir --sluice-assign-stages=stages=2 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not sluice-opt %t/descending.mlir --sluice-assign-stages=stages=2 2>&1 | FileCheck %s --check-prefix=DESCENDING
// RUN: not sluice-opt %t/mixed.mlir --sluice-assign-stages=stages=2 2>&1 | FileCheck %s --check-prefix=MIXED

// SUM: error: assignment of stages expected partition to add up to 2, the number of layers, found 3 ('1,2'){{$}}
// COUNT: error: assignment of stages expected partition of 3 stages, found 2 ('1,1'){{$}}
// NEGATIVE: expected partition to be numbers of layers, such as 3,6,3, found '3,-1'{{$}}
// WORD: expected partition to be numbers of layers, such as 3,6,3, found '1,one'{{$}}
// GAP: expected partition to be numbers of layers, such as 3,6,3, found '1,,1'{{$}}
// HUGE: expected partition to add up to 2, the number of layers, found 18446744073709551615
// EMPTY: expected a layer, the embeddings or the head on every stage, found nothing on stage 1 ('1,0,1'){{$}}
// MANY: error: expected at most 4 stages, as many as there are layers with embeddings and head, found 5{{$}}
// STAGES: expected at least 1 stage, found -1{{$}}
// MEMORY: expected memory-limit of at least 112 bytes for 2 stages, found 100{{$}}
// FIT: expected a partition that fits: expected at most 100 bytes on stage 1, found 112{{$}}
// LIMIT: expected memory-limit of at least 0 bytes, found -1{{$}}
// SCHEDULE: expected schedule to be one of sequential, gpipe, 1f1b, interleaved, zero-bubble or ouroboros,
// SCHEDULE-SAME: found '2f2b'{{$}}
// OPTIMIZER: expected optimizer to be one of adamw, sgd, muon, found 'lion'{{$}}
// MICRO: expected at least 1 micro-batch, found 0{{$}}
// FLAT: error: expected at most 1 stages, as many as there are layers with embeddings and head, found 2{{$}}
// OTHER: error: expected the depth of a layer that is divided, found 3{{$}}
// DESCENDING: error: expected a depth of at least 2, that of the layers in front, found 1{{$}}
// MIXED: error: expected layers with a depth to divide over 2 stages, found none in 'eval'{{$}}

//--- two.mlir
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.graph @eval() -> tensor<4xf32> {
  %p = sluice.read @w : tensor<4xf32>
  %x = sluice.layer "embeddings" () parameters(%w = %p : tensor<4xf32>) -> tensor<4xf32> {
    %y = sluice.scale %w by 2.0 : tensor<4xf32>
    sluice.yield %y : tensor<4xf32>
  }
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<4xf32>) parameters(%w = %p : tensor<4xf32>) -> tensor<4xf32> {
    %b = sluice.mul %a, %w : tensor<4xf32>, tensor<4xf32>
    sluice.yield %b : tensor<4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<4xf32>) parameters(%w = %p : tensor<4xf32>) -> tensor<4xf32> {
    %b = sluice.mul %a, %w : tensor<4xf32>, tensor<4xf32>
    sluice.yield %b : tensor<4xf32>
  }
  %h = sluice.layer "head" (%a = %z : tensor<4xf32>) -> tensor<4xf32> {
    %b = sluice.scale %a by 2.0 : tensor<4xf32>
    sluice.yield %b : tensor<4xf32>
  }
  sluice.return %h : tensor<4xf32>
}
//--- flat.mlir
sluice.graph @eval(%x: tensor<4xi32>) -> tensor<4xi32> {
  %y = sluice.layer "model" () broadcast(%a = %x : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  sluice.return %y : tensor<4xi32>
}
//--- other.mlir
sluice.graph @eval(%x: tensor<4xi32>) -> tensor<4xi32> {
  %y = sluice.layer "h.0" depth 1 of 3 () broadcast(%a = %x : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  %z = sluice.layer "h.1" depth 2 of 3 () broadcast(%a = %y : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  sluice.return %z : tensor<4xi32>
}
sluice.graph @logits(%x: tensor<4xi32>) -> tensor<4xi32> {
  %y = sluice.layer "h.2" depth 3 of 3 () broadcast(%a = %x : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  sluice.return %y : tensor<4xi32>
}
//--- descending.mlir
sluice.graph @eval(%x: tensor<4xi32>) -> tensor<4xi32> {
  %y = sluice.layer "h.0" depth 2 of 2 () broadcast(%a = %x : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  %z = sluice.layer "h.1" depth 1 of 2 () broadcast(%a = %y : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  sluice.return %z : tensor<4xi32>
}
//--- mixed.mlir
sluice.graph @logits(%x: tensor<4xi32>) -> tensor<4xi32> {
  %y = sluice.layer "h.0" depth 1 of 2 () broadcast(%a = %x : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 () broadcast(%a = %y : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  sluice.return %z : tensor<4xi32>
}
sluice.graph @eval(%x: tensor<4xi32>) -> tensor<4xi32> {
  %y = sluice.layer "model" () broadcast(%a = %x : tensor<4xi32>) -> tensor<4xi32> {
    sluice.yield %a : tensor<4xi32>
  }
  sluice.return %y : tensor<4xi32>
}

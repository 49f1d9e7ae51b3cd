// RUN: sluice-opt %examples/shakespeare.json --sluice-gradient -o %t
// RUN: FileCheck %s --input-file=%t
// RUN: grep -c 'func.func private @train.h\.[0-9]' %t | FileCheck %s --check-prefix=FUNCTIONS

// Four equal layers share one pair of functions.
// FUNCTIONS: {{^}}2{{$}}
// CHECK: func.func @train.forward
// CHECK-COUNT-4: call @train.h.3.forward
// CHECK: func.func @train.backward
// CHECK-COUNT-4: call @train.h.3.backward

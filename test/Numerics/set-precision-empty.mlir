// RUN: sluice-opt %s --sluice-set-precision=compute=bf16 | FileCheck %s

// The attribute says what the program computes in, though no op of its dialect has been read.
// CHECK: sluice.binary = #sluice.binary<compute = "bf16">
module {
}

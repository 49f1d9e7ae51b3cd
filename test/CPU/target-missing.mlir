// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-cpu-strategy))' --split-input-file \
// RUN:   --verify-diagnostics
// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-vectorize-generics))' --split-input-file \
// RUN:   --verify-diagnostics

// expected-error @below {{expected a module with a 'sluice.target' of a CPU, found none; sluice-set-target sets it}}
func.func @should_refuse_a_module_without_a_target(%x: memref<8xf32>) {
  return
}

// -----

module attributes {sluice.target = "loom"} {
  // expected-error @below {{expected a module with a 'sluice.target' of a CPU, found "loom"}}
  func.func @should_refuse_another_target(%x: memref<8xf32>) {
    return
  }
}

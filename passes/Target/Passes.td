//===- Passes.td - What programs are compiled for -----------------*- tablegen -*-===//
#ifndef SLUICE_TARGET_PASSES
#define SLUICE_TARGET_PASSES

include "mlir/Pass/PassBase.td"

def SetTarget : Pass<"sluice-set-target", "::mlir::ModuleOp"> {
  let summary = "says which machine the module is compiled for";
  let description = [{
    - Does: asks the kind of target for what it knows of the processor.
    - Leaves: the module's `sluice.target`, an attribute of the target, which passes behind it read.
    - Refuses: a kind of target or a processor that is not known.

    ```mlir
    module {}
    ```

    becomes, with `kind=cpu processor=znver3`,

    ```mlir
    module attributes {sluice.target = #sluice_cpu.target<processor = "znver3", features = "avx2,fma",
                                                          vector_bits = 256, threads = 2, line_bytes = 64>} {}
    ```
  }];
  let options = [
    Option<"kind", "kind", "std::string", "\"cpu\"", "kind of target: cpu or cuda">,
    Option<"processor", "processor", "std::string", "\"native\"",
           "processor that the code will run on: native, x86-64-v3, znver3 and so on, or sm_80, sm_90">
  ];
}

#endif // SLUICE_TARGET_PASSES

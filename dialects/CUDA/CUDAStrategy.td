//===- CUDAStrategy.td - How contractions become kernels -----------*- tablegen -*-===//
#ifndef SLUICE_CUDA_STRATEGY
#define SLUICE_CUDA_STRATEGY

include "CUDADialect.td"
include "mlir/IR/EnumAttr.td"

def CUDA_Instruction : I32EnumAttr<"Instruction", "what multiplies", [
    I32EnumAttrCase<"Fma", 0, "fma">,   // threads, elements of f32
    I32EnumAttrCase<"Mma", 1, "mma">]> { // tensor cores, matrices of a warp
  let cppNamespace = "::sluice::cuda";
  let genSpecializedAttr = 0;
}

def CUDA_StrategyAttr : CUDA_Attr<"Strategy", "strategy"> {
  let summary = "how a contraction becomes a kernel";
  let description = [{
    All blocks are of C += A B, in elements:

    - `instruction`: what multiplies, `fma` by threads or `mma` by tensor cores, those factors that the contraction's
      `sluice.compute_type` says;
    - `block`: rows and columns of C that a block of threads has, and terms of the sum that it multiplies at a time;
    - `warp`: rows and columns of C that a warp has;
    - `stages`: blocks of terms in shared memory, of which all but one are being copied;
    - `group`: rows of blocks of C that run together, so that what they read is in the second-level cache;
    - `parts`: blocks of threads that share a sum, which a second kernel adds in their order.

    How elements lie in shared memory follows from how they lie in memory: without conflicts of banks.

    #### Invariants

    - There are 3 sizes of a block and 2 of a warp, and all numbers are positive.
    - The block's rows and columns are multiples of the warp's, and of 32.
    - The warp's rows are a multiple of 16, and its columns of 32.
    - The block has 8, 16, 32 or 64 terms.
    - A block has at most 1,024 threads.
    - There are at least 2 stages.

    `sluice-cuda-strategy` sets it as `sluice_cuda.strategy` directly before `sluice-cuda-contractions` consumes it.

    ```mlir
    linalg.matmul {sluice_cuda.strategy = #sluice_cuda.strategy<instruction = fma, block = [128, 128, 16],
                                                                warp = [32, 64], stages = 3, group = 8, parts = 1>}
      ins(%a, %b : memref<512x768xf32>, memref<768x3072xf32>) outs(%c : memref<512x3072xf32>)
    ```
  }];
  let parameters = (ins
    EnumParameter<CUDA_Instruction>:$instruction,
    ArrayRefParameter<"int64_t">:$block,
    ArrayRefParameter<"int64_t">:$warp,
    "int64_t":$stages,
    "int64_t":$group,
    "int64_t":$parts);
  let assemblyFormat = [{
    `<` `instruction` `=` $instruction `,` `block` `=` `[` $block `]` `,` `warp` `=` `[` $warp `]` `,`
    `stages` `=` $stages `,` `group` `=` $group `,` `parts` `=` $parts `>`
  }];
  let genVerifyDecl = 1;
}

#endif // SLUICE_CUDA_STRATEGY

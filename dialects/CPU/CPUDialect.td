//===- CPUDialect.td - What the CPU adds to a training step --------*- tablegen -*-===//
#ifndef SLUICE_CPU_DIALECT
#define SLUICE_CPU_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "dialects/Sluice/SluiceInterfaces.td"

def CPU_Dialect : Dialect {
  let name = "sluice_cpu";
  let cppNamespace = "::sluice::cpu";
  let summary = "loops, threads and strategies of a CPU";
  let description = [{
    What the passes of the CPU decide and make of a training step on buffers:

    - strategies say how a contraction becomes loops;
    - parallel loops run a function on the threads of the step's pool;
    - inputs of a micro-batch are memory that the step state points to.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class CPU_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<CPU_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def CPU_TargetAttr : CPU_Attr<"Target", "target", [TargetAttrInterface]> {
  let summary = "the processor that a module is compiled for";
  let description = [{
    What passes ask of a processor; `sluice-set-target` sets it as the module's `sluice.target`.

    - `processor`: its name in LLVM;
    - `features`: what code for it may use, as /proc/cpuinfo names it, comma-separated;
    - `vector_bits`: width of its widest vector register of floats, 128, 256 or 512;
    - `threads`: how many threads a program will probably run on, at least 1; no result depends on it;
    - `line_bytes`: a line of its caches, a power of two.

    ```mlir
    module attributes {sluice.target = #sluice_cpu.target<processor = "znver3", features = "avx2,fma",
                                                          vector_bits = 256, threads = 2, line_bytes = 64>} {}
    ```
  }];
  let parameters = (ins
    StringRefParameter<>:$processor, StringRefParameter<>:$features, "int64_t":$vectorBits, "int64_t":$threads,
    "int64_t":$lineBytes);
  let assemblyFormat = [{
    `<` `processor` `=` $processor `,` `features` `=` $features `,` `vector_bits` `=` $vectorBits `,`
    `threads` `=` $threads `,` `line_bytes` `=` $lineBytes `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether code may use a feature, as /proc/cpuinfo names it.
    bool has(::llvm::StringRef feature) const;
    ::llvm::StringRef getKindName() const { return "cpu"; }
    ::llvm::StringRef getProcessorName() const { return getProcessor(); }
    ::llvm::StringRef getRequiredFeatures() const { return getFeatures(); }
    int64_t getRowAlignmentBytes() const { return getLineBytes(); }
    ::mlir::FloatType getFactorType(const precision::FloatFormat &, const precision::FloatFormat &) const { return {}; }
  }];
}

def CPU_StrategyAttr : CPU_Attr<"Strategy", "strategy"> {
  let summary = "how a contraction becomes loops";
  let description = [{
    All blocks are of C += A B, in elements:

    - `register`: rows and columns of C that stay in registers;
    - `cache`: rows, columns and terms of the sum whose packed panels stay in cache;
    - `vector`: elements of a vector register;
    - `packs_a`, `packs_b`: whether the operand is packed or read where it lies, A by elements, B by vectors;
    - `vnni`, 1 or 2: neighbouring terms that lie together in a panel, for an instruction that adds that many products
      to each element of a vector;
    - `tile`, 0 or 32: terms that one instruction of a matrix unit adds to a tile of 16 x 16 elements of C (Intel AMX);
    - `panels`, at least 1: panels of B that are packed at a time, row by row.

    #### Invariants

    - All numbers are positive, but `tile` may be 0.
    - The register columns are a multiple of `vector`.
    - The cache block's rows and columns are multiples of the register block's.
    - With a `vnni` of 2 both operands are packed, in the type that the contraction computes in, and the cache block's
      sum is a multiple of 2.
    - With a `tile` of 32, `vnni` is 2, the register block is made of such tiles, and the cache block's sum is a
      multiple of 32.
    - With more than one of `panels`, `tile` is 32.

    `sluice-cpu-strategy` sets it as `sluice_cpu.strategy` directly before `sluice-expand-contractions` consumes it.

    ```mlir
    linalg.matmul {sluice_cpu.strategy = #sluice_cpu.strategy<register = [8, 48], cache = [512, 3072, 384],
                                                              vector = 16, packs_a = true, packs_b = true>}
      ins(%a, %b : memref<512x768xf32>, memref<768x3072xf32>) outs(%c : memref<512x3072xf32>)
    ```
  }];
  let parameters = (ins
    ArrayRefParameter<"int64_t">:$registerBlock,
    ArrayRefParameter<"int64_t">:$cacheBlock,
    "int64_t":$vectorSize,
    "bool":$packsA,
    "bool":$packsB,
    DefaultValuedParameter<"int64_t", "1">:$vnni,
    DefaultValuedParameter<"int64_t", "0">:$tile,
    DefaultValuedParameter<"int64_t", "1">:$panels);
  let assemblyFormat = [{
    `<` `register` `=` `[` $registerBlock `]` `,` `cache` `=` `[` $cacheBlock `]` `,` `vector` `=` $vectorSize `,`
    `packs_a` `=` $packsA `,` `packs_b` `=` $packsB (`,` `vnni` `=` $vnni^)? (`,` `tile` `=` $tile^)?
    (`,` `panels` `=` $panels^)? `>`
  }];
  let genVerifyDecl = 1;
}

#endif // SLUICE_CPU_DIALECT

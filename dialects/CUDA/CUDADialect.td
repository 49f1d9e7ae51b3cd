//===- CUDADialect.td - What NVIDIA GPUs add to a training step ----*- tablegen -*-===//
#ifndef SLUICE_CUDA_DIALECT
#define SLUICE_CUDA_DIALECT

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "dialects/Sluice/SluiceInterfaces.td"

def CUDA_Dialect : Dialect {
  let name = "sluice_cuda";
  let cppNamespace = "::sluice::cuda";
  let summary = "kernels, launches and strategies of NVIDIA GPUs";
  let description = [{
    What the passes of CUDA decide and make of a training step on buffers:

    - strategies say how a contraction becomes a kernel;
    - gates say which launches a step leaves out;
    - launches are kernels with the places of their operands.
  }];
  let useDefaultAttributePrinterParser = 1;
}

class CUDA_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<CUDA_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def CUDA_TargetAttr : CUDA_Attr<"Target", "target", [TargetAttrInterface]> {
  let summary = "the GPU that a module is compiled for";
  let description = [{
    What passes ask of a GPU; `sluice-set-target` sets it as the module's `sluice.target`.

    - `architecture`: its name in LLVM;
    - `capability`: ten times its compute capability, at least 80.

    ```mlir
    module attributes {sluice.target = #sluice_cuda.target<architecture = "sm_80", capability = 80>} {}
    ```
  }];
  let parameters = (ins StringRefParameter<>:$architecture, "int64_t":$capability);
  let assemblyFormat = "`<` `architecture` `=` $architecture `,` `capability` `=` $capability `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    ::llvm::StringRef getKindName() const { return "cuda"; }
    ::llvm::StringRef getProcessorName() const { return getArchitecture(); }
    ::llvm::StringRef getRequiredFeatures() const { return ""; }
    int64_t getRowAlignmentBytes() const { return 32; }
    ::mlir::FloatType getFactorType(const precision::FloatFormat &left, const precision::FloatFormat &right) const;
  }];
}

#endif // SLUICE_CUDA_DIALECT

//===- Card.h - NVIDIA GPUs as LLVM knows them -----------------------------------------===//
#ifndef SLUICE_PASSES_CUDA_CARD_H
#define SLUICE_PASSES_CUDA_CARD_H

#include "dialects/CUDA/CUDADialect.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace sluice {

/// An architecture that kernels are compiled for.
class Card {
public:
  /// `sm_80` and later; `native` is the least, whose PTX every later card runs. The error says which name is unknown,
  /// or too old.
  static llvm::Expected<Card> get(llvm::StringRef architecture);

  llvm::StringRef getArchitecture() const { return architecture; }
  /// Ten times the compute capability.
  int64_t getCapability() const { return capability; }
  cuda::TargetAttr describe(mlir::MLIRContext *context) const;

  /// Makes PTX of version 7.8 or, where an architecture needs a later one, that. The caller owns the machine.
  std::unique_ptr<llvm::TargetMachine> createTargetMachine() const;

private:
  std::string architecture;
  int64_t capability = 0;
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_CARD_H

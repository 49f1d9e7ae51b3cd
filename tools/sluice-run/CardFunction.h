//===- CardFunction.h - A function of a module on a card ------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_RUN_CARDFUNCTION_H
#define SLUICE_TOOLS_SLUICE_RUN_CARDFUNCTION_H

#include "tools/sluice-run/Function.h"
#include "tools/sluice-run/KernelCase.h"

namespace sluice {

/// Lowers a function to launches, with the values of its operands; nothing is expected yet. It works on tensors, or on
/// buffers with ops of linalg, launches or both. An error was emitted, or is told.
llvm::Expected<KernelCase> lowerForCard(mlir::ModuleOp module, llvm::StringRef name, const Signature &signature,
                                        const Operands &operands, llvm::StringRef architecture);

/// Runs it on the first card, and leaves results in the operands' memory.
llvm::Error runOnCard(const KernelCase &launches, const Operands &operands);

/// The sluice_element of a type, if it has one.
std::optional<uint32_t> elementOf(mlir::Type type);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_RUN_CARDFUNCTION_H

//===- Ptxas.h - The toolkit's assembler, where it is found -----------------------------===//
#ifndef SLUICE_PASSES_CUDA_PTXAS_H
#define SLUICE_PASSES_CUDA_PTXAS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>

namespace sluice {

/// The path of `ptxas`, in PATH or where the toolkit puts it; nothing where there is none.
std::optional<std::string> findPtxas();

/// PTX as a binary for one architecture. The error has what the assembler said.
llvm::Expected<std::string> assemblePtx(llvm::StringRef ptxas, llvm::StringRef ptx, llvm::StringRef architecture);

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_PTXAS_H

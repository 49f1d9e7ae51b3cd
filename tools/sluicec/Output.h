//===- Output.h - What the compiler writes ---------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_OUTPUT_H
#define SLUICE_TOOLS_SLUICEC_OUTPUT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace sluice {

/// Why the file of the flag cannot be written, or nothing: its folder is missing, it is a folder, it is one of the
/// inputs by whatever name, or it is a device and no text.
std::string checkOutput(llvm::StringRef flag, llvm::StringRef path, llvm::ArrayRef<std::string> inputs, bool isText);

/// Prints the module to a file, complete or not at all, or to a device, or to standard output (`-`).
llvm::Error writeText(mlir::ModuleOp module, llvm::StringRef path);

/// Writes the PTX of the module's `sluice.images` likewise.
llvm::Error writePtx(mlir::ModuleOp module, llvm::StringRef path);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_OUTPUT_H

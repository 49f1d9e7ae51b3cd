//===- Executable.h - Files of compiled programs --------------------------------------===//
#ifndef SLUICE_PASSES_TARGET_EXECUTABLE_H
#define SLUICE_PASSES_TARGET_EXECUTABLE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace sluice {

/// Calls `write` with the name of a temporary file beside `path` and moves the file to `path` if that succeeds.
llvm::Error writeAtomically(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::StringRef)> write);

/// Writes an executable of the object file and the runtime library with the system's compiler driver; leaves either the
/// complete file or none. The error has what the driver said.
llvm::Error linkExecutable(llvm::StringRef object, llvm::StringRef runtimeLibrary, llvm::StringRef path);

} // namespace sluice

#endif // SLUICE_PASSES_TARGET_EXECUTABLE_H

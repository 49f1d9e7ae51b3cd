//===- DiagnosticPrinter.h - Errors of tools on stderr -------------------------===//
#ifndef SLUICE_PASSES_IMPORT_DIAGNOSTICPRINTER_H
#define SLUICE_PASSES_IMPORT_DIAGNOSTICPRINTER_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace sluice {

/// Prints diagnostics with their lines of the source, as its base does. Each is at most 2,000 characters of valid UTF-8
/// with its notes and lines, whatever the source holds.
class DiagnosticPrinter : public mlir::SourceMgrDiagnosticHandler {
public:
  DiagnosticPrinter(llvm::SourceMgr &sources, mlir::MLIRContext *context);

private:
  std::string text;
  llvm::raw_string_ostream stream;
};

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_DIAGNOSTICPRINTER_H

//===- DiagnosticPrinter.cpp - Errors of tools on stderr -----------------------===//
#include "passes/Import/DiagnosticPrinter.h"
#include "runtime/Message.h"

using namespace sluice;

// The base only keeps the stream until it prints.
DiagnosticPrinter::DiagnosticPrinter(llvm::SourceMgr &sources, mlir::MLIRContext *context)
    : SourceMgrDiagnosticHandler(sources, context, stream), stream(text) {
  setHandler([this](mlir::Diagnostic &diagnostic) {
    text.clear();
    emitDiagnostic(diagnostic);
    // What has no place, such as a flag, has no file either.
    llvm::StringRef line = text;
    line.consume_front("<unknown>:0: ");
    std::string message = runtime::messageText(line);
    llvm::errs() << message << (llvm::StringRef(message).ends_with("\n") ? "" : "\n");
  });
}

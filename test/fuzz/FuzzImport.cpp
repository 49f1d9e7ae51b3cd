//===- FuzzImport.cpp - Any text as a description of a model ----------------------===//
//
// A description of ours or a Hugging Face configuration, whichever the text says that it is: it is refused with one
// error, or becomes a module that verifies.
//
//===----------------------------------------------------------------------===//
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "passes/Import/ImportModel.h"
#include <cstdlib>

using namespace mlir;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A context keeps every attribute that was ever made: one for all inputs would only grow.
  static constexpr unsigned inputsOfContext = 1000;
  static std::unique_ptr<MLIRContext> context;
  static unsigned inputs = 0;
  if (inputs++ % inputsOfContext == 0)
    context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);

  unsigned errors = 0;
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
    return success();
  });
  sluice::ImportOptions options;
  // As large as the command line may ask for at once: what is too large for it has to be refused, not tried.
  options.batch = 2;
  StringRef text(reinterpret_cast<const char *>(data), size);
  OwningOpRef<ModuleOp> module = sluice::importModelFromText(text, "model.json", options, context.get());
  if (module ? errors != 0 || failed(verify(*module)) : errors != 1)
    std::abort();
  return 0;
}

//===- ImportModel.cpp - Model descriptions to Sluice graphs ---------------------------===//
#include "passes/Import/ImportModel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Verifier.h"
#include "passes/Import/Description.h"
#include "passes/Import/DiagnosticPrinter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace sluice;

OwningOpRef<ModuleOp> sluice::importModelFromText(StringRef text, StringRef file, const ImportOptions &options,
                                                  MLIRContext *context) {
  context->loadDialect<SluiceDialect, arith::ArithDialect>();
  std::unique_ptr<JsonValue> root = parseJson(text, file, context);
  if (!root)
    return nullptr;
  if (!root->isObject()) {
    reportJsonError(*root, file, context, "expected a JSON object, found " + root->describe());
    return nullptr;
  }
  std::string compact = compactJson(text);
  if (isHuggingFaceConfig(*root)) {
    root = translateHuggingFaceConfig(*root, file, context, compact);
    if (!root)
      return nullptr;
  }
  std::optional<Description> description = readDescription(*root, file, options, context);
  if (!description)
    return nullptr;
  OwningOpRef<ModuleOp> module = buildModel(*description, compact, context);
  if (failed(verify(*module)))
    return nullptr;
  return module;
}

OwningOpRef<ModuleOp> sluice::importModel(StringRef path, const ImportOptions &options, MLIRContext *context) {
  SmallString<256> file = path;
  if (llvm::sys::fs::is_directory(path))
    llvm::sys::path::append(file, "config.json");
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer) {
    emitError(UnknownLoc::get(context)) << "expected to read '" << file << "': " << buffer.getError().message();
    return nullptr;
  }
  llvm::SourceMgr sources;
  StringRef text = (*buffer)->getBuffer();
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  DiagnosticPrinter printer(sources, context);
  return importModelFromText(text, file, options, context);
}

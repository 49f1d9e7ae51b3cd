//===- sluice-opt.cpp - Runs passes on IR or on a model description ----------------===//
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/Import/ImportModel.h"
#include "tools/Register.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// The text of the imported module, with locations, as MlirOptMain reads it.
static std::unique_ptr<llvm::MemoryBuffer> importToText(llvm::StringRef path, DialectRegistry &registry) {
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = sluice::importModel(path, sluice::ImportOptions(), &context);
  if (!module)
    return nullptr;
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream, OpPrintingFlags().enableDebugInfo());
  return llvm::MemoryBuffer::getMemBufferCopy(text, path);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  DialectRegistry registry;
  sluice::registerDialects(registry);
  registerAllPasses();
  sluice::registerPasses();
  auto [input, output] = registerAndParseCLIOptions(argc, argv, "Sluice optimizer\n", registry);
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      llvm::StringRef(input).ends_with(".json") || llvm::sys::fs::is_directory(input) ? importToText(input, registry)
                                                                                      : openInputFile(input, &error);
  if (!buffer) {
    if (!error.empty())
      llvm::errs() << error << "\n";
    return 1;
  }
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(output, &error);
  if (!file) {
    llvm::errs() << error << "\n";
    return 1;
  }
  if (failed(MlirOptMain(file->os(), std::move(buffer), registry, config)))
    return 1;
  file->keep();
  return 0;
}

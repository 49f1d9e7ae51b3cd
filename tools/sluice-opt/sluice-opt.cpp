//===- sluice-opt.cpp - Runs passes on IR or on a model description ----------------===//
#include "mlir/InitAllPasses.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/Import/ImportModel.h"
#include "tools/CommandLine.h"
#include "tools/Register.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static constexpr sluice::ErrorPrinter fail = {"sluice-opt"};

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
  llvm::SmallString<256> source(input);
  if (llvm::sys::fs::is_directory(source))
    llvm::sys::path::append(source, "config.json");
  if (output != "-" && sluice::isSameFile(source, output))
    return fail("cannot write '" + output + "': expected -o to be another file than the input", 2);
  std::unique_ptr<llvm::MemoryBuffer> buffer =
      llvm::StringRef(input).ends_with(".json") || llvm::sys::fs::is_directory(input) ? importToText(input, registry)
                                                                                      : openInputFile(input, &error);
  if (!buffer)
    return error.empty() ? 1 : fail(error);
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(output, &error);
  if (!file)
    return fail(error);
  if (failed(MlirOptMain(file->os(), std::move(buffer), registry, config)))
    return 1;
  file->os().flush();
  if (file->os().has_error()) {
    std::string reason = file->os().error().message();
    file->os().clear_error();
    return fail("cannot write '" + output + "': " + reason);
  }
  file->keep();
  return 0;
}

//===- FuzzMlir.cpp - Any text as a module of our dialects ------------------------===//
//
// Parser and verifier refuse it with an error, or it verifies; then what it prints is parsed again.
//
//===----------------------------------------------------------------------===//
#include "dialects/CPU/CPUDialect.h"
#include "dialects/CUDA/CUDADialect.h"
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/Regex.h"
#include <cstdlib>

using namespace mlir;

static std::unique_ptr<MLIRContext> makeContext() {
  DialectRegistry registry;
  registry
      .insert<sluice::SluiceDialect, sluice::pipe::PipeDialect, sluice::cpu::CPUDialect, sluice::cuda::CUDADialect,
              arith::ArithDialect, func::FuncDialect, memref::MemRefDialect, scf::SCFDialect, tensor::TensorDialect>();
  auto context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // A context keeps every attribute that was ever made: one for all inputs would only grow.
  static constexpr unsigned inputsOfContext = 1000;
  static std::unique_ptr<MLIRContext> context;
  static unsigned inputs = 0;
  if (inputs++ % inputsOfContext == 0)
    context = makeContext();

  unsigned errors = 0;
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
    return success();
  });
  // Files are read with a zero behind them, which MLIR's lexer counts on.
  std::string text(reinterpret_cast<const char *>(data), size);
  // MLIR 22.1 asks an array of `index` for the width of a float, which crashes; no dialect has such an array.
  static const llvm::Regex arrayOfIndex("array<[[:space:]]*index");
  if (arrayOfIndex.match(text))
    return 0;
  auto module = parseSourceString<ModuleOp>(text, context.get());
  if (!module) {
    if (errors == 0)
      std::abort();
    return 0;
  }
  std::string printed;
  llvm::raw_string_ostream stream(printed);
  module->print(stream);
  if (!parseSourceString<ModuleOp>(printed, context.get()))
    std::abort();
  return 0;
}

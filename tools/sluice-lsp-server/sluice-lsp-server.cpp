//===- sluice-lsp-server.cpp - Completion and diagnostics in editors ----------------===//
#include "mlir/Support/LLVM.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "tools/Register.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  sluice::registerDialects(registry);
  return failed(mlir::MlirLspServerMain(argc, argv, registry));
}

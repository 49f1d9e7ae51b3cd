//===- sluice-reduce.cpp - Shrinks a module that shows a fault ----------------------===//
#include "mlir/IR/MLIRContext.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "tools/Register.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  sluice::registerPasses();
  mlir::DialectRegistry registry;
  sluice::registerDialects(registry);
  mlir::MLIRContext context(registry);
  return failed(mlir::mlirReduceMain(argc, argv, context));
}

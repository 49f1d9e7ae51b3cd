//===- GatedKernel.cpp - Kernels that a word in memory switches off --------------------===//
#include "passes/CUDA/GatedKernel.h"
#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace sluice;

/// Puts the body of a kernel behind the test of its gate, the first argument.
static void addGate(gpu::GPUFuncOp kernel) {
  Block &body = kernel.getBody().front();
  ImplicitLocOpBuilder builder(kernel.getLoc(), kernel.getContext());
  auto type = MemRefType::get({1}, builder.getI32Type());
  (void)kernel.insertArgument(0, type, {}, kernel.getLoc());
  SmallVector<Operation *> moved;
  for (Operation &op : body.without_terminator())
    moved.push_back(&op);
  builder.setInsertionPointToStart(&body);
  Value zero = arith::ConstantIndexOp::create(builder, 0);
  Value word = memref::LoadOp::create(builder, body.getArgument(0), zero);
  Value closed = arith::ConstantOp::create(builder, builder.getI32IntegerAttr(0));
  Value isOpen = arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, word, closed);
  auto branch = scf::IfOp::create(builder, isOpen, /*withElseRegion=*/false);
  for (Operation *op : moved)
    op->moveBefore(branch.thenBlock()->getTerminator());
}

SymbolRefAttr GatedKernels::get(SymbolRefAttr name) {
  SymbolRefAttr &copy = copies[name];
  if (copy)
    return copy;
  auto kernel = cast<gpu::GPUFuncOp>(SymbolTable::lookupSymbolIn(module, name));
  gpu::GPUFuncOp gated = kernel.clone();
  gated.setName((kernel.getName() + "_gated").str());
  SymbolTable symbols(kernel->getParentOp());
  symbols.insert(gated);
  addGate(gated);
  copy = SymbolRefAttr::get(name.getRootReference(), {FlatSymbolRefAttr::get(gated.getNameAttr())});
  return copy;
}

void GatedKernels::eraseUnused() {
  llvm::DenseSet<Attribute> used;
  module.walk([&](cuda::LaunchOp launch) { used.insert(launch.getKernel().getLeafReference()); });
  module.walk([&](gpu::GPUFuncOp kernel) {
    if (!used.contains(kernel.getNameAttr()))
      kernel.erase();
  });
}

//===- KernelOperands.cpp - What kernels do with their operands -------------------------===//
#include "passes/CUDA/KernelOperands.h"
#include "passes/CUDA/KernelMemory.h"
#include "runtime/abi.h"

using namespace mlir;
using namespace sluice;

int64_t sluice::spanOf(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t last = 0;
  if (failed(type.getStridesAndOffset(strides, last)))
    return ShapedType::kDynamic;
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), strides))
    last += (size - 1) * stride;
  return (last + 1) * int64_t(llvm::divideCeil(type.getElementTypeBitWidth(), 8));
}

ArrayRef<KernelOperands::Operand> KernelOperands::operandsOf(SymbolRefAttr name) {
  auto [found, isNew] = known.try_emplace(name);
  if (isNew) {
    auto kernel = cast<gpu::GPUFuncOp>(SymbolTable::lookupSymbolIn(module, name));
    // Shared memory comes behind them in the block.
    for (Value argument : kernel.getArguments().take_front(kernel.getFunctionType().getNumInputs()))
      found->second.push_back({spanOf(cast<MemRefType>(argument.getType())), isWrittenIn(kernel, argument)});
  }
  return found->second;
}

/// Updates in place read and write one memory under both names.
static int32_t memoryOf(int32_t space) {
  return space == SLUICE_SPACE_NEXT_WEIGHTS || space == SLUICE_SPACE_IN_PLACE ? int32_t(SLUICE_SPACE_WEIGHTS) : space;
}

bool KernelOperands::conflict(cuda::LaunchOp x, cuda::LaunchOp y) {
  // Copies: looking the second one up may move the first.
  SmallVector<Operand> ofX(operandsOf(x.getKernel())), ofY(operandsOf(y.getKernel()));
  for (auto [i, mine] : llvm::enumerate(ofX))
    for (auto [j, other] : llvm::enumerate(ofY)) {
      if (memoryOf(x.getSpaces()[i]) != memoryOf(y.getSpaces()[j]) || (!mine.isWritten && !other.isWritten))
        continue;
      int64_t begin = x.getOffsets()[i], otherBegin = y.getOffsets()[j];
      if (begin < otherBegin + other.span && otherBegin < begin + mine.span)
        return true;
    }
  return false;
}

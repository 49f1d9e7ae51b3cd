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

MemRefType sluice::typeInLaunch(Value argument, ArrayRef<int64_t> &elements) {
  auto type = cast<MemRefType>(argument.getType());
  if (type.hasStaticShape())
    return type;
  int64_t size = elements.front();
  elements = elements.drop_front();
  return MemRefType::get({size}, type.getElementType());
}

/// Updates in place read and write one memory under both names.
static int32_t memoryOf(int32_t space) {
  return space == SLUICE_SPACE_NEXT_WEIGHTS || space == SLUICE_SPACE_IN_PLACE ? int32_t(SLUICE_SPACE_WEIGHTS) : space;
}

SmallVector<TouchedMemory> KernelOperands::touchedBy(cuda::LaunchOp launch) {
  auto kernel = cast<gpu::GPUFuncOp>(SymbolTable::lookupSymbolIn(module, launch.getKernel()));
  // Shared memory comes behind them in the block.
  auto arguments = kernel.getArguments().take_front(kernel.getFunctionType().getNumInputs());
  auto [found, isNew] = written.try_emplace(launch.getKernel());
  if (isNew)
    for (Value argument : arguments)
      found->second.push_back(isWrittenIn(kernel, argument));
  ArrayRef<int64_t> elements = launch.getElements();
  SmallVector<TouchedMemory> touched;
  for (auto [argument, isWritten, space, begin] :
       llvm::zip_equal(arguments, found->second, launch.getSpaces(), launch.getOffsets()))
    touched.push_back({memoryOf(space), begin, begin + spanOf(typeInLaunch(argument, elements)), isWritten});
  return touched;
}

bool sluice::conflict(ArrayRef<TouchedMemory> x, ArrayRef<TouchedMemory> y) {
  return llvm::any_of(x, [&](const TouchedMemory &mine) {
    return llvm::any_of(y, [&](const TouchedMemory &other) {
      return mine.space == other.space && (mine.isWritten || other.isWritten) && mine.begin < other.end &&
             other.begin < mine.end;
    });
  });
}

//===- CUDAStrategy.cpp - How contractions become kernels ---------------------------===//
#include "dialects/CUDA/CUDADialect.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

#include "dialects/CUDA/CUDAEnums.cpp.inc"

static constexpr int64_t mostThreads = 1024, threadsOfWarp = 32;

LogicalResult StrategyAttr::verify(function_ref<InFlightDiagnostic()> emitError, Instruction instruction,
                                   ArrayRef<int64_t> block, ArrayRef<int64_t> warp, int64_t stages, int64_t group,
                                   int64_t parts) {
  if (block.size() != 3 || warp.size() != 2)
    return emitError() << "expected 3 sizes of a block and 2 of a warp, found " << block.size() << " and "
                       << warp.size();
  auto positive = [](int64_t size) { return size > 0; };
  if (!llvm::all_of(block, positive) || !llvm::all_of(warp, positive) || group <= 0 || parts <= 0)
    return emitError() << "expected positive sizes, group and parts";
  if (block[0] % warp[0] != 0 || block[1] % warp[1] != 0 || block[0] % 32 != 0 || block[1] % 32 != 0)
    return emitError() << "expected a block whose rows and columns are multiples of the warp's and of 32, found "
                       << block[0] << " x " << block[1] << " for " << warp[0] << " x " << warp[1];
  if (warp[0] % 16 != 0 || warp[1] % 32 != 0)
    return emitError() << "expected a warp whose rows are a multiple of 16 and columns of 32, found " << warp[0]
                       << " x " << warp[1];
  if (block[2] < 8 || block[2] > 64 || !llvm::isPowerOf2_64(block[2]))
    return emitError() << "expected a block of 8, 16, 32 or 64 terms, found " << block[2];
  int64_t threads = block[0] / warp[0] * (block[1] / warp[1]) * threadsOfWarp;
  if (threads > mostThreads)
    return emitError() << "expected at most " << mostThreads << " threads, found " << threads;
  if (stages < 2)
    return emitError() << "expected at least 2 stages, found " << stages;
  return success();
}

//===- Launch.cpp - A kernel in place -------------------------------------------------===//
#include "passes/CUDA/Launch.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

void cuda::emitLaunch(ImplicitLocOpBuilder &b, std::array<int64_t, 3> grid, int64_t threads, KernelAttr kernel,
                      ArrayRef<std::pair<int64_t, Type>> shared, function_ref<void(const KernelBody &)> body) {
  KernelLaunch launch(b, b.getLoc(), grid, {threads, 1, 1}, kernel);
  for (auto [size, element] : shared)
    launch.shared({size}, element);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(launch.operation().getBody().front().getTerminator());
  body({launch.threadIndex(), launch.blockIndex(0), launch.blockIndex(1), launch.blockIndex(2),
        launch.operation().getWorkgroupAttributions()});
}

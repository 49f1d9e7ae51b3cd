//===- BatchLaunches.cpp - Launches of one kernel on many tensors to one ----------------===//
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/CUDA/BatchedKernel.h"
#include "passes/CUDA/KernelOperands.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_BATCHLAUNCHES
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
/// Launches of one kernel that run at the place of the first.
struct Batch {
  SmallVector<LaunchOp> launches;
  size_t position; ///< Of the first in the action.
};

/// The batches of an action.
class Batches {
public:
  explicit Batches(KernelOperands &operands) : operands(operands) {}

  void add(LaunchOp launch);
  ArrayRef<Batch> get() const { return batches; }

private:
  bool canJoin(const Batch &batch, LaunchOp launch);

  KernelOperands &operands;
  SmallVector<std::pair<LaunchOp, size_t>> all; // with the position where each runs
  SmallVector<Batch> batches;
  llvm::DenseMap<Attribute, size_t> newest; // batch by kernel
};
} // namespace

static bool haveOneShape(LaunchOp x, LaunchOp y) {
  return x.getKernel() == y.getKernel() && x.getGrid() == y.getGrid() && x.getBlock() == y.getBlock() &&
         x.getShared() == y.getShared() && x.getGated() == y.getGated();
}

/// Whether every argument lies in one space in both, the gate's word at one place.
static bool haveOneLayout(LaunchOp x, LaunchOp y) {
  return x.getSpaces() == y.getSpaces() && (!x.getGated() || x.getOffsets().front() == y.getOffsets().front());
}

/// The launch moves before all that were between, and runs together with those of the batch.
bool Batches::canJoin(const Batch &batch, LaunchOp launch) {
  if (!haveOneShape(batch.launches.front(), launch) || !haveOneLayout(batch.launches.front(), launch) ||
      launch.getGrid()[2] != 1)
    return false;
  return llvm::none_of(ArrayRef(all).drop_front(batch.position), [&](const auto &other) {
    return other.second >= batch.position && operands.conflict(other.first, launch);
  });
}

void Batches::add(LaunchOp launch) {
  auto [found, isNew] = newest.try_emplace(launch.getKernel(), batches.size());
  if (isNew || !canJoin(batches[found->second], launch)) {
    found->second = batches.size();
    batches.push_back({{}, all.size()});
  }
  batches[found->second].launches.push_back(launch);
  all.push_back({launch, batches[found->second].position});
}

static KernelAttr workOf(ArrayRef<LaunchOp> launches) {
  KernelAttr first = LaunchOp(launches.front()).getWorkAttr();
  if (!first)
    return first;
  int64_t flops = 0, bytes = 0;
  for (LaunchOp launch : launches)
    if (KernelAttr work = launch.getWorkAttr()) {
      flops += work.getFlops();
      bytes += work.getBytes();
    }
  return KernelAttr::get(first.getContext(), first.getName(), flops, bytes);
}

namespace {
struct BatchLaunches : sluice::impl::BatchLaunchesBase<BatchLaunches> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    KernelOperands operands(module);
    BatchedKernels kernels(module);
    for (auto action : module.getOps<func::FuncOp>()) {
      Batches batches(operands);
      action.walk([&](LaunchOp launch) { batches.add(launch); });
      for (const Batch &batch : batches.get())
        if (batch.launches.size() > 1)
          join(batch.launches, kernels);
    }
    kernels.eraseUnused();
  }

private:
  void join(ArrayRef<LaunchOp> launches, BatchedKernels &kernels) {
    LaunchOp first = launches.front();
    SmallVector<int64_t> bases(first.getOffsets());
    for (LaunchOp launch : launches)
      for (auto [base, offset] : llvm::zip_equal(bases, launch.getOffsets()))
        base = std::min(base, offset);
    SmallVector<SmallVector<int64_t>> shifts;
    for (LaunchOp launch : launches) {
      shifts.emplace_back();
      for (auto [base, offset] : llvm::zip_equal(bases, launch.getOffsets()))
        shifts.back().push_back(offset - base);
    }
    OpBuilder builder(first);
    SmallVector<int64_t> grid(first.getGrid());
    grid[2] = launches.size();
    LaunchOp::create(builder, first.getLoc(), kernels.get(first.getKernel(), shifts), grid, first.getBlock(),
                     first.getShared(), first.getSpaces(), bases, first.getGated(), first.getPlace(), workOf(launches));
    for (LaunchOp launch : launches)
      launch.erase();
  }
};
} // namespace

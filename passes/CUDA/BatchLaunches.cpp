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
/// Launches of one kernel that run at the place of one of them.
struct Batch {
  SmallVector<LaunchOp> launches;
  size_t position; ///< In the action.
};

/// The batches of an action.
class Batches {
public:
  explicit Batches(KernelOperands &operands) : operands(operands) {}

  void add(LaunchOp launch);
  ArrayRef<Batch> get() const { return batches; }
  /// The launch in whose place a batch runs.
  LaunchOp placeOf(const Batch &batch) const { return all[batch.position].launch; }

private:
  struct Launch {
    LaunchOp launch;
    size_t batch;
  };

  bool canRunEarlier(const Batch &batch, LaunchOp launch);
  bool canRunLater(const Batch &batch, LaunchOp launch);

  KernelOperands &operands;
  SmallVector<Launch> all; // in the order of the action
  SmallVector<Batch> batches;
  llvm::DenseMap<Attribute, size_t> newest; // batch by kernel
};
} // namespace

/// Whether one kernel can do both: of one size, with every argument in one space.
static bool areAlike(LaunchOp x, LaunchOp y) {
  return x.getKernel() == y.getKernel() && x.getGrid() == y.getGrid() && x.getBlock() == y.getBlock() &&
         x.getShared() == y.getShared() && x.getGated() == y.getGated() && x.getSpaces() == y.getSpaces() &&
         x.getGrid()[2] == 1;
}

/// Whether the launch can move before all that were between, and run together with those of the batch.
bool Batches::canRunEarlier(const Batch &batch, LaunchOp launch) {
  return llvm::none_of(all, [&](const Launch &other) {
    return batches[other.batch].position >= batch.position && operands.conflict(other.launch, launch);
  });
}

/// Whether the batch can move behind all that were between, and run together with the launch.
bool Batches::canRunLater(const Batch &batch, LaunchOp launch) {
  auto isInWay = [&](LaunchOp member) {
    return operands.conflict(member, launch) || llvm::any_of(all, [&](const Launch &other) {
             return batches[other.batch].position > batch.position && operands.conflict(other.launch, member);
           });
  };
  return llvm::none_of(batch.launches, isInWay);
}

void Batches::add(LaunchOp launch) {
  size_t position = all.size();
  auto [found, isNew] = newest.try_emplace(launch.getKernel(), batches.size());
  Batch *before = isNew ? nullptr : &batches[found->second];
  if (before && !areAlike(before->launches.front(), launch))
    before = nullptr;
  if (before && !canRunEarlier(*before, launch)) {
    if (canRunLater(*before, launch))
      before->position = position;
    else
      before = nullptr;
  }
  if (!before) {
    found->second = batches.size();
    before = &batches.emplace_back(Batch{{}, position});
  }
  before->launches.push_back(launch);
  all.push_back({launch, found->second});
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
          join(batch.launches, batches.placeOf(batch), kernels);
    }
    kernels.eraseUnused();
  }

private:
  void join(ArrayRef<LaunchOp> launches, LaunchOp place, BatchedKernels &kernels) {
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
    OpBuilder builder(place);
    SmallVector<int64_t> grid(first.getGrid());
    grid[2] = launches.size();
    LaunchOp::create(builder, first.getLoc(), kernels.get(first.getKernel(), shifts), grid, first.getBlock(),
                     first.getShared(), first.getSpaces(), bases, first.getGated(), first.getPlace(), workOf(launches));
    for (LaunchOp launch : launches)
      launch.erase();
  }
};
} // namespace

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

  bool conflict(LaunchOp x, LaunchOp y) const { return sluice::conflict(touched.at(x), touched.at(y)); }
  Batch *find(LaunchOp launch);
  bool canRunEarlier(const Batch &batch, LaunchOp launch);
  bool canRunLater(const Batch &batch, LaunchOp launch);

  KernelOperands &operands;
  llvm::DenseMap<Operation *, SmallVector<TouchedMemory>> touched;
  SmallVector<Launch> all; // in the order of the action
  SmallVector<Batch> batches;
  llvm::DenseMap<Attribute, SmallVector<size_t>> byKernel;
};
} // namespace

/// Whether one kernel can do both: of one size, with every argument in one space.
static bool areAlike(LaunchOp x, LaunchOp y) {
  return x.getKernel() == y.getKernel() && x.getBlock() == y.getBlock() && x.getShared() == y.getShared() &&
         x.getGated() == y.getGated() && x.getSpaces() == y.getSpaces() &&
         x.getGrid().drop_front() == ArrayRef<int64_t>{1, 1} &&
         (x.getGrid() == y.getGrid() || !x.getElements().empty());
}

/// Whether at most half of the blocks find nothing to do when all launches have as many as the largest.
static bool areAboutEqual(ArrayRef<LaunchOp> launches, LaunchOp other) {
  constexpr int64_t mostIdle = 1024; // which a large card runs at a time
  int64_t most = other.getGrid()[0], busy = most;
  for (LaunchOp launch : launches) {
    most = std::max(most, launch.getGrid()[0]);
    busy += launch.getGrid()[0];
  }
  return most * int64_t(launches.size() + 1) - busy <= std::max(mostIdle, busy);
}

/// Whether the launch can move before all that were between, and run together with those of the batch.
bool Batches::canRunEarlier(const Batch &batch, LaunchOp launch) {
  return llvm::none_of(all, [&](const Launch &other) {
    return batches[other.batch].position >= batch.position && conflict(other.launch, launch);
  });
}

/// Whether the batch can move behind all that were between, and run together with the launch.
bool Batches::canRunLater(const Batch &batch, LaunchOp launch) {
  auto isInWay = [&](LaunchOp member) {
    return conflict(member, launch) || llvm::any_of(all, [&](const Launch &other) {
             return batches[other.batch].position > batch.position && conflict(other.launch, member);
           });
  };
  return llvm::none_of(batch.launches, isInWay);
}

/// The batch that can take the launch, which then is at its place.
Batch *Batches::find(LaunchOp launch) {
  for (size_t index : llvm::reverse(byKernel[launch.getKernel()])) {
    Batch &batch = batches[index];
    if (!areAlike(batch.launches.front(), launch) || !areAboutEqual(batch.launches, launch))
      continue;
    if (canRunEarlier(batch, launch))
      return &batch;
    if (canRunLater(batch, launch)) {
      batch.position = all.size();
      return &batch;
    }
  }
  return nullptr;
}

void Batches::add(LaunchOp launch) {
  touched[launch] = operands.touchedBy(launch);
  Batch *batch = find(launch);
  if (!batch) {
    byKernel[launch.getKernel()].push_back(batches.size());
    batch = &batches.emplace_back(Batch{{}, all.size()});
  }
  batch->launches.push_back(launch);
  all.push_back({launch, size_t(batch - batches.begin())});
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
        if (batch.launches.size() > 1 || !LaunchOp(batch.launches.front()).getElements().empty())
          replace(batch.launches, batches.placeOf(batch), kernels);
    }
    kernels.eraseUnused();
    sized.clear();
  }

private:
  /// Puts one launch in place of several, or of one whose kernel does not know how many elements there are.
  void replace(ArrayRef<LaunchOp> launches, LaunchOp place, BatchedKernels &kernels) {
    LaunchOp first = launches.front();
    SmallVector<int64_t> bases(first.getOffsets()), grid(first.getGrid());
    for (LaunchOp launch : launches) {
      for (auto [base, offset] : llvm::zip_equal(bases, launch.getOffsets()))
        base = std::min(base, offset);
      grid[0] = std::max(grid[0], launch.getGrid()[0]);
    }
    grid[2] = launches.size();
    SmallVector<OperandSet> sets;
    for (LaunchOp launch : launches) {
      OperandSet &set = sets.emplace_back();
      for (auto [base, offset] : llvm::zip_equal(bases, launch.getOffsets()))
        set.shifts.push_back(offset - base);
      set.elements.assign(launch.getElements().begin(), launch.getElements().end());
    }
    OpBuilder builder(place);
    LaunchOp::create(builder, first.getLoc(), kernelFor(first, sets, kernels), grid, first.getBlock(),
                     first.getShared(), first.getSpaces(), bases, /*elements=*/ArrayRef<int64_t>(), first.getGated(),
                     first.getPlace(), workOf(launches));
    for (LaunchOp launch : launches)
      launch.erase();
  }

  /// Batches have tables of their own; single launches of one size share a kernel.
  SymbolRefAttr kernelFor(LaunchOp launch, ArrayRef<OperandSet> sets, BatchedKernels &kernels) {
    if (sets.size() > 1)
      return kernels.get(launch.getKernel(), sets);
    SymbolRefAttr &kernel = sized[{launch.getKernel(), launch.getElementsAttr()}];
    if (!kernel)
      kernel = kernels.get(launch.getKernel(), sets);
    return kernel;
  }

  llvm::DenseMap<std::pair<Attribute, Attribute>, SymbolRefAttr> sized;
};
} // namespace

//===- TotalKernels.cpp - Sums of all elements to kernels ------------------------------===//
#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "passes/CUDA/Elements.h"
#include "passes/CUDA/KernelMemory.h"
#include "passes/CUDA/LaneReduction.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_TOTALKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

static constexpr int64_t threads = 256;            // of a block
static constexpr int64_t elementsOfBlock = 4096;   // 16 of a thread
static constexpr int64_t mostOfOneBlock = 1 << 14; // elements that are not shared by blocks

namespace {
/// A sum, or the like, of all elements.
struct Total {
  linalg::LinalgOp elements; ///< What is summed: the total itself, or sums of rows that it adds up.
  linalg::LinalgOp total;
  Operation *combiner;

  Value result() { return total.getDpsInits().front(); }
  Type type() const { return combiner->getResult(0).getType(); }
  int64_t count() { return ShapedType::getNumElements(elements.getStaticLoopRanges()); }
  bool isOfOneBlock() { return count() <= mostOfOneBlock; }
};
} // namespace

/// The op that combines what is summed, where the op sums to one result of constants of the neutral element or others.
static Operation *combinerOf(linalg::LinalgOp op) {
  SmallVector<Operation *> combiners;
  if (op.getNumDpsInits() != 1 || !matchReduction(op.getRegionOutputArgs(), 0, combiners) || combiners.size() != 1 ||
      !arith::getNeutralElement(combiners.front()))
    return nullptr;
  return combiners.front();
}

/// Whether the op does nothing with an element but to combine it.
static bool isPlain(linalg::LinalgOp op) { return llvm::hasSingleElement(op.getBlock()->without_terminator()); }

/// Whether all inputs have an element a point of the loops, in their order.
static bool readsLists(linalg::LinalgOp op) {
  return op.hasPureBufferSemantics() && !op.hasDynamicShape() && isList(op, op.getDpsInputOperands());
}

/// The sums of rows that the total adds up: in a buffer that nothing else uses, from the neutral element on.
static linalg::LinalgOp findRows(linalg::LinalgOp total, Operation *combiner) {
  Value sums = total.getDpsInputs().front();
  if (!sums.getDefiningOp<memref::AllocOp>() || !isPlain(total))
    return {};
  linalg::LinalgOp rows, fill;
  for (Operation *user : sums.getUsers()) {
    auto op = dyn_cast<linalg::LinalgOp>(user);
    if (!op || op->getBlock() != total->getBlock())
      return {};
    if (op == total)
      continue;
    linalg::LinalgOp &place = isa<linalg::FillOp>(user) ? fill : rows;
    if (place)
      return {};
    place = op;
  }
  if (!rows || !fill || !fill->isBeforeInBlock(rows) || !rows->isBeforeInBlock(total))
    return {};
  Operation *other = combinerOf(rows);
  auto neutral = other ? arith::getNeutralElement(other) : std::nullopt;
  Attribute filled;
  if (!neutral || other->getName() != combiner->getName() ||
      !matchPattern(cast<linalg::FillOp>(*fill).value(), m_Constant(&filled)) || filled != *neutral)
    return {};
  return rows;
}

static std::optional<Total> match(linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics() || op.getNumParallelLoops() != 0 || op.getNumLoops() == 0 ||
      op.getNumDpsInputs() == 0)
    return std::nullopt;
  Operation *combiner = combinerOf(op);
  if (!combiner || !readsLists(op))
    return std::nullopt;
  if (linalg::LinalgOp rows = findRows(op, combiner)) {
    if (!readsLists(rows))
      return std::nullopt;
    return Total{rows, op, combiner};
  }
  return Total{op, op, combiner};
}

namespace {
/// Writes the kernels of a total.
class TotalKernel {
public:
  TotalKernel(OpBuilder &builder, Total total, Value start)
      : builder(builder), total(total), start(start), location(total.total.getLoc()),
        work(total.elements->getAttrOfType<KernelAttr>(kernelAttrName)) {}

  void write();

private:
  using Step = function_ref<SmallVector<Value>(const LoopPosition &, ValueRange)>;

  Value sumOfBlock(KernelLaunch &launch, Value begin, Value end, int64_t width, Step step);
  Value sumOfElements(KernelLaunch &launch, Value begin, Value end);
  void finish(KernelLaunch &launch, Value sum);
  void storeFirst(KernelLaunch &launch, Value doesStore, function_ref<void()> store);

  OpBuilder &builder;
  Total total;
  Value start; ///< What the result is before, where it is known.
  Location location;
  KernelAttr work;
  DenseMap<Value, Value> lists;
};
} // namespace

/// What the threads of a block add up, each from element to element of its own, then all.
Value TotalKernel::sumOfBlock(KernelLaunch &launch, Value begin, Value end, int64_t width, Step step) {
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  Value neutral = arith::ConstantOp::create(b, *arith::getNeutralElement(total.combiner));
  Value first = index.add(begin, index.mul(launch.threadIndex(), width));
  auto loop = scf::ForOp::create(b, first, end, index.constant(threads * width), SmallVector<Value>(width, neutral));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    LoopPosition at;
    at.indices = {loop.getInductionVar()};
    at.width = width;
    at.lists = &lists;
    scf::YieldOp::create(b, step(at, loop.getRegionIterArgs()));
  }
  return LaneReduction{launch, Combiner(total.combiner), launch.threadIndex(), threads}.combineAll(
      SmallVector<Value>(loop.getResults()));
}

Value TotalKernel::sumOfElements(KernelLaunch &launch, Value begin, Value end) {
  ImplicitLocOpBuilder &b = launch.body();
  linalg::LinalgOp op = total.elements;
  int64_t width = neighboursIn(total.count());
  return sumOfBlock(launch, begin, end, width, [&](const LoopPosition &at, ValueRange sums) {
    Registers registers;
    auto operands = readOperands(b, op, at, registers, /*readsOutputs=*/false);
    operands[op.getDpsInitOperand(0)->getOperandNumber()].assign(sums.begin(), sums.end());
    return computeElements(b, op, at, operands).front();
  });
}

/// The first thread stores, if `doesStore` is null or true.
void TotalKernel::storeFirst(KernelLaunch &launch, Value doesStore, function_ref<void()> store) {
  ImplicitLocOpBuilder &b = launch.body();
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, launch.threadIndex(), IndexMath{b}.constant(0));
  auto branch = scf::IfOp::create(b, doesStore ? arith::AndIOp::create(b, isFirst, doesStore) : isFirst,
                                  /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  store();
}

void TotalKernel::finish(KernelLaunch &launch, Value sum) {
  storeFirst(launch, /*doesStore=*/{}, [&] {
    ImplicitLocOpBuilder &b = launch.body();
    Value before = start ? start : memref::LoadOp::create(b, total.result(), ValueRange()).getResult();
    memref::StoreOp::create(b, Combiner(total.combiner)(b, before, sum), total.result(), ValueRange());
  });
}

void TotalKernel::write() {
  lists = listsOf(builder, total.elements.getDpsInputs());
  Value list = lists.lookup(total.elements.getDpsInputs().front());
  bool isOne = total.isOfOneBlock();
  int64_t blocks = isOne ? 1 : llvm::divideCeil(total.count(), elementsOfBlock);
  Value parts;
  if (!isOne) {
    auto type = MemRefType::get({blocks}, total.type());
    parts = FlattenOp::create(builder, location, WorkspaceOp::create(builder, location, type));
  }
  KernelLaunch launch(builder, location, {blocks, 1, 1}, {threads, 1, 1}, work);
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  Value size = memref::DimOp::create(b, list, index.constant(0));
  if (isOne)
    return finish(launch, sumOfElements(launch, index.constant(0), size));
  Value begin = index.mul(launch.blockIndex(), elementsOfBlock);
  Value end = arith::MinUIOp::create(b, index.add(begin, elementsOfBlock), size);
  Value sum = sumOfElements(launch, begin, end);
  // In a batch a smaller list has blocks with nothing to do.
  Value hasElements = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, begin, size);
  storeFirst(launch, hasElements, [&] { memref::StoreOp::create(b, sum, parts, launch.blockIndex()); });

  KernelLaunch last(builder, location, {1, 1, 1}, {threads, 1, 1}, furtherKernelOf(work));
  ImplicitLocOpBuilder &l = last.body();
  Value count = memref::DimOp::create(l, parts, IndexMath{l}.constant(0));
  Value all =
      sumOfBlock(last, IndexMath{l}.constant(0), count, /*width=*/1, [&](const LoopPosition &at, ValueRange sums) {
        Value part = memref::LoadOp::create(l, parts, at.indices.front());
        return SmallVector<Value>{Combiner(total.combiner)(l, sums.front(), part)};
      });
  finish(last, all);
}

/// What sets the result right before to a constant; nothing else touches it in between.
static linalg::FillOp findStart(Total total, BufferAliases &aliases) {
  for (Operation *before = total.total->getPrevNode(); before; before = before->getPrevNode()) {
    auto fill = dyn_cast<linalg::FillOp>(before);
    if (fill && fill.output() == total.result())
      return matchPattern(fill.value(), m_Constant()) ? fill : linalg::FillOp();
    if (!getModRef(aliases, before, total.result()).isNoModRef())
      return {};
  }
  return {};
}

/// Whether what is between the sums of rows and the total, if they are two, changes nothing that is summed.
static bool areTogether(Total total, BufferAliases &aliases) {
  for (Operation *op = total.elements; op != total.total; op = op->getNextNode())
    for (Value input : total.elements.getDpsInputs())
      if (getModRef(aliases, op, input).isMod())
        return false;
  return true;
}

namespace {
struct TotalKernels : sluice::impl::TotalKernelsBase<TotalKernels> {
  void runOnOperation() override {
    BufferAliases aliases;
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      std::optional<Total> total = match(op);
      if (!total || !areTogether(*total, aliases))
        continue;
      linalg::FillOp start = findStart(*total, aliases);
      if (total->isOfOneBlock() && goesOn(*total, start))
        continue;
      OpBuilder builder(op);
      TotalKernel(builder, *total, start ? start.value() : Value()).write();
      erase(*total, start);
    }
  }

private:
  /// Whether others use the result in the function: these and the total can be one kernel of rows.
  static bool goesOn(Total total, Operation *start) {
    return llvm::any_of(total.result().getUsers(),
                        [&](Operation *user) { return user != total.total && user != start; });
  }

  static void erase(Total total, linalg::FillOp start) {
    total.total.erase();
    if (total.elements != total.total) {
      Value sums = total.elements.getDpsInits().front();
      for (Operation *user : llvm::make_early_inc_range(sums.getUsers()))
        user->erase();
    }
    if (start)
      start.erase();
  }
};
} // namespace

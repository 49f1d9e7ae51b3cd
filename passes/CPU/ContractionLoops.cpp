//===- ContractionLoops.cpp - The loops of a contraction --------------------------===//
#include "passes/CPU/ContractionLoops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/Build/CacheLines.h"
#include "passes/CPU/MicroKernel.h"
#include "passes/CPU/PackOperands.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

namespace {
/// A block of C at one position of the loops around the matrix product.
struct Task {
  Position position;
  SubRange m, n;
  SumsTarget target;
};

/// Emits, from the outside to the inside, the loops over tasks, over sums around the product, over blocks of the sum
/// and over panels of B. Inside of all is a micro-kernel, which has the loop over panels of A.
class ContractionLoops {
public:
  explicit ContractionLoops(FusedContraction fused);

  void emit();

private:
  FusedContraction fused; // operands are collapsed by `emit`
  Contraction &contraction = fused.contraction;
  Initialization &initialization = fused.initialization;
  Epilogue &epilogue = fused.epilogue;
  ContractionPlan plan;
  ImplicitLocOpBuilder b;
  Block *home; // where buffers are allocated: that of the loop over tasks, or what is around the contraction
  struct Buffers {
    Value panelsOfA, panelsOfB, tile, keptSums;
  } buffers;

  void collapse(Contraction::Operand &operand);
  void collapseOperands();
  FloatType panelType() const {
    return plan.kernel.interleavedTerms == 1 ? contraction.elementType() : contraction.computeType;
  }
  KernelAttr kernelOfPacking();
  Value allocate(ArrayRef<int64_t> shape, Type element);
  void allocateBuffers();
  PackerOfA packerOfA() const { return {contraction, plan, buffers.panelsOfA}; }
  void emitTask(Value number);
  void emitSums(ArrayRef<unsigned> dims, Task task);
  void emitBlockOfSum(const Task &task, MatrixView matrixA, MatrixView matrixB, SubRange k);
  SumsTarget targetOfBlock(SumsTarget target, SubRange k);
  Value termsOfPanels(SubRange k);
  void emitPanel(MicroKernel kernel, SubRange m, SubRange n, Value j, SubRange k);
};
} // namespace

ContractionLoops::ContractionLoops(FusedContraction fusedContraction)
    : fused(std::move(fusedContraction)), b(contraction.op.getLoc(), contraction.op) {
  Operation *around = contraction.op->getParentOp();
  while (!isa<scf::ForallOp, scf::ParallelOp, FunctionOpInterface>(around))
    around = around->getParentOp();
  home = &around->getRegion(0).front();
  ContractionShape shape = ContractionShape::of(contraction);
  shape.isInitialized = initialization.op != nullptr;
  shape.isInParallelLoop = !isa<FunctionOpInterface>(around);
  plan = planContraction(shape, contraction.op->getAttrOfType<StrategyAttr>(strategyAttrName));
}

void ContractionLoops::emit() {
  collapseOperands();
  if (plan.a.packing == PlanOfA::BeforeTasks) {
    buffers.panelsOfA = allocate({plan.a.bufferSize}, panelType());
    packerOfA().packAll(b, kernelOfPacking());
  }
  switch (plan.loop) {
  case ContractionPlan::None:
    emitTask(constantIndex(b, 0));
    break;
  case ContractionPlan::Sequential:
    loop(b, constantIndex(b, 0), constantIndex(b, plan.tasks), 1, [&](Value task) { emitTask(task); });
    break;
  case ContractionPlan::Parallel:
    parallelLoop(b, plan.tasks, fused.kernel(), [&](Value task) {
      llvm::SaveAndRestore inside(home, b.getInsertionBlock());
      emitTask(task);
    });
    break;
  }
  fused.eraseOps();
}

//===-- Operands, descriptions and buffers ----------------------------------------===//

void ContractionLoops::collapse(Contraction::Operand &operand) {
  auto type = cast<MemRefType>(operand.value.getType());
  if (operand.type.getRank() != type.getRank())
    operand.value = memref::CollapseShapeOp::create(b, operand.value, operand.reassociation);
}

void ContractionLoops::collapseOperands() {
  collapse(contraction.a);
  collapse(contraction.b);
  Value c = contraction.c.value;
  collapse(contraction.c);
  for (Contraction::Operand &operand : epilogue.operands)
    if (operand.value == c)
      operand.value = contraction.c.value;
    else
      collapse(operand);
}

/// Packing all of A moves it to the panels.
KernelAttr ContractionLoops::kernelOfPacking() {
  if (!fused.kernel())
    return {};
  int64_t elements = contraction.product(contraction.dimsAroundA()) * plan.size.m * plan.size.k;
  int64_t bytesOfBoth = contraction.bytesOfElement(contraction.a) + panelType().getWidth() / 8;
  return KernelAttr::get(b.getContext(), b.getStringAttr("packing"), 0, elements * bytesOfBoth);
}

Value ContractionLoops::allocate(ArrayRef<int64_t> shape, Type element) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(home);
  return memref::AllocOp::create(b, MemRefType::get(shape, element), b.getI64IntegerAttr(bytesOfCacheLine));
}

/// Those of a thread.
void ContractionLoops::allocateBuffers() {
  if (plan.a.packing == PlanOfA::ByTask)
    buffers.panelsOfA = allocate({plan.a.bufferSize}, panelType());
  if (plan.b.packing != PlanOfB::InPlace)
    buffers.panelsOfB = allocate({plan.b.bufferSize}, panelType());
  if (plan.c.goesThroughTile)
    buffers.tile = allocate({plan.kernel.rows, plan.kernel.columns}, contraction.elementType());
  if (plan.c.keepsSums)
    buffers.keptSums =
        allocate({plan.block.m, inOddLines(plan.block.n, contraction.elementType())}, contraction.elementType());
}

//===-- Loops ---------------------------------------------------------------------===//

void ContractionLoops::emitTask(Value number) {
  allocateBuffers();
  Value blockOfM, blockOfN;
  if (plan.neighboursShareRows) {
    blockOfN = takeIndex(b, number, plan.blocksN());
    blockOfM = takeIndex(b, number, plan.blocksM());
  } else {
    blockOfM = takeIndex(b, number, plan.blocksM());
    blockOfN = takeIndex(b, number, plan.blocksN());
  }
  Task task;
  task.m = SubRange::ofBlock(b, times(b, blockOfM, plan.block.m), plan.size.m, plan.block.m, plan.kernel.rows);
  task.n = SubRange::ofBlock(b, times(b, blockOfN, plan.block.n), plan.size.n, plan.block.n, plan.kernel.columns);
  for (unsigned dim : llvm::reverse(contraction.outer))
    task.position[dim] = takeIndex(b, number, contraction.sizes[dim]);
  task.target.c = matrixAt(b, contraction, contraction.c, task.position, contraction.m);
  task.target.tile = buffers.tile;
  task.target.narrow = contraction.narrow;
  task.target.draws = SumDraws::of(b, contraction, task.position);
  task.target.initialRow = initialization.row;
  Value always = arith::ConstantIntOp::create(b, 1, 1);
  if (initialization.op)
    task.target.isFirst = always;
  if (epilogue.op) {
    EpilogueKernel &atEnd = task.target.epilogue.emplace();
    atEnd.op = epilogue.op;
    atEnd.lanes = plan.kernel.lanes;
    atEnd.isLast = always;
    for (const Contraction::Operand &operand : epilogue.operands)
      atEnd.operands.push_back(matrixAt(b, contraction, operand, task.position, contraction.m));
  }
  if (plan.c.keepsSums)
    task.target.kept = KeptSums{{buffers.keptSums, 0, 1}, always};
  emitSums(contraction.outerSums, task);
}

/// Loops over the sums around the matrix product, then over its blocks. What is first or last of a loop is so of all
/// that is around it, too.
void ContractionLoops::emitSums(ArrayRef<unsigned> dims, Task task) {
  if (!dims.empty()) {
    int64_t size = contraction.sizes[dims.front()];
    loop(b, constantIndex(b, 0), constantIndex(b, size), 1, [&](Value s) {
      Task inside = task;
      inside.position[dims.front()] = s;
      if (inside.target.epilogue)
        inside.target.epilogue->isLast = andEqual(b, task.target.epilogue->isLast, s, size - 1);
      inside.target.isFirst = andEqual(b, task.target.isFirst, s, 0);
      emitSums(dims.drop_front(), inside);
    });
    return;
  }
  MatrixView matrixA = matrixAt(b, contraction, contraction.a, task.position, contraction.m);
  MatrixView matrixB = matrixAt(b, contraction, contraction.b, task.position, contraction.n);
  forBlocks(b, plan.size.k, plan.block.k, [&](SubRange k) { emitBlockOfSum(task, matrixA, matrixB, k); });
}

/// Where the sums of a block of terms go.
SumsTarget ContractionLoops::targetOfBlock(SumsTarget target, SubRange k) {
  if (target.draws) {
    target.draws->terms = k;
    target.draws->startsQuarter = plan.isOneBlock() || plan.block.k % KernelShape::unrolledTerms == 0;
  }
  if (plan.isOneBlock())
    return target;
  target.isFirst = andEqual(b, target.isFirst, k.start, 0);
  if (target.epilogue)
    target.epilogue->isLast = andEqual(b, target.epilogue->isLast, k.start, plan.lastBlock());
  if (target.kept)
    target.kept->isLast = andEqual(b, target.kept->isLast, k.start, plan.lastBlock());
  return target;
}

void ContractionLoops::emitBlockOfSum(const Task &task, MatrixView matrixA, MatrixView matrixB, SubRange k) {
  Panels panelsOfA;
  MicroKernel kernel;
  kernel.shape = plan.kernel;
  kernel.triangle = plan.triangle;
  kernel.prefetchesC = plan.c.isPrefetched;
  if (plan.a.packing == PlanOfA::InPlace) {
    kernel.elementOfA = elementInPlace(matrixA, task.m, k);
  } else {
    panelsOfA = packerOfA().panelsOfBlock(b, matrixA, task.position, task.m, k);
    kernel.elementOfA = packedElement(panelsOfA);
  }
  kernel.target = targetOfBlock(task.target, k);
  Value zero = constantIndex(b, 0);
  if (plan.b.packing == PlanOfB::InPlace) {
    loop(b, zero, task.n.count, plan.kernel.columns, [&](Value j) {
      kernel.vectorOfB = vectorInPlace(matrixB, plus(b, task.n.start, j), k, plan.kernel.lanes);
      emitPanel(kernel, task.m, task.n, j, k);
    });
    return;
  }
  PackerOfB packerOfB{plan, contraction.computeType, buffers.panelsOfB, matrixB, task.n, k};
  loop(b, zero, task.n.count, plan.b.columnsAtOnce(), [&](Value start) {
    // Packed where they are used next, panels are in a cache.
    SubRange columns = task.n.part(b, start, plan.b.columnsAtOnce(), plan.kernel.columns);
    Value place = packerOfB.placeOfPanels(b, start);
    packerOfB.pack(b, columns, start, place);
    auto multiplyPanel = [&](Value j) {
      Panels panel = packerOfB.panelAt(b, place, j);
      kernel.prefetch = packerOfB.nextPanels(b, start, place, j);
      kernel.vectorOfB = packedVector(panel, plan.kernel.lanes);
      if (plan.kernel.tileTerms)
        kernel.tiles = TilePanels{panelsOfA, panel};
      emitPanel(kernel, task.m, task.n, plus(b, start, j), k);
    };
    if (plan.b.panels.packedAtOnce == 1)
      return multiplyPanel(zero);
    loop(b, zero, columns.count, plan.kernel.columns, multiplyPanel);
  });
}

/// With the zeros behind the last one.
Value ContractionLoops::termsOfPanels(SubRange k) {
  int64_t multiple = plan.b.panels.multipleOfTerms;
  if (multiple == 1)
    return k.count;
  return times(b, b.createOrFold<arith::CeilDivUIOp>(k.count, constantIndex(b, multiple)), multiple);
}

/// The register blocks of a panel of B: of the last one those vectors alone that have columns of C.
void ContractionLoops::emitPanel(MicroKernel kernel, SubRange m, SubRange n, Value j, SubRange k) {
  Value terms = termsOfPanels(k);
  int64_t columns = plan.kernel.columns;
  if (plan.b.columnsOfLastPanel == columns)
    return kernel.emit(b, m, n, j, terms);
  auto emitLast = [&] {
    kernel.shape.columns = plan.b.columnsOfLastPanel;
    kernel.emit(b, m, {n.start, n.count, plan.b.fillsLastPanel}, j, terms);
  };
  if (plan.size.n <= columns)
    return emitLast();
  Value end = plus(b, plus(b, n.start, j), columns);
  Value isInside = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, end, constantIndex(b, plan.size.n));
  emitIf(b, isInside, [&] { kernel.emit(b, m, {n.start, n.count, /*isWhole=*/true}, j, terms); }, emitLast);
}

void sluice::emitContractionLoops(const FusedContraction &contraction) { ContractionLoops(contraction).emit(); }

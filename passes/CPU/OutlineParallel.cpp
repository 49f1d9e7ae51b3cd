//===- OutlineParallel.cpp - Parallel loops to functions -----------------------===//
#include "dialects/CPU/CPUDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/Build/Indices.h"
#include "passes/CPU/Passes.h"
#include "passes/Table/StepLayout.h"

namespace sluice {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

namespace {
/// The static bounds of a loop, dimension by dimension.
struct Bounds {
  SmallVector<int64_t> lower, step, trips;
  int64_t count = 1;
};
} // namespace

static FailureOr<Bounds> getBounds(scf::ForallOp loop) {
  Bounds bounds;
  auto loops = llvm::zip_equal(loop.getMixedLowerBound(), loop.getMixedUpperBound(), loop.getMixedStep());
  for (auto [lowerBound, upperBound, step] : loops) {
    std::optional<int64_t> lower = getConstantIntValue(lowerBound), upper = getConstantIntValue(upperBound),
                           by = getConstantIntValue(step);
    if (!lower || !upper || !by || *by <= 0)
      return loop.emitOpError() << "expected static bounds and positive steps";
    int64_t trips = *upper > *lower ? llvm::divideCeil(*upper - *lower, *by) : 0;
    bounds.lower.push_back(*lower);
    bounds.step.push_back(*by);
    bounds.trips.push_back(trips);
    bounds.count *= trips;
  }
  return bounds;
}

static bool isIdentityBuffer(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.hasStaticShape() && memref.getLayout().isIdentity();
}

/// Whether the op that makes `value` is repeated in the body instead of capturing the value.
static bool isRepeated(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getNumRegions() != 0)
    return false;
  // A vector cannot be captured; what it is computed from may be.
  bool isCheap = op->getNumOperands() == 0 || isa<VectorType>(value.getType());
  return isa<ViewLikeOpInterface>(op) || (isCheap && isPure(op));
}

/// Splits what a loop uses from above into captures and the ops that the body repeats, in dominance order.
static LogicalResult collectCaptures(scf::ForallOp loop, SetVector<Value> &captures, SetVector<Operation *> &repeated) {
  SetVector<Value> used;
  getUsedValuesDefinedAbove(loop->getRegions(), used);
  SmallVector<Value> worklist(used.rbegin(), used.rend());
  SmallVector<Operation *> found;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (isRepeated(value)) {
      found.push_back(value.getDefiningOp());
      llvm::append_range(worklist, llvm::reverse(value.getDefiningOp()->getOperands()));
      continue;
    }
    if (!isIdentityBuffer(value.getType()) && !value.getType().isIntOrIndexOrFloat()) {
      InFlightDiagnostic diagnostic = loop.emitOpError()
                                      << "cannot take a value of type " << value.getType() << " from above";
      diagnostic.attachNote(value.getLoc()) << "expected a scalar, or a memref of static shape and identity layout";
      return diagnostic;
    }
    captures.insert(value);
  }
  // Operands were found after their users.
  for (Operation *op : llvm::reverse(found))
    repeated.insert(op);
  return success();
}

/// The induction variables of the iteration `position` of the flattened loop, the last dimension running fastest.
static SmallVector<Value> delinearize(ImplicitLocOpBuilder &b, const Bounds &bounds, Value position) {
  SmallVector<Value> variables(bounds.trips.size());
  Value rest = position;
  for (int64_t dim = bounds.trips.size() - 1; dim >= 0; --dim) {
    Value index = rest;
    if (dim > 0) {
      index = arith::RemUIOp::create(b, rest, constantIndex(b, bounds.trips[dim]));
      rest = arith::DivUIOp::create(b, rest, constantIndex(b, bounds.trips[dim]));
    }
    if (bounds.step[dim] != 1)
      index = arith::MulIOp::create(b, index, constantIndex(b, bounds.step[dim]));
    if (bounds.lower[dim] != 0)
      index = arith::AddIOp::create(b, index, constantIndex(b, bounds.lower[dim]));
    variables[dim] = index;
  }
  return variables;
}

/// Moves the loop's body before `position` with the given induction variables, and erases the loop.
static void moveBody(scf::ForallOp loop, Operation *position, ValueRange variables) {
  loop.getTerminator()->erase();
  for (auto [argument, variable] : llvm::zip_equal(loop.getInductionVars(), variables))
    argument.replaceAllUsesWith(variable);
  position->getBlock()->getOperations().splice(position->getIterator(), loop.getBody()->getOperations());
  loop.erase();
}

/// A sequential loop over the flattened iterations [begin, end) in place of `loop`.
static void makeSequential(ImplicitLocOpBuilder &b, scf::ForallOp loop, const Bounds &bounds, Value begin, Value end) {
  auto sequential = scf::ForOp::create(b, begin, end, constantIndex(b, 1));
  b.setInsertionPointToStart(sequential.getBody());
  SmallVector<Value> variables = delinearize(b, bounds, sequential.getInductionVar());
  moveBody(loop, sequential.getBody()->getTerminator(), variables);
}

/// Moves static allocations below `root` to the start of `entry`, and drops their deallocations.
static void hoistAllocations(Operation *root, Block *entry) {
  root->walk([&](Operation *op) {
    if (isa<memref::AllocOp, memref::AllocaOp>(op) && op->getNumOperands() == 0) {
      for (Operation *user : llvm::make_early_inc_range(op->getUsers()))
        if (isa<memref::DeallocOp>(user))
          user->erase();
      op->moveBefore(entry, entry->begin());
    }
  });
}

namespace {
struct OutlineParallel : sluice::impl::OutlineParallelBase<OutlineParallel> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (func::FuncOp function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (failed(outlineLoops(function, symbols)))
        return signalPassFailure();
  }

  LogicalResult outlineLoops(func::FuncOp function, SymbolTable &symbols) {
    SmallVector<scf::ForallOp> outer, inner;
    function.walk(
        [&](scf::ForallOp loop) { (loop->getParentOfType<scf::ForallOp>() ? inner : outer).push_back(loop); });
    for (scf::ForallOp loop : llvm::concat<scf::ForallOp>(inner, outer))
      if (!loop.getOutputs().empty())
        return loop.emitOpError() << "expected no shared outputs after bufferization";
    for (scf::ForallOp loop : inner) {
      FailureOr<Bounds> bounds = getBounds(loop);
      if (failed(bounds))
        return failure();
      ImplicitLocOpBuilder b(loop.getLoc(), loop);
      Value begin = constantIndex(b, 0);
      makeSequential(b, loop, *bounds, begin, constantIndex(b, bounds->count));
    }
    unsigned number = 0;
    for (scf::ForallOp loop : outer) {
      FailureOr<Bounds> bounds = getBounds(loop);
      if (failed(bounds))
        return failure();
      if (bounds->count == 0)
        loop.erase();
      else if (bounds->count == 1)
        inlineIteration(loop, *bounds, function);
      else if (failed(outline(loop, *bounds, function, number++, symbols)))
        return failure();
    }
    return success();
  }

  void inlineIteration(scf::ForallOp loop, const Bounds &bounds, func::FuncOp function) {
    hoistAllocations(loop, &function.getBody().front());
    ImplicitLocOpBuilder b(loop.getLoc(), loop);
    SmallVector<Value> variables;
    for (int64_t lower : bounds.lower)
      variables.push_back(constantIndex(b, lower));
    moveBody(loop, loop, variables);
  }

  LogicalResult outline(scf::ForallOp loop, const Bounds &bounds, func::FuncOp function, unsigned number,
                        SymbolTable &symbols) {
    if (function.getNumArguments() == 0 || !isStepType(function.getArgumentTypes()[0])) {
      InFlightDiagnostic diagnostic = loop.emitOpError()
                                      << "expected a function whose first argument is the step state";
      diagnostic.attachNote(function.getLoc()) << "the step state is a " << getStepType(&getContext());
      return diagnostic;
    }
    SetVector<Value> captures;
    SetVector<Operation *> repeated;
    if (failed(collectCaptures(loop, captures, repeated)))
      return failure();

    ImplicitLocOpBuilder builder(loop.getLoc(), loop);
    SmallVector<Type> arguments = llvm::to_vector(ValueRange(captures.getArrayRef()).getTypes());
    // `sluice-plan-scratch` gives the scratch its size.
    arguments.append({builder.getIndexType(), builder.getIndexType(), MemRefType::get({0}, builder.getI8Type())});
    std::string name = (function.getSymName() + "_parallel" + Twine(number)).str();
    auto body = func::FuncOp::create(loop.getLoc(), name, builder.getFunctionType(arguments, {}));
    body.setPrivate();
    symbols.insert(body, std::next(function->getIterator()));

    auto step = function.getArgument(0);
    ParallelForOp::create(builder, body.getSymName(), step, bounds.count, captures.getArrayRef(),
                          loop->getAttrOfType<KernelAttr>(kernelAttrName));

    Block *entry = body.addEntryBlock();
    builder.setInsertionPointToStart(entry);
    IRMapping mapping;
    for (auto [value, argument] : llvm::zip(captures, entry->getArguments()))
      mapping.map(value, argument);
    for (Operation *op : repeated)
      builder.clone(*op, mapping);
    func::ReturnOp::create(builder);
    builder.setInsertionPoint(entry->getTerminator());
    Value begin = entry->getArgument(captures.size()), end = entry->getArgument(captures.size() + 1);
    auto inside = [&](OpOperand &use) { return loop->isProperAncestor(use.getOwner()); };
    for (auto [from, to] : mapping.getValueMap())
      Value(from).replaceUsesWithIf(to, inside);
    makeSequential(builder, loop, bounds, begin, end);
    hoistAllocations(body, entry);
    return success();
  }
};
} // namespace

//===- PlanScratch.cpp - Allocations to offsets in one arena -------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/DataLayoutInterfaces.h"
#include "passes/Buffers/Arena.h"
#include "passes/Buffers/Passes.h"
#include "passes/Buffers/Scratch.h"
#include "passes/Table/StepLayout.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {
#define GEN_PASS_DEF_PLANSCRATCH
#include "passes/Buffers/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
constexpr int64_t alignment = SLUICE_ALIGNMENT;

struct PlanScratch : sluice::impl::PlanScratchBase<PlanScratch> {
  void runOnOperation() override {
    SymbolTable symbolTable(getOperation());
    symbols = &symbolTable;
    getOperation().walk([&](ThreadedCallOpInterface loop) { bodies.insert(loop.getThreadFunction().getAttr()); });
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
      if (failed(plan(function)))
        return signalPassFailure();
    bodies.clear();
    planned.clear();
    active.clear();
  }

private:
  /// What a planned function needs, and whether it runs a parallel loop, itself or below.
  struct Need {
    int64_t bytes = 0, threadBytes = 0;
    bool parallel = false;
  };

  /// Plans the function after those that it calls.
  LogicalResult plan(func::FuncOp function) {
    if (function.isExternal() || planned.contains(function))
      return success();
    if (!active.insert(function))
      return function.emitError() << "cannot plan the scratch of a function that calls itself";
    Need need;
    if (failed(planCallees(function, need)) || failed(planFunction(function, need)))
      return failure();
    active.remove(function);
    planned[function] = need;

    Builder builder(&getContext());
    function->setAttr(scratchBytesAttrName, builder.getI64IntegerAttr(need.bytes));
    function->setAttr(threadScratchBytesAttrName, builder.getI64IntegerAttr(need.threadBytes));
    return success();
  }

  bool isBody(func::FuncOp function) const { return bodies.contains(function.getSymNameAttr()); }

  func::FuncOp lookup(FlatSymbolRefAttr callee) const { return symbols->lookup<func::FuncOp>(callee.getAttr()); }

  LogicalResult planCallees(func::FuncOp function, Need &need) {
    WalkResult result = function.walk([&](Operation *op) {
      func::FuncOp callee;
      auto loop = dyn_cast<ThreadedCallOpInterface>(op);
      if (loop)
        callee = lookup(loop.getThreadFunction());
      else if (auto call = dyn_cast<func::CallOp>(op))
        callee = lookup(call.getCalleeAttr());
      if (!callee || callee.isExternal())
        return WalkResult::advance();
      if (failed(plan(callee)))
        return WalkResult::interrupt();
      const Need &below = planned[callee];
      need.threadBytes = std::max(need.threadBytes, loop ? below.bytes : below.threadBytes);
      need.parallel |= loop || below.parallel;
      if (loop && below.parallel) {
        InFlightDiagnostic diagnostic = op->emitOpError() << "runs a parallel loop within a parallel loop";
        diagnostic.attachNote(callee.getLoc()) << "in '" << callee.getSymName() << "'";
        return WalkResult(diagnostic);
      }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  /// The time of an op is the position of its ancestor in the entry block. Blocks behind the entry come last.
  int64_t timeOf(Operation *op, Block *entry) const {
    Operation *ancestor = entry->findAncestorOpInBlock(*op);
    return ancestor ? times.lookup(ancestor) : times.size();
  }

  /// From the first to the last use, through everything that may yield the same memory.
  LogicalResult findLife(memref::AllocOp allocation, Block *entry, ArenaInterval &life) {
    life.first = times.size();
    life.last = 0;
    SetVector<Value> aliases;
    aliases.insert(allocation.getResult());
    for (size_t next = 0; next < aliases.size(); ++next)
      for (Operation *user : aliases[next].getUsers()) {
        if (isa<memref::DeallocOp>(user))
          continue;
        int64_t time = timeOf(user, entry);
        life.first = std::min(life.first, time);
        life.last = std::max(life.last, time);
        if (isa<func::ReturnOp>(user)) {
          InFlightDiagnostic diagnostic = allocation.emitOpError() << "outlives its function";
          diagnostic.attachNote(user->getLoc()) << "returned here";
          return diagnostic;
        }
        Operation *yielding = user->hasTrait<OpTrait::IsTerminator>() ? user->getParentOp() : user;
        for (Value result : yielding->getResults())
          if (isa<BaseMemRefType>(result.getType()))
            aliases.insert(result);
        // What loops carry.
        for (Region &region : yielding->getRegions())
          for (Value argument : region.getArguments())
            if (isa<BaseMemRefType>(argument.getType()))
              aliases.insert(argument);
      }
    return success();
  }

  LogicalResult verifyAllocation(memref::AllocOp allocation, Block *entry) {
    MemRefType type = allocation.getType();
    if (allocation->getBlock() != entry)
      return allocation.emitOpError() << "expected in the entry block of a function";
    if (!type.hasStaticShape() || !type.getLayout().isIdentity() || type.getMemorySpace())
      return allocation.emitOpError() << "expected a static shape and the identity layout, found " << type;
    if (allocation.getAlignment().value_or(1) > uint64_t(alignment))
      return allocation.emitOpError() << "expected an alignment of at most " << alignment << " bytes";
    return success();
  }

  int64_t bytesOf(MemRefType type) {
    return type.getNumElements() *
           DataLayout::closest(getOperation()).getTypeSize(type.getElementType()).getFixedValue();
  }

  /// What a function's scratch is planned from.
  struct Uses {
    SmallVector<memref::AllocOp> allocations;
    SmallVector<memref::DeallocOp> deallocations;
    SmallVector<func::CallOp> calls; // of functions with a body
  };

  Uses usesOf(func::FuncOp function) const {
    Uses uses;
    function.walk([&](Operation *op) {
      if (auto allocation = dyn_cast<memref::AllocOp>(op))
        uses.allocations.push_back(allocation);
      else if (auto deallocation = dyn_cast<memref::DeallocOp>(op))
        uses.deallocations.push_back(deallocation);
      else if (auto call = dyn_cast<func::CallOp>(op))
        if (func::FuncOp callee = lookup(call.getCalleeAttr()); callee && !callee.isExternal())
          uses.calls.push_back(call);
    });
    return uses;
  }

  LogicalResult planFunction(func::FuncOp function, Need &need) {
    Block *entry = &function.getBody().front();
    times.clear();
    for (auto [time, op] : llvm::enumerate(*entry))
      times[&op] = time;
    Uses uses = usesOf(function);

    SmallVector<ArenaInterval> intervals;
    for (memref::AllocOp allocation : uses.allocations) {
      ArenaInterval life = {0, 0, 0};
      if (failed(verifyAllocation(allocation, entry)) || failed(findLife(allocation, entry, life)))
        return failure();
      life.bytes = bytesOf(allocation.getType());
      intervals.push_back(life);
    }
    // Calls at one time run one after another.
    DenseMap<int64_t, size_t> intervalOfTime;
    for (func::CallOp call : uses.calls) {
      int64_t time = timeOf(call, entry);
      auto [position, isNew] = intervalOfTime.try_emplace(time, intervals.size());
      if (isNew)
        intervals.push_back({0, time, time});
      int64_t &bytes = intervals[position->second].bytes;
      bytes = std::max(bytes, planned[lookup(call.getCalleeAttr())].bytes);
    }

    ArenaPlan arena = planArena(intervals, alignment);
    if (std::optional<std::pair<size_t, size_t>> conflict = findArenaConflict(intervals, arena, alignment))
      return function.emitError() << "internal error: intervals " << conflict->first << " and " << conflict->second
                                  << " of the arena overlap";
    need.bytes = arena.bytes;

    Value scratch = addScratch(function, arena.bytes);
    for (auto [index, allocation] : llvm::enumerate(uses.allocations)) {
      OpBuilder builder(allocation);
      Value view = makeView(builder, allocation.getLoc(), scratch, arena.offsets[index], allocation.getType());
      allocation.replaceAllUsesWith(view);
    }
    for (func::CallOp call : uses.calls)
      passScratch(call, scratch, arena.offsets[intervalOfTime[timeOf(call, entry)]]);
    for (memref::DeallocOp deallocation : uses.deallocations)
      deallocation.erase();
    for (memref::AllocOp allocation : uses.allocations)
      allocation.erase();
    report(function, need, arenaLowerBound(intervals, alignment), uses.allocations.size());
    return success();
  }

  void report(func::FuncOp function, const Need &need, int64_t lowerBound, size_t allocations) const {
    remark::analysis(function.getLoc(),
                     remark::RemarkOpts::name("Plan").category("arena").function(function.getSymName()))
        << remark::metric("function", function.getSymName()) << remark::metric("bytes", need.bytes)
        << remark::metric("lower-bound", lowerBound) << remark::metric("thread-bytes", need.threadBytes)
        << remark::metric("allocations", allocations);
  }

  Value makeView(OpBuilder &builder, Location location, Value scratch, int64_t offset, MemRefType type) {
    Value byte = arith::ConstantIndexOp::create(builder, location, offset);
    return memref::ViewOp::create(builder, location, type, scratch, byte, ValueRange());
  }

  MemRefType scratchType(int64_t bytes) { return MemRefType::get({bytes}, IntegerType::get(&getContext(), 8)); }

  Value addScratch(func::FuncOp function, int64_t bytes) {
    MemRefType type = scratchType(bytes);
    if (isBody(function)) {
      Value scratch = function.getBody().front().getArguments().back();
      scratch.setType(type);
      function.setType(function.getFunctionType().clone(function.getBody().getArgumentTypes(), {}));
      return scratch;
    }
    unsigned position = scratchPosition(function);
    (void)function.insertArgument(position, type, {}, function.getLoc());
    return function.getArgument(position);
  }

  void passScratch(func::CallOp call, Value scratch, int64_t offset) {
    func::FuncOp callee = lookup(call.getCalleeAttr());
    OpBuilder builder(call);
    Value view = makeView(builder, call.getLoc(), scratch, offset, scratchType(planned[callee].bytes));
    // The callee has its scratch already.
    unsigned position = callee->hasAttr(actionAttrName) ? call.getNumOperands() : scratchPosition(callee);
    call->insertOperands(position, view);
  }

  SymbolTable *symbols = nullptr;
  DenseSet<StringAttr> bodies;
  DenseMap<func::FuncOp, Need> planned;
  SetVector<func::FuncOp> active;
  DenseMap<Operation *, int64_t> times;
};
} // namespace

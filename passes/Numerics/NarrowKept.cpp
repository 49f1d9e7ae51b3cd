//===- NarrowKept.cpp - Keeps in the compute type what is rounded to it anyway --------===//
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/Remarks.h"
#include "passes/Numerics/Narrow.h"
#include "passes/Numerics/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_NARROWKEPT
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// Where the contents of one slot come from and go to.
struct Kept {
  SlotOp slot;
  SmallVector<Value> values; // in actions, from calls to stores and from fetches to calls
  SmallVector<std::pair<func::FuncOp, unsigned>> results, arguments;
};

struct NarrowKept : sluice::impl::NarrowKeptBase<NarrowKept> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbolTable(module);
    symbols = &symbolTable;
    llvm::DenseMap<StringAttr, unsigned> calls;
    module.walk([&](func::CallOp call) { ++calls[call.getCalleeAttr().getAttr()]; });
    llvm::DenseMap<StringAttr, SmallVector<Operation *>> users;
    module.walk([&](Operation *op) {
      if (auto fetch = dyn_cast<FetchOp>(op))
        users[fetch.getSymbolAttr().getAttr()].push_back(op);
      if (auto store = dyn_cast<StoreOp>(op))
        users[store.getSymbolAttr().getAttr()].push_back(op);
    });
    auto isCalledOnce = [&](auto place) { return calls[place.first.getSymNameAttr()] == 1; };
    int64_t count = 0, bytes = 0;
    for (SlotOp slot : module.getOps<SlotOp>()) {
      Kept kept{slot, {}, {}, {}};
      if (slot.getKind() != SlotKind::Kept || !getElementTypeOrSelf(slot.getType()).isF32() ||
          failed(follow(users[slot.getSymNameAttr()], kept)) || !llvm::all_of(kept.results, isCalledOnce) ||
          !llvm::all_of(kept.arguments, isCalledOnce))
        continue;
      Type type = typeRoundedTo(kept.arguments);
      if (!type)
        continue;
      int64_t before = sumOfTensorBytes(slot.getType());
      narrow(kept, type);
      ++count;
      bytes += before - sumOfTensorBytes(slot.getType());
    }
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("NarrowKept").category("numerics"))
        << remark::metric("slots", count) << remark::metric("bytes", bytes);
  }

private:
  func::FuncOp calleeOf(func::CallOp call) { return symbols->lookup<func::FuncOp>(call.getCallee()); }

  /// Follows the slot's contents through the actions. Fails where anything but a call computes or uses them, or
  /// anything but the slot gets them.
  LogicalResult follow(ArrayRef<Operation *> users, Kept &kept) {
    for (Operation *user : users) {
      if (auto store = dyn_cast<StoreOp>(user)) {
        if (!store.getValue().hasOneUse() || failed(followBack(store.getValue(), kept)))
          return failure();
        continue;
      }
      Value fetched = user->getResult(0);
      kept.values.push_back(fetched);
      for (OpOperand &use : fetched.getUses()) {
        auto call = dyn_cast<func::CallOp>(use.getOwner());
        if (!call)
          return failure();
        kept.arguments.emplace_back(calleeOf(call), use.getOperandNumber());
      }
    }
    return success();
  }

  LogicalResult followBack(Value value, Kept &kept) {
    kept.values.push_back(value);
    auto result = dyn_cast<OpResult>(value);
    if (!result)
      return failure();
    if (auto call = dyn_cast<func::CallOp>(result.getOwner())) {
      kept.results.emplace_back(calleeOf(call), result.getResultNumber());
      return success();
    }
    // A layer with a gate: the branch where it is dropped has nothing to keep.
    auto branch = dyn_cast<scf::IfOp>(result.getOwner());
    if (!branch)
      return success(isa<ub::PoisonOp>(result.getOwner()));
    for (Operation *yield : {branch.thenYield().getOperation(), branch.elseYield().getOperation()}) {
      Value yielded = yield->getOperand(result.getResultNumber());
      if (!yielded.hasOneUse() || failed(followBack(yielded, kept)))
        return failure();
    }
    return success();
  }

  /// What all arguments are rounded to; null where there is no such type.
  static Type typeRoundedTo(ArrayRef<std::pair<func::FuncOp, unsigned>> arguments) {
    SmallVector<Value> values = llvm::map_to_vector(
        arguments, [](auto place) -> Value { return func::FuncOp(place.first).getArgument(place.second); });
    for (Value value : values)
      if (Type type = sluice::typeRoundedTo(value))
        return llvm::all_of(values, [&](Value other) { return isOnlyRounded(other, type); }) ? type : Type();
    return {};
  }

  static void narrow(Kept &kept, Type element) {
    for (auto [function, index] : kept.results) {
      auto returned = cast<func::ReturnOp>(function.getBody().front().getTerminator());
      Value wide = returned.getOperand(index);
      Operation *rounded = createRounded(wide, element);
      returned.setOperand(index, rounded->getResult(0));
      if (isOnlyRounded(wide, element, /*other=*/rounded))
        replaceByNarrow(wide, rounded->getResult(0), /*other=*/rounded);
      updateType(function);
    }
    for (auto [function, index] : kept.arguments)
      narrowArgument(function, index, element);
    for (Value value : kept.values)
      value.setType(withElement(value.getType(), element));
    kept.slot.setType(withElement(kept.slot.getType(), element));
  }

  SymbolTable *symbols = nullptr;
};
} // namespace

//===- TrimRepeated.cpp - Functions that forward and backward both call, cut to each ----===//
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/Gradient/Passes.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace sluice {
#define GEN_PASS_DEF_TRIMREPEATED
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct TrimRepeated : sluice::impl::TrimRepeatedBase<TrimRepeated> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    eraseUnused(symbols);
    llvm::SetVector<func::FuncOp> repeated;
    module.walk([&](func::CallOp call) {
      if (call->hasAttr(repeatsAttrName))
        repeated.insert(symbols.lookup<func::FuncOp>(call.getCallee()));
    });
    SmallVector<func::CallOp> calls;
    module.walk([&](func::CallOp call) {
      if (repeated.contains(symbols.lookup<func::FuncOp>(call.getCallee())))
        calls.push_back(call);
    });
    for (func::CallOp call : calls)
      trim(call, symbols);
    for (func::FuncOp function : repeated)
      symbols.erase(function);
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("TrimRepeated").category("gradient"))
        << remark::metric("functions", repeated.size()) << remark::metric("calls", calls.size())
        << remark::metric("erased", erased);
  }

private:
  void eraseUnused(SymbolTable &symbols);
  void trim(func::CallOp call, SymbolTable &symbols);
  func::FuncOp cut(func::FuncOp function, StringRef suffix, const llvm::BitVector &used);

  /// By function, whether backward repeats it, and the results that are used.
  std::map<std::tuple<Operation *, bool, std::vector<bool>>, func::FuncOp> made;
  int64_t erased = 0; // ops
};
} // namespace

/// Erases calls of functions without effects whose results nobody uses, such as what a dropped layer would have passed
/// to a layer that is not repeated. In a branch they would need memory of their own.
void TrimRepeated::eraseUnused(SymbolTable &symbols) {
  getOperation().walk([&](func::CallOp call) {
    auto function = symbols.lookup<func::FuncOp>(call.getCallee());
    if (call.getNumResults() > 0 && call.use_empty() && function && !function.isExternal() &&
        llvm::all_of(function.getBody().getOps(),
                     [](Operation &op) { return op.hasTrait<OpTrait::IsTerminator>() || isMemoryEffectFree(&op); }))
      call.erase();
  });
}

/// A copy of the function that returns what is used, without what only the other results need.
func::FuncOp TrimRepeated::cut(func::FuncOp function, StringRef suffix, const llvm::BitVector &used) {
  OpBuilder builder(function);
  auto copy = cast<func::FuncOp>(builder.clone(*function));
  copy.setSymName((function.getSymName() + suffix).str());
  Block &entry = copy.getBody().front();
  auto returned = cast<func::ReturnOp>(entry.getTerminator());
  SmallVector<Value> results;
  for (unsigned index : used.set_bits())
    results.push_back(returned.getOperand(index));
  returned.getOperandsMutable().assign(results);
  copy.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), ValueRange(results).getTypes()));
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(entry)))
    if (isOpTriviallyDead(&op)) {
      op.erase();
      ++erased;
    }
  return copy;
}

/// Makes the call one of a function that returns what the call's results are used for.
void TrimRepeated::trim(func::CallOp call, SymbolTable &symbols) {
  auto function = symbols.lookup<func::FuncOp>(call.getCallee());
  bool repeats = call->hasAttr(repeatsAttrName);
  llvm::BitVector used(call.getNumResults());
  std::vector<bool> key(call.getNumResults());
  for (OpResult result : call.getResults())
    if (!result.use_empty()) {
      used.set(result.getResultNumber());
      key[result.getResultNumber()] = true;
    }
  func::FuncOp &callee = made[{function, repeats, key}];
  if (!callee) {
    callee = cut(function, repeats ? ".repeated" : ".alone", used);
    symbols.insert(callee, function->getIterator());
  }
  OpBuilder builder(call);
  auto trimmed = func::CallOp::create(builder, call.getLoc(), callee, call.getOperands());
  trimmed->setDiscardableAttrs(call->getDiscardableAttrDictionary());
  for (auto [index, result] : llvm::zip_equal(used.set_bits(), trimmed.getResults()))
    call.getResult(index).replaceAllUsesWith(result);
  call.erase();
}

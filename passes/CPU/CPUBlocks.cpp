//===- CPUBlocks.cpp - Actions take their blocks as one structure of pointers --------===//
#include "dialects/CPU/CPUDialect.h"
#include "passes/CPU/Passes.h"
#include "passes/Table/StepLayout.h"

namespace sluice {
#define GEN_PASS_DEF_CPUBLOCKS
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

/// Offsets of the pointers in the order of an action's arguments behind the step state.
static constexpr int64_t pointers[] = {blocks_layout::weights, blocks_layout::nextWeights, blocks_layout::persistent,
                                       blocks_layout::frame, blocks_layout::inPlace};

static bool isBlock(Type type) {
  auto memory = dyn_cast<MemRefType>(type);
  return memory && memory.getRank() == 1 && memory.hasStaticShape() && memory.getElementType().isInteger(8);
}

namespace {
struct CPUBlocks : sluice::impl::CPUBlocksBase<CPUBlocks> {
  void runOnOperation() override {
    func::FuncOp action = getOperation();
    if (!action->hasAttr(actionAttrName))
      return;
    ArrayRef<Type> types = action.getArgumentTypes();
    if (types.size() != 1 + std::size(pointers) || !isStepType(types.front()) ||
        !llvm::all_of(types.drop_front(), isBlock)) {
      action.emitOpError() << "expected an action that takes the step state and " << std::size(pointers)
                           << " blocks, found the type " << action.getFunctionType();
      return signalPassFailure();
    }
    Block &entry = action.getBody().front();
    OpBuilder builder = OpBuilder::atBlockBegin(&entry);
    auto blocksType = MemRefType::get({blocks_layout::bytes}, builder.getI8Type());
    Value blocks = entry.addArgument(blocksType, action.getLoc());
    for (auto [index, offset] : llvm::enumerate(pointers)) {
      Value block = entry.getArgument(1 + index);
      if (!block.use_empty())
        block.replaceAllUsesWith(PointeeOp::create(builder, action.getLoc(), block.getType(), blocks, offset));
    }
    entry.eraseArguments(1, std::size(pointers));
    action.setType(builder.getFunctionType(entry.getArgumentTypes(), {}));
  }
};
} // namespace

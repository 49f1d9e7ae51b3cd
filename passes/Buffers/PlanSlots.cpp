//===- PlanSlots.cpp - Offsets of parameters and slots --------------------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Remarks.h"
#include "passes/Buffers/Passes.h"
#include "runtime/abi.h"

namespace sluice {
#define GEN_PASS_DEF_PLANSLOTS
#include "passes/Buffers/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// Places tensors one after another.
struct Block {
  int64_t bytes = 0;
  int64_t place(Type type) {
    int64_t offset = bytes;
    bytes += llvm::alignTo(sumOfTensorBytes(type), SLUICE_ALIGNMENT);
    return offset;
  }
};

struct PlanSlots : sluice::impl::PlanSlotsBase<PlanSlots> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    int64_t stages = 1;
    for (Operation &op : *module.getBody())
      if (isa<ParameterOp, SlotOp>(op))
        stages = std::max(stages, stageOf(&op) + 1);
    Block parameters, persistent;
    int64_t frameBytes = 0;
    for (int64_t stage = 0; stage < stages; ++stage)
      placeParameters(stage, parameters);
    // Gradients, and the counts of micro-batches that gave them, lie together: the runtime clears them as one range.
    for (int64_t stage = 0; stage < stages; ++stage)
      for (SlotKind kind : {SlotKind::Gradient, SlotKind::Gate})
        placeAll(kind, stage, persistent);
    int64_t gradientBytes = persistent.bytes;
    for (int64_t stage = 0; stage < stages; ++stage)
      for (SlotKind kind : {SlotKind::State, SlotKind::Exchange})
        placeAll(kind, stage, persistent);
    int64_t normsOffset = placeNorms(/*unclipped=*/false, persistent), unclippedNormsOffset = -1;
    if (llvm::any_of(module.getOps<SlotOp>(),
                     [](SlotOp slot) { return slot.getKind() == SlotKind::Norm && slot->hasAttr(unclippedAttrName); }))
      unclippedNormsOffset = placeNorms(/*unclipped=*/true, persistent);
    // Each stage has frames of its own.
    for (int64_t stage = 0; stage < stages; ++stage) {
      Block frame;
      for (SlotKind kind : {SlotKind::Result, SlotKind::Boundary, SlotKind::Kept})
        placeAll(kind, stage, frame);
      frameBytes = std::max(frameBytes, frame.bytes);
    }

    BinaryFacts facts = BinaryFacts::of(module);
    facts.memory = MemoryAttr::get(module.getContext(), parameters.bytes, persistent.bytes, frameBytes,
                                   /*gradient_offset=*/0, gradientBytes, normsOffset, unclippedNormsOffset);
    facts.set(module);
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("PlanSlots").category("memory"))
        << remark::metric("parameter_bytes", parameters.bytes) << remark::metric("gradient_bytes", gradientBytes)
        << remark::metric("persistent_bytes", persistent.bytes) << remark::metric("frame_bytes", frameBytes);
  }

private:
  static int64_t stageOf(Operation *op) {
    auto stage = op->getAttrOfType<IntegerAttr>("stage");
    return stage ? stage.getInt() : 0;
  }

  /// What a stage has versions of lies together: the runtime keeps it as one range.
  void placeParameters(int64_t stage, Block &block) {
    SmallVector<ParameterOp> own;
    for (auto parameter : getOperation().getOps<ParameterOp>())
      if (stageOf(parameter) == stage)
        own.push_back(parameter);
    for (bool isInPlace : {false, true})
      for (ParameterOp parameter : own)
        if (parameter.getInPlace() == isInPlace)
          parameter.setOffset(block.place(parameter.getType()));
    for (ParameterOp parameter : own)
      if (Type copy = parameter.getNarrowCopyType())
        parameter.setNarrowOffset(block.place(copy));
  }

  void placeAll(SlotKind kind, int64_t stage, Block &block) {
    for (auto slot : getOperation().getOps<SlotOp>())
      if (slot.getKind() == kind && stageOf(slot) == stage)
        slot.setOffset(block.place(slot.getType()));
  }

  /// One double a parameter, in the parameters' order, whether it has a gradient or not.
  int64_t placeNorms(bool unclipped, Block &block) {
    llvm::StringMap<int64_t> index;
    for (auto parameter : getOperation().getOps<ParameterOp>())
      index[parameter.getSymName()] = index.size();
    int64_t first = block.bytes;
    for (auto slot : getOperation().getOps<SlotOp>())
      if (slot.getKind() == SlotKind::Norm && slot->hasAttr(unclippedAttrName) == unclipped)
        slot.setOffset(first + int64_t(sizeof(double)) * index.lookup(*slot.getRole()));
    block.bytes += llvm::alignTo(int64_t(sizeof(double)) * index.size(), SLUICE_ALIGNMENT);
    return first;
  }
};
} // namespace

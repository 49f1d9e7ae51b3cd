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
    OpBuilder builder(module);
    Block parameters, persistent, frame;
    llvm::StringMap<int64_t> parameterIndex;
    for (ParameterOp parameter : module.getOps<ParameterOp>()) {
      parameterIndex[parameter.getSymName()] = parameterIndex.size();
      parameter.setOffsetAttr(builder.getI64IntegerAttr(parameters.place(parameter.getType())));
    }
    auto placeAll = [&](SlotKind kind) {
      for (SlotOp slot : module.getOps<SlotOp>())
        if (slot.getKind() == kind)
          slot.setOffsetAttr(builder.getI64IntegerAttr((slot.isInFrame() ? frame : persistent).place(slot.getType())));
    };
    // Gradients, and the counts of micro-batches that gave them, lie together: the runtime clears them as one range.
    placeAll(SlotKind::Gradient);
    placeAll(SlotKind::Gate);
    int64_t gradientBytes = persistent.bytes;
    placeAll(SlotKind::State);
    // One double a parameter, in the parameters' order, whether it has a gradient or not.
    auto placeNorms = [&](bool unclipped) {
      int64_t first = persistent.bytes;
      for (SlotOp slot : module.getOps<SlotOp>())
        if (slot.getKind() == SlotKind::Norm && slot->hasAttr(unclippedAttrName) == unclipped)
          slot.setOffsetAttr(
              builder.getI64IntegerAttr(first + int64_t(sizeof(double)) * parameterIndex.lookup(*slot.getRole())));
      persistent.bytes += llvm::alignTo(int64_t(sizeof(double)) * parameterIndex.size(), SLUICE_ALIGNMENT);
      return first;
    };
    int64_t normsOffset = placeNorms(/*unclipped=*/false), unclippedNormsOffset = -1;
    if (llvm::any_of(module.getOps<SlotOp>(),
                     [](SlotOp slot) { return slot.getKind() == SlotKind::Norm && slot->hasAttr(unclippedAttrName); }))
      unclippedNormsOffset = placeNorms(/*unclipped=*/true);
    placeAll(SlotKind::Result);
    placeAll(SlotKind::Kept);

    BinaryFacts facts = BinaryFacts::of(module);
    facts.memory = MemoryAttr::get(module.getContext(), parameters.bytes, persistent.bytes, frame.bytes,
                                   /*gradient_offset=*/0, gradientBytes, normsOffset, unclippedNormsOffset);
    facts.set(module);
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("PlanSlots").category("memory"))
        << remark::metric("parameter_bytes", parameters.bytes) << remark::metric("gradient_bytes", gradientBytes)
        << remark::metric("persistent_bytes", persistent.bytes) << remark::metric("frame_bytes", frame.bytes);
  }
};
} // namespace

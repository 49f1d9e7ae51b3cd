//===- SetComputeType.cpp - What operands of contractions are rounded to -------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Builders.h"
#include "passes/Numerics/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_SETCOMPUTETYPE
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct SetComputeType : sluice::impl::SetComputeTypeBase<SetComputeType> {
  using SetComputeTypeBase::SetComputeTypeBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (type != "f32" && type != "bf16") {
      module.emitError() << "expected a compute type of f32 or bf16, found '" << type << "'";
      return signalPassFailure();
    }
    Builder builder(module);
    bool isNarrow = type == "bf16";
    TypeAttr attribute = isNarrow ? TypeAttr::get(builder.getBF16Type()) : TypeAttr();
    WalkResult result = module.walk([&](ComputeTypeOpInterface op) {
      op.setComputeTypeAttr(attribute);
      // One error says it for the whole model.
      return failed(verifyComputeType(op)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    BinaryFacts facts = BinaryFacts::of(module);
    facts.compute = isNarrow ? Type(builder.getBF16Type()) : builder.getF32Type();
    facts.set(module);
  }
};
} // namespace

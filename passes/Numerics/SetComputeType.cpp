//===- SetComputeType.cpp - What operands of contractions are rounded to -------------===//
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
    TypeAttr attribute = type == "bf16" ? TypeAttr::get(BFloat16Type::get(&getContext())) : TypeAttr();
    WalkResult result = module.walk([&](ComputeTypeOpInterface op) {
      op.setComputeTypeAttr(attribute);
      // One error says it for the whole model.
      return failed(verifyComputeType(op)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    setBinaryFact(module, computeFactName, StringAttr::get(&getContext(), type));
  }
};
} // namespace

//===- RecordTechnique.cpp - What rewrote the graphs --------------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Builders.h"
#include "passes/Graph/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_RECORDTECHNIQUE
#include "passes/Graph/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct RecordTechnique : sluice::impl::RecordTechniqueBase<RecordTechnique> {
  using RecordTechniqueBase::RecordTechniqueBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!module->hasAttr(binaryAttrName))
      return; // graphs without a model, of which no program is made
    BinaryFacts facts = BinaryFacts::of(module);
    Builder builder(module);
    SmallVector<Attribute> techniques;
    if (facts.techniques)
      llvm::append_range(techniques, facts.techniques);
    techniques.push_back(builder.getStringAttr(technique));
    facts.techniques = builder.getArrayAttr(techniques);
    facts.set(module);
  }
};
} // namespace

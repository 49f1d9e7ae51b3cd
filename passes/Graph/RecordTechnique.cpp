//===- RecordTechnique.cpp - What rewrote the graphs --------------------------===//
#include "dialects/Sluice/SluiceDialect.h"
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
    auto facts = module->getAttrOfType<DictionaryAttr>(binaryAttrName);
    if (!facts)
      return; // graphs without a model, of which no program is made
    Builder builder(module);
    SmallVector<Attribute> techniques;
    if (auto before = facts.getAs<ArrayAttr>(techniquesFactName))
      llvm::append_range(techniques, before);
    techniques.push_back(builder.getStringAttr(technique));
    setBinaryFact(module, techniquesFactName, builder.getArrayAttr(techniques));
  }
};
} // namespace

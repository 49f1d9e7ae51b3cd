//===- RuntimeScalars.cpp - The module's table of run-time scalars ------------===//
#include "dialects/Sluice/RuntimeScalars.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/Builders.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

DictionaryAttr RuntimeScalar::getAttr(MLIRContext *context) const {
  Builder builder(context);
  NamedAttrList entries;
  entries.set("name", builder.getStringAttr(name));
  entries.set("value", builder.getF64FloatAttr(value));
  entries.set("help", builder.getStringAttr(help));
  if (std::isfinite(range.least))
    entries.set(range.leastIsOpen ? "above" : "least", builder.getF64FloatAttr(range.least));
  if (std::isfinite(range.most))
    entries.set(range.mostIsOpen ? "below" : "most", builder.getF64FloatAttr(range.most));
  return entries.getDictionary(context);
}

static SmallVector<Attribute> scalarsOf(ModuleOp module) {
  auto table = module->getAttrOfType<ArrayAttr>(scalarsAttrName);
  return table ? SmallVector<Attribute>(table.begin(), table.end()) : SmallVector<Attribute>();
}

static Attribute *findNamed(MutableArrayRef<Attribute> scalars, StringRef name) {
  auto isNamed = [&](Attribute entry) {
    auto own = cast<DictionaryAttr>(entry).getAs<StringAttr>("name");
    return own && own.getValue() == name;
  };
  auto *found = llvm::find_if(scalars, isNamed);
  return found == scalars.end() ? nullptr : found;
}

bool sluice::hasScalar(ModuleOp module, StringRef name) {
  SmallVector<Attribute> scalars = scalarsOf(module);
  return findNamed(scalars, name);
}

void sluice::declareScalar(ModuleOp module, const RuntimeScalar &scalar) {
  if (!hasScalar(module, scalar.name))
    replaceScalar(module, scalar);
}

void sluice::replaceScalar(ModuleOp module, const RuntimeScalar &scalar) {
  SmallVector<Attribute> scalars = scalarsOf(module);
  DictionaryAttr entry = scalar.getAttr(module.getContext());
  if (Attribute *found = findNamed(scalars, scalar.name))
    *found = entry;
  else
    scalars.push_back(entry);
  module->setAttr(scalarsAttrName, ArrayAttr::get(module.getContext(), scalars));
}

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

void sluice::declareScalar(ModuleOp module, const RuntimeScalar &scalar) {
  SmallVector<Attribute> scalars;
  if (auto table = module->getAttrOfType<ArrayAttr>(scalarsAttrName))
    scalars.append(table.begin(), table.end());
  for (Attribute entry : scalars)
    if (cast<DictionaryAttr>(entry).getAs<StringAttr>("name") == scalar.name)
      return;
  scalars.push_back(scalar.getAttr(module.getContext()));
  module->setAttr(scalarsAttrName, ArrayAttr::get(module.getContext(), scalars));
}

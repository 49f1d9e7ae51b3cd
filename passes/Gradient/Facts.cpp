//===- Facts.cpp - What the exported table says of graphs and layers --------------===//
#include "passes/Gradient/Facts.h"
#include "dialects/Sluice/BinaryFacts.h"
#include <map>

using namespace mlir;
using namespace sluice;

void sluice::recordGraphs(ModuleOp module) {
  SmallVector<Attribute> graphs;
  for (GraphOp graph : module.getOps<GraphOp>())
    graphs.push_back(describeGraph(graph, "input."));
  BinaryFacts facts = BinaryFacts::of(module);
  facts.graphs = ArrayAttr::get(module.getContext(), graphs);
  facts.set(module);
}

GateAttr sluice::gateOf(LayerOp layer, const GateSlots &gateSlots) {
  auto slot = FlatSymbolRefAttr::get(gateSlots.lookup(layer.getGate()).getSymNameAttr());
  return GateAttr::get(layer.getContext(), slot, *layer.getGateIndex());
}

/// Model FLOPs of forward and backward for a micro-batch: 6 a parameter and token, and 12 x width x sequence a token in
/// attention, as the model's are counted.
static double modelFlops(LayerOp layer) {
  double perToken = 0, tokens = 0;
  for (Value parameter : layer.getParameters())
    perToken += 6.0 * cast<RankedTensorType>(parameter.getType()).getNumElements();
  for (Operation &op : layer.getBody().front())
    if (auto attention = dyn_cast<AttentionOp>(op))
      perToken += 12.0 * attention.getQuery().getType().getDimSize(2) * attention.getQuery().getType().getDimSize(1);
  if (!layer.getActivations().empty())
    if (auto stream = cast<RankedTensorType>(layer.getActivations().front().getType()); stream.getRank() > 0)
      tokens = double(stream.getNumElements()) / stream.getShape().back();
  return perToken * tokens;
}

/// The part of two dotted names that is the same.
static StringRef commonPrefix(StringRef a, StringRef b) {
  size_t end = 0;
  for (size_t i = 0; i <= std::min(a.size(), b.size()); ++i) {
    bool aEnds = i == a.size() || a[i] == '.', bEnds = i == b.size() || b[i] == '.';
    if (aEnds && bEnds)
      end = i;
    if (i == a.size() || i == b.size() || a[i] != b[i])
      break;
  }
  return a.take_front(end);
}

void sluice::recordLayers(ModuleOp module, ArrayRef<LayerOp> layers, const GateSlots &gateSlots) {
  Builder builder(module.getContext());
  // Parts of one layer have one depth; the layer's name is what theirs have in common.
  std::map<int64_t, StringRef> names;
  for (LayerOp layer : layers)
    if (layer.getDepth())
      if (auto [position, isFirst] = names.try_emplace(*layer.getDepth(), layer.getName()); !isFirst)
        position->second = commonPrefix(position->second, layer.getName());
  SmallVector<Attribute> gates;
  for (LayerOp layer : layers)
    if (layer.getGate() && layer.getDepth())
      gates.push_back(LayerGateAttr::get(module.getContext(),
                                         std::distance(names.begin(), names.find(*layer.getDepth())),
                                         gateOf(layer, gateSlots), builder.getF64FloatAttr(modelFlops(layer))));
  auto nameAttribute = [&](auto &entry) -> Attribute { return builder.getStringAttr(entry.second); };
  BinaryFacts facts = BinaryFacts::of(module);
  facts.layers = builder.getArrayAttr(llvm::map_to_vector(names, nameAttribute));
  facts.gates = builder.getArrayAttr(gates);
  facts.set(module);
}

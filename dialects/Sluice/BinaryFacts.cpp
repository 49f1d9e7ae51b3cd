//===- BinaryFacts.cpp - What a module's `sluice.binary` says -----------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace sluice;

BinaryFacts BinaryFacts::of(ModuleOp module) {
  auto binary = module->getAttrOfType<BinaryAttr>(binaryAttrName);
  if (!binary)
    return {};
  return {binary.getModel(),  binary.getCompute(), binary.getAccumulation(), binary.getTechniques(),
          binary.getGraphs(), binary.getLayers(),  binary.getGates(),        binary.getMemory()};
}

void BinaryFacts::set(ModuleOp module) const {
  module->setAttr(binaryAttrName, BinaryAttr::get(module.getContext(), model, compute, accumulation, techniques, graphs,
                                                  layers, gates, memory));
}

GraphAttr sluice::describeGraph(GraphOp graph, StringRef prefix) {
  Builder builder(graph.getContext());
  SmallVector<Attribute> inputs;
  for (auto [index, type] : llvm::enumerate(graph.getArgumentTypes()))
    inputs.push_back(InputAttr::get(graph.getContext(), builder.getStringAttr(prefix + Twine(index)), type));
  return GraphAttr::get(graph.getContext(), graph.getSymNameAttr(), builder.getArrayAttr(inputs));
}

//===-- Verification -----------------------------------------------------------------===//

using EmitError = function_ref<InFlightDiagnostic()>;

/// A count or a number of bytes.
static LogicalResult verifyNotNegative(EmitError emitError, StringRef name, int64_t value) {
  if (value < 0)
    return emitError() << "expected '" << name << "' of at least 0, found " << value;
  return success();
}

static LogicalResult verifyNotNegative(EmitError emitError, StringRef name, FloatAttr value) {
  if (!value.getType().isF64() || !(value.getValueAsDouble() >= 0))
    return emitError() << "expected '" << name << "', an f64, of at least 0, found " << value;
  return success();
}

/// Whether a list, which may be absent, is of one kind of attribute.
template <typename AttrType>
static LogicalResult verifyElements(EmitError emitError, StringRef name, StringRef kind, ArrayAttr list) {
  for (Attribute element : list ? list.getValue() : ArrayRef<Attribute>())
    if (!isa<AttrType>(element))
      return emitError() << "expected '" << name << "' to be an array of " << kind << ", found " << element;
  return success();
}

LogicalResult ModelAttr::verify(EmitError emitError, StringAttr, StringAttr, int64_t batch, int64_t sequence,
                                int64_t vocabulary, int64_t microBatches, Optimizer, FloatAttr gradClip,
                                FloatAttr flopsPerToken) {
  if (microBatches < 1)
    return emitError() << "expected 'micro_batches' of at least 1, found " << microBatches;
  return success(succeeded(verifyNotNegative(emitError, "batch", batch)) &&
                 succeeded(verifyNotNegative(emitError, "sequence", sequence)) &&
                 succeeded(verifyNotNegative(emitError, "vocabulary", vocabulary)) &&
                 succeeded(verifyNotNegative(emitError, "grad_clip", gradClip)) &&
                 succeeded(verifyNotNegative(emitError, "flops_per_token", flopsPerToken)));
}

ModelAttr ModelAttr::withFlopsPerToken(double flops) const {
  return get(getContext(), getName(), getDescription(), getBatch(), getSequence(), getVocabulary(), getMicroBatches(),
             getOptimizer(), getGradClip(), FloatAttr::get(getFlopsPerToken().getType(), flops));
}

LogicalResult ImageAttr::verify(EmitError emitError, StringAttr kind, StringAttr, int64_t capability, StringAttr) {
  if (kind != "ptx" && kind != "cubin")
    return emitError() << "expected a kind of image that is 'ptx' or 'cubin', found " << kind;
  if (capability < 1)
    return emitError() << "expected a positive 'capability', found " << capability;
  return success();
}

LogicalResult GraphAttr::verify(EmitError emitError, StringAttr, ArrayAttr inputs) {
  return verifyElements<InputAttr>(emitError, "inputs", "#sluice.input", inputs);
}

LogicalResult LayerGateAttr::verify(EmitError emitError, int64_t layer, GateAttr, FloatAttr flops) {
  return success(succeeded(verifyNotNegative(emitError, "layer", layer)) &&
                 succeeded(verifyNotNegative(emitError, "flops", flops)));
}

LogicalResult MemoryAttr::verify(EmitError emitError, int64_t parameterBytes, int64_t persistentBytes,
                                 int64_t frameBytes, int64_t gradientOffset, int64_t gradientBytes, int64_t normsOffset,
                                 int64_t unclippedNormsOffset) {
  if (failed(verifyNotNegative(emitError, "parameter_bytes", parameterBytes)) ||
      failed(verifyNotNegative(emitError, "persistent_bytes", persistentBytes)) ||
      failed(verifyNotNegative(emitError, "frame_bytes", frameBytes)) ||
      failed(verifyNotNegative(emitError, "gradient_offset", gradientOffset)) ||
      failed(verifyNotNegative(emitError, "gradient_bytes", gradientBytes)) ||
      failed(verifyNotNegative(emitError, "norms_offset", normsOffset)))
    return failure();
  if (unclippedNormsOffset < -1)
    return emitError() << "expected 'unclipped_norms_offset' of at least -1, found " << unclippedNormsOffset;
  for (int64_t end : {gradientOffset + gradientBytes, normsOffset, unclippedNormsOffset})
    if (end > persistentBytes)
      return emitError() << "expected gradients and norms within " << persistentBytes
                         << " bytes of persistent slots, found byte " << end;
  return success();
}

LogicalResult BinaryAttr::verify(EmitError emitError, ModelAttr, StringAttr, StringAttr, ArrayAttr techniques,
                                 ArrayAttr graphs, ArrayAttr layers, ArrayAttr gates, MemoryAttr) {
  if (failed(verifyElements<StringAttr>(emitError, "techniques", "strings", techniques)) ||
      failed(verifyElements<GraphAttr>(emitError, "graphs", "#sluice.graph", graphs)) ||
      failed(verifyElements<StringAttr>(emitError, "layers", "strings", layers)) ||
      failed(verifyElements<LayerGateAttr>(emitError, "gates", "#sluice.layer_gate", gates)))
    return failure();
  int64_t count = layers ? layers.size() : 0;
  if (gates)
    for (auto gate : gates.getAsRange<LayerGateAttr>())
      if (gate.getLayer() >= count)
        return emitError() << "expected gates of " << count << " layers, found one of layer " << gate.getLayer();
  return success();
}

LogicalResult StageCostAttr::verify(EmitError emitError, int64_t layers, int64_t embeddings, int64_t head,
                                    FloatAttr forward, FloatAttr backward, FloatAttr tied, FloatAttr norm,
                                    FloatAttr update, FloatAttr activations, FloatAttr gradients, FloatAttr exchange,
                                    FloatAttr backwardWeight, int64_t recomputed) {
  if (failed(verifyNotNegative(emitError, "layers", layers)))
    return failure();
  for (auto [name, value] :
       {std::pair("embeddings", embeddings), std::pair("head", head), std::pair("recomputed", recomputed)})
    if (value != 0 && value != 1)
      return emitError() << "expected '" << name << "' of 0 or 1, found " << value;
  const std::pair<StringRef, FloatAttr> costs[] = {
      {"forward", forward}, {"backward", backward},       {"tied", tied},           {"norm", norm},
      {"update", update},   {"activations", activations}, {"gradients", gradients}, {"exchange", exchange}};
  for (auto [name, cost] : costs)
    if (failed(verifyNotNegative(emitError, name, cost)))
      return failure();
  if (!backwardWeight)
    return success();
  if (failed(verifyNotNegative(emitError, "backward_weight", backwardWeight)))
    return failure();
  if (backwardWeight.getValueAsDouble() > backward.getValueAsDouble())
    return emitError() << "expected a 'backward_weight' of at most 'backward', " << backward << ", found "
                       << backwardWeight;
  return success();
}

LogicalResult StageCostsAttr::verify(EmitError emitError, StringAttr unit, ArrayAttr stages) {
  if (unit != "ticks" && unit != "seconds")
    return emitError() << "expected 'unit' \"ticks\" or \"seconds\", found " << unit;
  return verifyElements<StageCostAttr>(emitError, "stages", "#sluice.stage_cost", stages);
}

//===- RunGraph.cpp - A compiled model in this process ----------------------------------===//
#include "tools/sluice-run/RunGraph.h"
#include "mlir/IR/Builders.h"
#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace sluice;

/// The widest of a function's two needs over all functions of the table.
static int64_t widest(const sluice_binary &binary, int64_t sluice_function::*bytes) {
  int64_t result = 0;
  for (uint32_t i = 0; i < binary.function_count; ++i)
    result = std::max(result, binary.functions[i].*bytes);
  return result;
}

Model::Model(Jit &jit, const sluice_binary &binary, unsigned threads)
    : binary(binary), jit(jit), parameters(binary.parameter_bytes), persistent(binary.persistent_bytes),
      frame(binary.stages[0].frame_bytes), scratch(widest(binary, &sluice_function::scratch_bytes)) {
  jit.startPool(threads, widest(binary, &sluice_function::thread_scratch_bytes));
  for (uint32_t i = 0; i < binary.scalar_count; ++i)
    jit.step.scalars[i] = binary.scalars[i].value;
}

RankedTensorType Model::typeOf(MLIRContext *context, const sluice_tensor &tensor) const {
  Builder builder(context);
  Type elements[] = {builder.getF32Type(), builder.getF64Type(), builder.getI32Type(), builder.getBF16Type(),
                     builder.getF16Type()};
  return RankedTensorType::get(llvm::ArrayRef(tensor.shape, tensor.rank), elements[tensor.element]);
}

bool Model::fillParameters(MLIRContext *context, const GivenValues &given, uint64_t seed) {
  for (uint32_t i = 0; i < binary.parameter_count; ++i) {
    const sluice_parameter &parameter = binary.parameters[i];
    RankedTensorType type = typeOf(context, parameter.tensor);
    char *memory = parameterAt(parameter.tensor.offset);
    Attribute values = given.lookup(parameter.tensor.name);
    if (!values) {
      // Larger than for training, so that no gradient drowns in rounding.
      double mean = parameter.initializer == SLUICE_INIT_CONSTANT ? parameter.init_a : 0;
      std::vector<double> noise(type.getNumElements());
      for (size_t index = 0; index < noise.size(); ++index)
        noise[index] = mean + 0.3 * drawNormal({seed, i, 1}, index);
      values = DenseElementsAttr::get(RankedTensorType::get(type.getShape(), Float64Type::get(context)),
                                      llvm::ArrayRef(noise));
    }
    if (!fill(memory, type, values, {}))
      return false;
  }
  if (int32_t narrow = binary.stages[0].narrow; narrow >= 0)
    call(narrow);
  return true;
}

bool Model::fillInputs(MLIRContext *context, const sluice_graph &graph, const GivenValues &given, uint64_t seed) {
  inputs.clear();
  for (uint32_t i = 0; i < graph.inputs; ++i) {
    RankedTensorType type = typeOf(context, graph.input[i]);
    runtime::Memory &memory = inputs.emplace_back(bytesOf(type));
    Attribute values = given.lookup((Twine(graph.name) + "." + Twine(i)).str());
    if (!fill(memory.data(), type, values, {seed, 1000 + i, std::max<int64_t>(1, binary.vocabulary)}))
      return false;
    jit.step.inputs[i] = memory.data();
  }
  return true;
}

const sluice_graph *Model::findGraph(llvm::StringRef name) const {
  for (uint32_t i = 0; i < binary.graph_count; ++i)
    if (name == binary.graphs[i].name)
      return &binary.graphs[i];
  return nullptr;
}

void Model::call(int32_t function) {
  sluice_blocks blocks = {parameters.data(), parameters.data(), persistent.data(), frame.data(), parameters.data()};
  binary.functions[function].entry(&jit.step, &blocks, scratch.data());
}

void Model::runActions(uint32_t first, uint32_t count, std::initializer_list<uint32_t> kinds) {
  for (uint32_t i = first; i < first + count; ++i) {
    const sluice_action &action = binary.actions[i];
    if (llvm::is_contained(kinds, action.kind) && action.function >= 0)
      call(action.function);
  }
}

void Model::evaluate(const sluice_graph &graph) {
  if (&graph == binary.graphs)
    runForwardAndBackward();
  else
    runActions(graph.first_action, graph.action_count, {SLUICE_ACTION_EVALUATE});
}

void Model::runForwardAndBackward() {
  std::memset(persistentAt(binary.gradient_offset), 0, binary.gradient_bytes);
  runActions(binary.devices[0].first_action, binary.devices[0].action_count,
             {SLUICE_ACTION_FORWARD, SLUICE_ACTION_BACKWARD, SLUICE_ACTION_BACKWARD_INPUT,
              SLUICE_ACTION_BACKWARD_WEIGHT, SLUICE_ACTION_TIED});
}

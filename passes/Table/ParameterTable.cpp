//===- ParameterTable.cpp - The exported table's parameters ---------------------------===//
#include "passes/Table/ParameterTable.h"
#include "passes/Table/TableTensor.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace sluice;

static FailureOr<sluice_parameter> describeParameter(ParameterOp parameter) {
  if (!parameter.getOffset())
    return parameter.emitOpError() << "expected an offset: run sluice-plan-slots";
  std::optional<sluice_tensor> tensor =
      describe(parameter.getSymNameAttr(), parameter.getType(), *parameter.getOffset());
  if (!tensor)
    return parameter.emitOpError() << "the ABI has no tensor of type " << parameter.getType();
  sluice_parameter entry = {};
  entry.tensor = *tensor;
  entry.decays = parameter.getDecays();
  entry.gradient = -1;
  entry.stage = parameter.getStage().value_or(0);
  entry.copy_of = -1;
  entry.in_place = parameter.getInPlace();
  if (auto normal = dyn_cast<NormalAttr>(parameter.getInit())) {
    entry.initializer = SLUICE_INIT_NORMAL;
    entry.init_a = normal.getDeviation().getValueAsDouble();
  } else {
    entry.initializer = SLUICE_INIT_CONSTANT;
    entry.init_a = cast<ConstantAttr>(parameter.getInit()).getValue().getValueAsDouble();
  }
  return entry;
}

/// Adds to a parameter what its slot is for.
static LogicalResult addSlot(SlotOp slot, Type parameterType, sluice_parameter &entry) {
  // The slots of further uses are added to the first.
  if (slot.getKind() == SlotKind::Gradient && !slot->hasAttr(unclippedAttrName) && entry.gradient < 0)
    entry.gradient = *slot.getOffset();
  if (slot.getKind() == SlotKind::State) {
    if (entry.states == SLUICE_MAX_STATES)
      return slot.emitOpError() << "the ABI has at most " << SLUICE_MAX_STATES << " state tensors a parameter";
    auto type = cast<RankedTensorType>(slot.getType());
    bool isScalar = type != parameterType;
    if (isScalar ? type.getRank() != 0 || !type.getElementType().isF64() : entry.scalar_states != 0)
      return slot.emitOpError() << "expected state of type " << parameterType
                                << " and behind it of type tensor<f64>, found " << type;
    entry.scalar_states += isScalar;
    entry.state_names[entry.states] = textOf(slot.getRoleAttr());
    entry.state_offsets[entry.states++] = *slot.getOffset();
  }
  return success();
}

FailureOr<SmallVector<sluice_parameter>> sluice::collectParameters(ModuleOp module, MemoryAttr memory) {
  SmallVector<sluice_parameter> parameters;
  SmallVector<Type> types;
  llvm::StringMap<size_t> index;
  for (auto parameter : module.getOps<ParameterOp>()) {
    FailureOr<sluice_parameter> entry = describeParameter(parameter);
    if (failed(entry))
      return failure();
    index[parameter.getSymName()] = parameters.size();
    types.push_back(parameter.getType());
    parameters.push_back(*entry);
  }
  for (auto [parameter, entry] : llvm::zip_equal(module.getOps<ParameterOp>(), parameters))
    if (parameter.getCopyOf())
      entry.copy_of = index.lookup(*parameter.getCopyOf());
  for (auto slot : module.getOps<SlotOp>()) {
    if (!slot.getOffset())
      return slot.emitOpError() << "expected an offset: run sluice-plan-slots";
    if (slot.getKind() == SlotKind::Norm && slot.getRole()) {
      auto position = index.find(*slot.getRole());
      int64_t first = slot->hasAttr(unclippedAttrName) ? memory.getUnclippedNormsOffset() : memory.getNormsOffset();
      if (position == index.end() || int64_t(*slot.getOffset()) != first + int64_t(sizeof(double) * position->second))
        return slot.emitOpError() << "expected at the position of its parameter, from byte " << first;
    }
    auto position = slot.getParameter() ? index.find(*slot.getParameter()) : index.end();
    if (position == index.end())
      continue;
    Type type = types[position->second];
    if (failed(addSlot(slot, type, parameters[position->second])))
      return failure();
  }
  return parameters;
}

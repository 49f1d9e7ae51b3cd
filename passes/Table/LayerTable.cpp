//===- LayerTable.cpp - The exported table's layers, gates and metrics ----------------===//
#include "passes/Table/LayerTable.h"
#include "dialects/Sluice/SluiceStatisticsOps.h"
#include "passes/Table/TableTensor.h"

using namespace mlir;
using namespace sluice;

static FailureOr<sluice_gate> describeGate(ModuleOp module, LayerGateAttr entry) {
  GateAttr gate = entry.getGate();
  auto slot = SymbolTable::lookupNearestSymbolFrom<SlotOp>(module, gate.getSlot());
  if (!slot)
    return complain(module) << "there is no slot '" << gate.getSlot().getValue() << "' for a gate";
  Type element = cast<RankedTensorType>(slot.getType()).getElementType();
  int64_t offset = int64_t(*slot.getOffset()) + gate.getIndex() * (element.getIntOrFloatBitWidth() / 8);
  return sluice_gate{int32_t(entry.getLayer()), abiElementOf(element).value_or(SLUICE_F32), offset,
                     entry.getFlops().getValueAsDouble()};
}

static sluice_metric metricOf(SlotOp slot, StringAttr name, sluice_metric_kind kind) {
  return {textOf(name), /*layer=*/-1,
          /*gate=*/-1,  int32_t(slot.getStage().value_or(0)),
          kind,         *describe(slot.getSymNameAttr(), slot.getType(), *slot.getOffset())};
}

/// What a micro-batch loses in rounding or in sums, as a stage counted it. A role names what it is of.
static LogicalResult addStatistic(SlotOp slot, StringAttr name, Table &table) {
  auto kind = llvm::StringSwitch<std::optional<sluice_metric_kind>>(name)
                  .Case(roundedValuesName, SLUICE_METRIC_ROUNDED_VALUES)
                  .Case(roundedErrorsName, SLUICE_METRIC_ROUNDED_ERRORS)
                  .Case(accumulationErrorName, SLUICE_METRIC_ACCUMULATION_ERROR)
                  .Default(std::nullopt);
  auto type = cast<RankedTensorType>(slot.getType());
  if (!kind || type.getShape() != ArrayRef<int64_t>{2} || !type.getElementType().isF64())
    return slot.emitOpError() << "expected a statistic of two f64, found '" << name.getValue() << "' of " << type;
  table.metrics.push_back(metricOf(slot, slot.getRole() ? slot.getRoleAttr() : name, *kind));
  return success();
}

/// A result of the graph that is logged; `gates` are those of the table, by which slots name them.
static LogicalResult addMetric(SlotOp slot, StringAttr name, ArrayRef<GateAttr> gates, Table &table) {
  sluice_metric metric = metricOf(slot, name, SLUICE_METRIC_MEAN);
  if (auto through = slot.getGatesAttr())
    metric.gate = llvm::find(gates, through[0]) - gates.begin();
  if (auto layer = slot->getAttrOfType<StringAttr>(layerAttrName)) {
    auto found = llvm::find_if(table.layers, [&](const sluice_layer &candidate) { return layer == candidate.name; });
    if (found == table.layers.end())
      return slot.emitOpError() << "expected the name of a layer of the stack, found '" << layer.getValue() << "'";
    metric.layer = found - table.layers.begin();
  }
  table.metrics.push_back(metric);
  return success();
}

LogicalResult sluice::collectLayers(ModuleOp module, const BinaryFacts &facts, Table &table) {
  if (facts.layers)
    for (auto name : facts.layers.getAsRange<StringAttr>())
      table.layers.push_back({textOf(name)});
  SmallVector<GateAttr> gates;
  if (facts.gates)
    for (auto entry : facts.gates.getAsRange<LayerGateAttr>()) {
      FailureOr<sluice_gate> gate = describeGate(module, entry);
      if (failed(gate))
        return failure();
      gates.push_back(entry.getGate());
      table.gates.push_back(*gate);
    }
  for (auto slot : module.getOps<SlotOp>()) {
    if (auto name = slot->getAttrOfType<StringAttr>(metricAttrName);
        name && failed(addMetric(slot, name, gates, table)))
      return failure();
    if (auto name = slot->getAttrOfType<StringAttr>(statisticAttrName); name && failed(addStatistic(slot, name, table)))
      return failure();
  }
  return success();
}

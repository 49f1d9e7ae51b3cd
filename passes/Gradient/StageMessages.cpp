//===- StageMessages.cpp - What stages send each other -------------------------------===//
#include "passes/Gradient/StageMessages.h"

using namespace mlir;
using namespace sluice;

bool StageMessages::reaches(SlotOp slot, int64_t stage, ActionKind action) const {
  int64_t home = *slot.getStage();
  if (home == stage)
    return true;
  switch (action) {
  case ActionKind::Forward:
  case ActionKind::Evaluate:
    return slot.isInFrame() && stage > home;
  case ActionKind::Backward: // what goes up was sent behind forward
    return slot.isInFrame() && (stage < home || !storedByBackward.contains(slot));
  case ActionKind::Tied:
    return slot.getKind() == SlotKind::Gradient;
  default:
    return false;
  }
}

/// Whether the slot is there for the stage itself: the gradient of a parameter that it owns, by a stage that reads
/// that.
bool StageMessages::isShared(SlotOp slot, int64_t stage) const {
  if (slot.getKind() != SlotKind::Gradient)
    return false;
  auto parameter = symbols.lookup<ParameterOp>(*slot.getParameter());
  return int64_t(parameter.getStage().value_or(0)) == stage && parameter.isReadBy(*slot.getStage());
}

/// The slot on `stage` that `sent`, which holds what `slot` does, is received into.
SlotOp StageMessages::receive(SlotOp slot, SlotOp sent, int64_t stage, MessageWay way) {
  SlotOp &place = places[{slot, stage}];
  if (place)
    return place;
  bool isExchanged = way.action == ActionKind::Tied;
  place = slots.create(slot.getLoc(),
                       isExchanged ? "exchange." + slot.getSymName() : slot.getSymName() + ".stage." + Twine(stage),
                       slot.getType(), isExchanged ? SlotKind::Exchange : SlotKind::Boundary);
  place.setStage(stage);
  symbols.insert(place);
  messages[{way, {*sent.getStage(), stage}}].push_back({sent, place});
  return place;
}

SlotOp StageMessages::find(SlotOp slot, int64_t stage, MessageWay way) {
  int64_t home = *slot.getStage();
  if (home == stage)
    return slot;
  if (way.action == ActionKind::Tied)
    return isShared(slot, stage) ? slot : receive(slot, slot, stage, way);
  int64_t direction = stage > home ? 1 : -1;
  if (way.action == ActionKind::Backward && direction > 0)
    way.action = ActionKind::Forward;
  SlotOp at = slot;
  for (int64_t next = home + direction; next != stage + direction; next += direction)
    at = receive(slot, at, next, way);
  return at;
}

void StageMessages::create(ModuleOp module) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  for (auto &[key, bundle] : messages) {
    auto [way, stages] = key;
    SmallVector<Attribute> sends, receives;
    for (auto [sent, received] : bundle) {
      sends.push_back(FlatSymbolRefAttr::get(sent.getSymNameAttr()));
      receives.push_back(FlatSymbolRefAttr::get(received.getSymNameAttr()));
    }
    std::string name =
        (way.graph + "." + stringifyActionKind(way.action) + "." + Twine(stages.first) + "." + Twine(stages.second))
            .str();
    symbols.insert(MessageOp::create(builder, module.getLoc(), name, way.action, way.graph, stages.first, stages.second,
                                     builder.getArrayAttr(sends), builder.getArrayAttr(receives)));
  }
}

//===- StageMessages.h - What stages send each other ----------------------------===//
#ifndef SLUICE_PASSES_GRADIENT_STAGEMESSAGES_H
#define SLUICE_PASSES_GRADIENT_STAGEMESSAGES_H

#include "mlir/IR/SymbolTable.h"
#include "passes/Gradient/Actions.h"
#include <map>

namespace sluice {

/// The way of a message: it is sent behind actions of this kind of a graph.
struct MessageWay {
  ActionKind action;
  llvm::StringRef graph;
  bool operator<(const MessageWay &other) const {
    return std::tie(action, graph) < std::tie(other.action, other.graph);
  }
};

/// Where slots are found: on the stage that owns each, and on those that it is sent to.
class StageMessages {
public:
  StageMessages(mlir::SymbolTable &symbols, SlotBuilder &slots) : symbols(symbols), slots(slots) {}

  /// Says that actions of this kind store to the slot.
  void noteStore(SlotOp slot, ActionKind action) {
    if (action == ActionKind::Backward)
      storedByBackward.insert(slot);
  }

  /// Whether actions of this kind may have on `stage` what `slot` holds.
  bool reaches(SlotOp slot, int64_t stage, ActionKind action) const;

  /// The slot in which `stage` finds what `slot` holds, which reaches it. It is sent there, from stage to stage unless
  /// gradients are exchanged. Those of a parameter that the stage has in common with others of its device are not sent.
  SlotOp find(SlotOp slot, int64_t stage, MessageWay way);

  /// Makes one message for each pair of stages and way.
  void create(mlir::ModuleOp module);

private:
  using Pair = std::pair<int64_t, int64_t>; // of stages: from, to
  bool isShared(SlotOp slot, int64_t stage) const;
  SlotOp receive(SlotOp slot, SlotOp sent, int64_t stage, MessageWay way);

  mlir::SymbolTable &symbols;
  SlotBuilder &slots;
  llvm::DenseSet<mlir::Operation *> storedByBackward;
  llvm::DenseMap<std::pair<mlir::Operation *, int64_t>, SlotOp> places; // by slot and stage, never iterated over
  std::map<std::pair<MessageWay, Pair>, llvm::SmallVector<std::pair<SlotOp, SlotOp>>> messages;
};

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_STAGEMESSAGES_H

//===- Layout.h - Where things lie in a card's memory -----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_LAYOUT_H
#define SLUICE_RUNTIME_CUDA_LAYOUT_H

#include "runtime/abi.h"
#include "runtime/cuda/Windows.h"
#include "runtime/engine/MemoryPlan.h"

#include <cstdint>
#include <vector>

namespace sluice::cuda {

/// The card of a device of the program, an index in sluice_binary::devices: one after the other.
int cardOf(int32_t device, int cards);

/// Whether cards decide themselves whether a step updates, if they access each other's memory, so that all of a step
/// goes to them at once (WholeStep.h): there the state and the inputs of every micro-batch of a step have a place of
/// their own.
bool decides(const sluice_binary &program);

/// Offsets in the one block of memory that a replica has on a card, for the stages that lie there. Stages on one card
/// share parameters and persistent slots, of which it has those of its stages alone. Pure: reserves nothing.
class Layout {
public:
  /// Of `replica` on card number `card` of so many.
  Layout(const sluice_binary &program, int32_t replica, int card, int cards);

  int64_t total() const { return planned.total(); }
  /// The same by kind: inputs are what lies beside frames, and buffers have messages too.
  const runtime::MemoryPlan &plan() const { return planned; }
  /// Of those, the bytes that do not depend on the batch.
  int64_t fixed() const { return fixedBytes; }

  /// Of what lies at the begin of it: parameters and persistent slots.
  int64_t shared() const { return sharedBytes; }
  /// Where offsets in the parameter block and in the persistent block of a stage here lie.
  int64_t parameter(int64_t offset) const { return parameterOffset + parameters.at(offset); }
  int64_t persistent(int64_t offset) const { return persistentOffset + persistentSlots.at(offset); }
  /// A gradient buffer of a stage, whose gradients it begins with.
  int64_t gradients(int32_t stage, int32_t buffer) const;
  /// A version of weights beyond the first, and where a stage holds gradients back: two halves.
  int64_t version(int32_t stage, int64_t version) const;
  int64_t held(int32_t stage, int32_t half) const;
  int64_t frame(int32_t stage, int64_t frame) const;
  /// The slots of a stage: each has the sluice_step of a micro-batch, and its inputs.
  int64_t slotCount(int32_t stage) const;
  int64_t step(int32_t stage, int64_t slot) const;
  int64_t input(int32_t stage, int64_t slot, uint32_t input) const;
  /// Behind those of the first stage, where cards decide: an UpdateRule.
  int64_t rule(int32_t stage) const { return step(stage, slotCount(stage)); }
  /// Of all of that.
  int64_t slotBytes(int32_t stage) const;
  /// What functions of a stage share with those of all stages of its device.
  int64_t scratch(int32_t stage) const { return stages[stage].scratch; }
  /// The messages to this replica and card of a channel, one behind the other.
  int64_t message(int32_t channel, uint32_t place) const;

private:
  struct Stage {
    int64_t frames = 0, buffers = 0, versions = 0, held = 0, slots = 0, slotStride = 0, scratch = 0;
  };

  int64_t add(int64_t size, int64_t runtime::MemoryPlan::*kind);
  void addStage(int32_t stage);

  const sluice_binary &program;
  runtime::MemoryPlan planned;
  int64_t fixedBytes = 0, sharedBytes = 0;
  Windows parameters, persistentSlots;
  int64_t parameterOffset, persistentOffset;
  std::vector<Stage> stages;     // of which those elsewhere have nothing
  std::vector<int64_t> channels; // the same
};

/// Of all messages that a channel holds.
int64_t messagesBytes(const sluice_binary &program, const sluice_channel &channel);

/// What all replicas have on one card.
runtime::MemoryPlan planOnOneCard(const sluice_binary &program);

/// Inputs that launches of a stage read, up to the last.
uint32_t inputsOf(const sluice_binary &program, int32_t stage);

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_LAYOUT_H

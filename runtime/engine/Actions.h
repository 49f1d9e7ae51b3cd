//===- Actions.h - What an action of a program does -------------*- C++ -*-===//
//
// Performs one action of the table in the memory of its replica, and has the channels in which devices meet. When which
// action comes, and what the numbers in memory mean, is the business of those who call it.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_ACTIONS_H
#define SLUICE_RUNTIME_ENGINE_ACTIONS_H

#include "runtime/abi.h"
#include "runtime/engine/Channel.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/Seeds.h"
#include "runtime/engine/StepSettings.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace sluice::runtime {

/// What random numbers and memory of an action are chosen by.
struct ActionContext {
  const Seeds *seeds = nullptr; ///< Null where nothing is trained: sums alone draw then, by zeros.
  int64_t step = 0;             ///< That its micro-batch is of, or that it updates in.
  int64_t microBatch = 0;       ///< Its number in the memory of the replica (Device).
  int32_t ahead = 0;            ///< Updates that an update predicts weights ahead, where its stage does.
};

/// When an action ran, on which of the program's devices.
struct ActionTime {
  int32_t device;
  const sluice_action *action;
  Clock::time_point begin, end;
};

class Actions {
public:
  /// `replicas` has as many as the program. Both must outlive this. `program` must have passed checkProgram().
  Actions(const sluice_binary &program, Replicas &replicas);

  Device &memoryOf(int32_t replica) { return *replicas[replica]; }

  /// The number in the memory of its replica that a micro-batch of a step has where gradients are late; with step 0 the
  /// one that it has where they are not.
  int64_t numberOf(int64_t step, int64_t microBatch) const;

  /// Fills the inputs of all micro-batches of a step, on this thread, so that what goes wrong with data is its error.
  void load(int64_t step, const LoadFunction &load);

  /// Has the next messages of all channels lie at their first places, so that messages of steps lie alike. To be called
  /// between steps, while none is under way.
  void rewindChannels();

  /// Performs an action in `memory`, that of its replica. Scalars of `step` are the caller's. Counts updates, and
  /// remembers which weights a forward read. One thread a device at a time.
  void perform(Device &memory, sluice_step &step, const sluice_action &action, const ActionContext &context);

  /// Whether an action would wait for another device.
  bool wouldWait(const sluice_action &action) const;

  /// By channel of the program.
  std::deque<Channel> &channels() { return queues; }

private:
  void call(Device &memory, sluice_step &step, const sluice_action &action, const ActionContext &context);
  void send(const sluice_action &action, int64_t microBatch);
  void receive(const sluice_action &action, int64_t microBatch);

  const sluice_binary &program;
  Replicas &replicas;
  std::deque<Channel> queues;                      // which do not move
  std::vector<std::unique_ptr<Messages>> messages; ///< By channel.
};

bool isBackward(const sluice_action &action);

/// Whether backward of a micro-batch is done behind the action: what it left in the frame can be read, and has to be at
/// once, since another micro-batch may get the same frame.
bool endsBackward(const sluice_action &action);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_ACTIONS_H

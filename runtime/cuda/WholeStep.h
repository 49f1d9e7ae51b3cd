//===- WholeStep.h - A step as one launch -----------------------*- C++ -*-===//
//
// Where a card decides whether a step updates, nothing from its first forward to its update waits for the host. So all
// of it is one graph, which never changes: what differs from step to step is what one copy brings to the card before
// it, and one copy brings back behind it what the host reads.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_WHOLESTEP_H
#define SLUICE_RUNTIME_CUDA_WHOLESTEP_H

#include "runtime/cuda/Card.h"
#include "runtime/cuda/Gather.h"
#include "runtime/cuda/Graph.h"
#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Launcher.h"
#include "runtime/cuda/Stream.h"

#include <deque>
#include <functional>
#include <optional>
#include <tuple>
#include <vector>

namespace sluice::cuda {

/// Something that a stage of a device is asked for.
struct Work {
  enum class Kind {
    Clear,  ///< `count` bytes at `into`.
    Add,    ///< `count` elements at `from` to those at `into`.
    Call,   ///< A function.
    Watch,  ///< The element at `from`.
    Decide, ///< Whether the step updates; `count` is UpdateRule::clipScale.
    Read    ///< `count` bytes at `from`, for the host.
  };
  Kind kind;
  int32_t stage;
  Address into = 0, from = 0;
  int64_t count = 0;
  uint32_t element = 0;
  Call call = {};
  int64_t microBatch = 0; ///< Of the call, for messages.

  bool operator==(const Work &other) const {
    auto all = [](const Work &of) {
      return std::tie(of.kind, of.stage, of.into, of.from, of.count, of.element, of.call, of.microBatch);
    };
    return all(*this) == all(other);
  }
};

/// The steps of a program on one stream. What they have the card do is captured with the first, and again where a step
/// asks for something else.
class WholeStep {
public:
  /// So many bytes of inputs, which begin at an address of the card. Does work that is no Read by `perform`. All must
  /// outlive this.
  WholeStep(const Kernels &kernels, Stream &stream, Address inputs, int64_t inputBytes,
            std::function<void(const Work &)> perform);
  ~WholeStep();
  WholeStep(const WholeStep &) = delete;
  WholeStep &operator=(const WholeStep &) = delete;

  /// What the next step has as inputs. There are two, so that it can be written while the card is at the step before.
  char *inputs() const { return turns[ended % 2].inputs.data(); }

  /// Between begin() and end() a step is open, and what is added to it is done behind that: as a graph, or one by one.
  void begin();
  bool isOpen() const { return open; }
  void add(const Work &work) { works.push_back(work); }
  void read(void *to, int32_t stage, Address from, int64_t bytes);
  void end(bool asGraph);

  /// Waits for what the oldest step read that has ended, and copies it to where it goes.
  void finishReads();
  /// Waits for all steps, of which only those so far count whose reads are finished; the last of them comes again.
  void takeBack();

private:
  /// What the host reads of a step: from pinned memory to where it goes.
  struct Reading {
    void *to;
    int64_t offset, bytes;
  };
  /// Of every second step.
  struct Turn {
    Turn(const Card &card, int64_t inputBytes) : inputs(card, inputBytes), isDone(card) {}
    PinnedMemory inputs;
    std::optional<PinnedMemory> results;
    std::vector<Reading> readings;
    Event isDone;
  };
  void prepare();
  void performAll() const;
  void launch(Turn &mine, bool asGraph);

  const Kernels &kernels;
  Stream &stream;
  const Address inputsOnCard;
  const std::function<void(const Work &)> perform;
  std::deque<Turn> turns;           // which do not move
  uint64_t ended = 0, finished = 0; ///< Steps that have, and those of which the host has read what it does.
  bool open = false;
  std::vector<Work> works, recorded; ///< Of the step that is open, and of the one that is captured.
  std::optional<Gather> gather;      ///< What that reads, if it does.
  std::optional<Graph> graph;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_WHOLESTEP_H

//===- WholeStep.h - A step as one launch -----------------------*- C++ -*-===//
//
// Where cards decide whether a step updates, nothing from its first forward to its update waits for the host. So all of
// it, of all stages and replicas, is one graph, which never changes: what differs from step to step is copied to the
// cards before it, and one copy brings back behind it what the host reads.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_WHOLESTEP_H
#define SLUICE_RUNTIME_CUDA_WHOLESTEP_H

#include "runtime/cpu/Wait.h"
#include "runtime/cuda/Gather.h"
#include "runtime/cuda/Graph.h"
#include "runtime/cuda/Machine.h"
#include "runtime/cuda/Recording.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sluice::cuda {

/// A part of a card's memory that differs from step to step.
struct Region {
  int32_t device; ///< Of the program, which reads it.
  Address address;
  int64_t bytes;
  int64_t offset = 0; ///< On the host, which WholeStep gives it.
};

/// What a step has the cards do is captured with the first, and again where a step asks for something else.
class WholeStep {
public:
  /// Does work of a device that is no Read.
  using PerformFunction = std::function<void(int32_t device, const Work &)>;

  /// `program` must outlive this.
  WholeStep(const sluice_binary &program, std::shared_ptr<Machine> machine, std::vector<Region> regions,
            PerformFunction perform);
  ~WholeStep();
  WholeStep(const WholeStep &) = delete;
  WholeStep &operator=(const WholeStep &) = delete;

  /// What the next step has in a region. There are two, so that it can be written while cards are at the step before.
  char *region(size_t number) const { return turns[turn()].regions.data() + regions[number].offset; }
  /// Which of the two.
  size_t turn() const { return ended % 2; }

  /// Between begin() and end() a step is open, and what is added to it is done behind that: as a graph, or one by one.
  /// Devices may be asked by threads of their own; what one awaits has been signalled before.
  void begin();
  bool isOpen() const { return edgeCount % 2 == 1; }
  void add(int32_t device, Work work) { works.add(device, std::move(work)); }
  void read(int32_t device, void *to, Address from, int64_t bytes);
  /// A point in time of a program that has several devices, for whenDone() behind finishReads().
  int64_t mark(int32_t device);
  void end(bool asGraph);
  /// How often a step has begun or ended: what was signalled before the last time nobody can await any more.
  int64_t edges() const { return edgeCount; }

  /// Waits for what the oldest step read that has ended, and copies it to where it goes.
  void finishReads();
  runtime::Clock::time_point whenDone(int64_t mark) const;
  /// Waits for all steps, of which only those so far count whose reads are finished; the last of them comes again.
  void takeBack();

private:
  /// What the host reads of a device: from pinned memory to where it goes.
  struct Reading {
    void *to;
    int64_t offset, bytes;
  };
  /// One of the program's devices.
  struct Strand {
    Strand(Stream &stream, const Kernels &kernels, int64_t marks);
    Stream &stream;
    const Kernels &kernels;
    std::optional<CardMemory> marks;   ///< None where nobody asks for the time.
    std::optional<CardMemory> results; ///< What is read of it, where that lies on another card than the first one's.
    std::optional<Gather> gather;      ///< If something is.
    Event isReached;
  };
  /// Of every second step.
  struct Turn {
    Turn(const Card &card, int64_t regionBytes, size_t devices)
        : regions(card, regionBytes), readings(devices), times(devices), isDone(card) {}
    PinnedMemory regions;
    std::optional<PinnedMemory> results;
    std::vector<std::vector<Reading>> readings; ///< By device.
    std::vector<int64_t> offsets;               ///< The same: of what is read among all results.
    std::vector<std::vector<uint64_t>> times;   ///< The same: of marks, in nanoseconds.
    Event isDone;
  };
  static void placeResults(Turn &of);
  void prepare(const Turn &of);
  static void order(const Strand &behind, const Strand &before);
  void performAll(const Turn &of) const;
  void launch(Turn &mine, bool asGraph);

  std::shared_ptr<Machine> machine;
  std::vector<Region> regions;
  const PerformFunction perform;
  std::deque<Strand> strands;       // by device of the program; the first one's stream has the graph
  std::deque<Turn> turns;           // which do not move
  uint64_t ended = 0, finished = 0; ///< Steps that have, and those of which the host has read what it does.
  int64_t edgeCount = 0;
  Recording works;                         ///< Of the step that is open.
  std::vector<std::vector<Work>> recorded; ///< The same by device, of the one that is captured.
  std::optional<CardMemory> results;       ///< What the host reads.
  std::optional<Graph> graph;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_WHOLESTEP_H

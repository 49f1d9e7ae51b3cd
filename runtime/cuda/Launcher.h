//===- Launcher.h - Functions of a program as launches ----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_LAUNCHER_H
#define SLUICE_RUNTIME_CUDA_LAUNCHER_H

#include "runtime/abi.h"
#include "runtime/cpu/Pool.h"
#include "runtime/cuda/Graph.h"
#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Stream.h"

#include <functional>
#include <map>
#include <tuple>

namespace sluice::cuda {

/// A call of a function; operands of one lie at the same addresses whenever it comes.
struct Call {
  int32_t function;
  int64_t frame;  ///< Of its stage.
  int64_t slot;   ///< That has the step and the inputs of its micro-batch.
  int32_t buffer; ///< Of gradients.
  /// Versions of its stage's weights, that is read and that is written.
  int64_t weights, nextWeights;

  auto all() const { return std::tie(function, frame, slot, buffer, weights, nextWeights); }
  bool operator<(const Call &other) const { return all() < other.all(); }
  bool operator==(const Call &other) const { return all() == other.all(); }
};

/// Tells where an operand of a call lies.
using AddressFunction = std::function<Address(const sluice_operand &)>;

/// Launches functions in a stream. A call that comes again is one launch of a graph, which was captured the first time;
/// a stream that is synchronous, or captures a graph of more, launches kernel by kernel.
class Launcher {
public:
  /// All must outlive this.
  Launcher(const sluice_binary &program, const Kernels &kernels, Stream &stream);
  ~Launcher();
  Launcher(const Launcher &) = delete;
  Launcher &operator=(const Launcher &) = delete;

  /// `microBatch` is for messages.
  void call(const Call &call, const AddressFunction &addressOf, int64_t microBatch);

  /// Launches kernel by kernel from now on, with a mark around each, or not any more.
  void timeKernels(bool isTimed) { areTimed = isTimed; }
  bool timesKernels() const { return areTimed; }
  /// Behind Stream::finish(): adds what the runs of kernels took since that was called before.
  void addTimes(std::vector<KernelTime> &sums);

  /// Adds elements of memory, each by itself.
  void add(Address into, Address from, int64_t count, uint32_t element);

  /// Has values before an update be what they will be, if the next `ahead` updates are like it.
  void extrapolate(Address values, Address newest, int64_t count, uint32_t element, int32_t ahead);

private:
  void launchEach(void *function, int64_t count, std::vector<Address> parameters, const char *name);
  void launchAll(const sluice_function &function, const AddressFunction &addressOf, int64_t microBatch);

  const sluice_binary &program;
  const Kernels &kernels;
  Stream &stream;
  /// A run of a kernel between two marks of the stream.
  struct TimedRun {
    int32_t symbol;
    int64_t begin, end;
  };

  std::map<Call, Graph> graphs;
  bool areTimed = false;
  std::vector<TimedRun> runs; ///< That are not told yet.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_LAUNCHER_H

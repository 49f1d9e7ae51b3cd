//===- Launcher.h - Functions of a program as launches ----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_LAUNCHER_H
#define SLUICE_RUNTIME_CUDA_LAUNCHER_H

#include "runtime/abi.h"
#include "runtime/cpu/Pool.h"
#include "runtime/cuda/Graph.h"
#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Stream.h"
#include "runtime/cuda/Work.h"

#include <functional>
#include <map>
#include <vector>

namespace sluice::cuda {

/// Tells where an operand of a call lies.
using AddressFunction = std::function<Address(const sluice_operand &)>;

/// Launches functions in a stream.
class Launcher {
public:
  /// All must outlive this.
  Launcher(const sluice_binary &program, const Kernels &kernels, Stream &stream);
  ~Launcher();
  Launcher(const Launcher &) = delete;
  Launcher &operator=(const Launcher &) = delete;

  /// A call that comes again is one launch of a graph, which was captured the first time, unless the stream is
  /// synchronous. `microBatch` is for messages.
  void call(const Call &call, const AddressFunction &addressOf, int64_t microBatch);
  /// The same kernel by kernel.
  void launchAll(const Call &call, const AddressFunction &addressOf, int64_t microBatch);

  /// Launches kernel by kernel from now on, with a mark around each, or not any more.
  void timeKernels(bool isTimed) { areTimed = isTimed; }
  bool timesKernels() const { return areTimed; }
  /// Behind Stream::finish(): adds what the runs of kernels took since that was called before.
  void addTimes(std::vector<KernelTime> &sums);

  /// One block of a kernel of the runtime, of as many threads as it wants.
  void launchOne(OwnKernel kernel, uint32_t element, std::vector<Address> parameters);

  /// Copies bytes to memory of another card, which the card can access.
  void copyToPeer(Address into, Address from, int64_t bytes);

  /// Adds elements of memory, each by itself.
  void add(Address into, Address from, int64_t count, uint32_t element);

  /// Has values before an update be what they will be, if the next `ahead` updates are like it.
  void extrapolate(Address values, Address newest, int64_t count, uint32_t element, int32_t ahead);

private:
  void launchEach(OwnKernel kernel, uint32_t element, int64_t count, std::vector<Address> parameters);

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

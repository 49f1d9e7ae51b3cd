//===- Launcher.h - Functions of a program as launches ----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_LAUNCHER_H
#define SLUICE_RUNTIME_CUDA_LAUNCHER_H

#include "runtime/abi.h"
#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Stream.h"

#include <array>
#include <map>

namespace sluice::cuda {

/// Where the operands of a function lie, by sluice_space.
using Spaces = std::array<Address, SLUICE_SPACE_INPUT + SLUICE_MAX_INPUTS>;

/// Launches functions in a stream. A function that comes again at the same addresses is one launch of a graph, which
/// was captured the first time; a stream that is synchronous launches kernel by kernel.
class Launcher {
public:
  /// All must outlive this.
  Launcher(const sluice_binary &program, const Kernels &kernels, Stream &stream);
  ~Launcher();
  Launcher(const Launcher &) = delete;
  Launcher &operator=(const Launcher &) = delete;

  /// `microBatch` is for messages.
  void call(int32_t function, const Spaces &spaces, int64_t microBatch);

  /// Adds elements of memory, each by itself.
  void add(Address into, Address from, int64_t count, uint32_t element);

private:
  void launchAll(const sluice_function &function, const Spaces &spaces, int64_t microBatch);
  void *capture(const sluice_function &function, const Spaces &spaces, int64_t microBatch);

  const sluice_binary &program;
  const Kernels &kernels;
  Stream &stream;
  std::map<std::pair<int32_t, Spaces>, void *> graphs;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_LAUNCHER_H

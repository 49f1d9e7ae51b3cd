//===- Recording.h - What all devices do in a step --------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_RECORDING_H
#define SLUICE_RUNTIME_CUDA_RECORDING_H

#include "runtime/cuda/Work.h"

#include <mutex>
#include <utility>
#include <vector>

namespace sluice::cuda {

/// Works of devices, each of which has its own order; threads of devices may add theirs at the same time.
class Recording {
public:
  explicit Recording(size_t devices) : works(devices) {}

  void clear() {
    order.clear();
    for (std::vector<Work> &of : works)
      of.clear();
  }

  void add(int32_t device, Work work) {
    std::lock_guard<std::mutex> lock(mutex);
    order.push_back(device);
    works[device].push_back(std::move(work));
  }

  const std::vector<std::vector<Work>> &byDevice() const { return works; }

  /// Calls function(device, number among its works) in an order in which they were added: what waits for something is
  /// behind it.
  template <typename Function> void forEach(const Function &function) const {
    std::vector<size_t> next(works.size());
    for (int32_t device : order)
      function(device, next[device]++);
  }

private:
  std::mutex mutex;
  std::vector<std::vector<Work>> works;
  std::vector<int32_t> order; ///< The device of each.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_RECORDING_H

//===- Failure.h - What went wrong on the cards -----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_FAILURE_H
#define SLUICE_RUNTIME_CUDA_FAILURE_H

#include "runtime/Error.h"

#include <mutex>
#include <string>

namespace sluice::cuda {

/// That a kernel did, which the message names.
struct KernelError : runtime::RunError {
  using RunError::RunError;
};

/// The first failure of a process. After it all calls for the card fail: what they say is of no use, and may be said
/// before the failure itself where several threads ask. Any thread may call this.
class Failure {
public:
  void add(const runtime::RunError &error) {
    std::lock_guard<std::mutex> lock(mutex);
    bool isOfKernel = dynamic_cast<const KernelError *>(&error) != nullptr;
    if (text.empty() || (isOfKernel && !namesKernel))
      text = error.what();
    namesKernel |= isOfKernel;
  }
  /// Empty where there is none.
  std::string get() const {
    std::lock_guard<std::mutex> lock(mutex);
    return text;
  }

  /// Held by who waits for a kernel to fail or not: kernels of other streams would fail with it.
  std::unique_lock<std::mutex> takeTurn() { return std::unique_lock<std::mutex>(turn); }

private:
  std::mutex turn;
  mutable std::mutex mutex;
  std::string text;
  bool namesKernel = false;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_FAILURE_H

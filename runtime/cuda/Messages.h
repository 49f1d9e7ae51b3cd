//===- Messages.h - Messages between GPUs -----------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_MESSAGES_H
#define SLUICE_RUNTIME_CUDA_MESSAGES_H

#include "runtime/cuda/Device.h"

#include <deque>
#include <vector>

namespace sluice::cuda {

/// Messages lie on the card of the receiver. An event says when one is there, and another when its place is free again.
class CudaMessages : public runtime::Messages {
public:
  CudaMessages(const sluice_binary &program, int32_t channel, CudaDevice &from, CudaDevice &to);

  void put(runtime::MessagePlace place, const sluice_action &send, int64_t microBatch) override;
  void take(runtime::MessagePlace place, const sluice_action &receive, int64_t microBatch) override;

private:
  struct Place {
    Event isThere, isFree;
    /// When these were signalled, by CudaDevice::edges(); passed on with the place. Messages of a checkpoint were not
    /// put here.
    int64_t wasPut = -1, wasTaken = -1;
  };
  /// Calls function(offset in the block, offset in the message, bytes) with each part.
  template <typename Function> void forEachPart(bool isSend, const Function &function) const;

  const sluice_binary &program;
  const sluice_channel &channel;
  int32_t number;
  CudaDevice &from, &to;
  std::deque<Place> places;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_MESSAGES_H

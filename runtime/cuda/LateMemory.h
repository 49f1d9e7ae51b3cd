//===- LateMemory.h - What is under way on GPUs -----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_LATEMEMORY_H
#define SLUICE_RUNTIME_CUDA_LATEMEMORY_H

#include "runtime/engine/Device.h"

#include <vector>

namespace sluice::cuda {

class CudaDevice;

/// Of one replica whose gradients are late. What the host sees are copies, which have the layout of the cards.
class CudaLateMemory : public runtime::LateMemory {
public:
  CudaLateMemory(const sluice_binary &program, int32_t replica, CudaDevice &device);

  void exchangeHeldGradients(int32_t stage) override;
  void forgetPredictions() override;
  char *weightsBefore(int32_t stage, int32_t back) const override;
  std::vector<runtime::Memory *> underWay() override;
  void fetchUnderWay() override;
  void storeUnderWay() override;

  /// What the host sees of a version of a stage's weights beyond the first.
  char *version(int32_t stage, int64_t version) const;

private:
  struct Stage {
    runtime::Memory versions, frames, held;
    int32_t half = 0; ///< Of the memory of held gradients, that has them.
  };
  struct Channel {
    int32_t number;
    runtime::Memory messages;
  };
  /// Copies all from cards to the host, or back.
  void copyAll(bool isToHost);

  const sluice_binary &program;
  CudaDevice &device;
  std::vector<Stage> stages;
  std::vector<Channel> channels; // to this replica
  runtime::Memory inputs;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_LATEMEMORY_H

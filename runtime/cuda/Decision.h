//===- Decision.h - Whether a step updates ----------------------*- C++ -*-===//
//
// The card of the first stage decides for all: it reads the sums of squares of all gradients where they are, and what
// it decides is copied to the steps of all stages and replicas.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_DECISION_H
#define SLUICE_RUNTIME_CUDA_DECISION_H

#include "runtime/cuda/WholeStep.h"

#include <deque>
#include <vector>

namespace sluice::cuda {

class CudaDevice;

class Decision {
public:
  /// Devices by replica, whose cards access each other's memory. All must outlive this. RunError where there is too
  /// little memory.
  Decision(const sluice_binary &program, Machine &machine, const std::vector<CudaDevice *> &replicas);

  /// What is asked of a step: it does not update if a value of a replica, at this address when it is reached, is not
  /// finite.
  void watch(WholeStep &step, int32_t replica, Address value, uint32_t element) const;
  /// Decides, when all devices have come here, by the rule at CudaDevice::ruleAt(); gradients are multiplied by the
  /// scalar of that number, unless it is -1.
  void decide(WholeStep &step, int64_t clipScale) const;

  /// Steps update again, where one has stopped those behind it (UpdateRule::stops). No step is under way.
  void goOn();

private:
  Stream &stream() const;
  Address watched(int32_t replica) const;

  const sluice_binary &program;
  const std::vector<CudaDevice *> &replicas;
  int64_t terms; ///< How many there are of what the decision adds up.
  CardMemory memory;
  std::deque<Event> arrived; ///< By device.
  Event decided;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_DECISION_H

//===- SharedStep.h - A step of all replicas --------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_SHAREDSTEP_H
#define SLUICE_RUNTIME_CUDA_SHAREDSTEP_H

#include "runtime/cuda/WholeStep.h"

#include <memory>
#include <vector>

namespace sluice::runtime {
struct UpdateRule;
} // namespace sluice::runtime

namespace sluice::cuda {

class CudaDevice;
class Decision;

/// What all replicas of a program share where cards decide whether its steps update: the step, and the decision.
class SharedStep {
public:
  /// Of devices by replica, which call it no more when one of them is gone. `program` must outlive this.
  SharedStep(const sluice_binary &program, const std::shared_ptr<Machine> &machine, std::vector<CudaDevice *> replicas);
  ~SharedStep();

  WholeStep &step() { return whole; }
  /// What the next step has in the slots of a stage.
  char *region(int32_t replica, int32_t stage) const;

  /// As runtime::Device has them.
  void begin();
  void watch(int32_t replica, Address value, uint32_t element);
  void decide(const runtime::UpdateRule &rule);
  void end();
  void takeBack();

private:
  const sluice_binary &program;
  const std::vector<CudaDevice *> replicas;
  WholeStep whole;
  std::unique_ptr<Decision> decision;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_SHAREDSTEP_H

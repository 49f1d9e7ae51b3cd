//===- Slots.h - What functions read beside frames --------------*- C++ -*-===//
//
// Addresses of launches are fixed, so that the state of the step and the inputs that a function reads lie in slots of
// its stage on the card. Slots are written before a function that finds something else there, or all at once with a
// step that cards do as a whole.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_SLOTS_H
#define SLUICE_RUNTIME_CUDA_SLOTS_H

#include "runtime/abi.h"
#include "runtime/cuda/Card.h"
#include "runtime/cuda/SharedStep.h"

#include <deque>
#include <optional>
#include <vector>

namespace sluice::cuda {

class CudaDevice;

/// The slots of one replica.
class Slots {
public:
  /// All must outlive this, whose pinned memory is made with a card.
  Slots(const sluice_binary &program, int32_t replica, CudaDevice &device, const Card &card);

  /// Cards do steps as a whole from now on.
  void share(SharedStep &step) { shared = &step; }

  /// An input on the host, of a micro-batch with a place among those that are kept; whoever asks for it writes it.
  int32_t *input(int64_t place, uint32_t input);
  /// All of them.
  char *inputData() const { return inputs[turn()].data(); }

  /// Copies what a function reads to a slot of its stage, unless it is there. To what a step begins with, if one is
  /// open.
  void prepare(int32_t function, int64_t slot, int64_t place, const sluice_step &step);
  /// Has the step that is open begin with all inputs.
  void addInputs();
  /// What lies in slots is not what prepare() knows of any more.
  void forget();

private:
  /// What a slot on the card has.
  struct Slot {
    std::optional<sluice_step> step;
    int64_t inputs = -1; ///< Number of the loading that they are of.
  };
  struct FunctionFacts {
    bool readsStep = false, readsInputs = false;
  };
  size_t turn() const { return shared ? shared->step().turn() : 0; }
  char *hostInput(int64_t place, uint32_t input) const;
  char *inRegion(int32_t stage, Address address) const;

  const sluice_binary &program;
  const int32_t replica;
  CudaDevice &device;
  std::vector<FunctionFacts> functions;
  std::vector<uint32_t> stageInputs;    ///< That launches of each stage read, up to the last.
  std::vector<std::vector<Slot>> slots; ///< By stage and number.
  std::deque<PinnedMemory> inputs;      ///< One, or by turn of the whole step.
  std::vector<int64_t> loadings;        ///< By place of a micro-batch: how often it was loaded.
  SharedStep *shared = nullptr;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_SLOTS_H

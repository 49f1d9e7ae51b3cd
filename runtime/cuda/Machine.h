//===- Machine.h - The GPUs that a process uses -----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_MACHINE_H
#define SLUICE_RUNTIME_CUDA_MACHINE_H

#include "runtime/abi.h"
#include "runtime/cuda/Card.h"
#include "runtime/cuda/Failure.h"
#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Stream.h"

#include <deque>

namespace sluice::cuda {

/// The cards that the devices of a program lie on, one after the other, with its kernels loaded and a stream of each
/// device.
class Machine {
public:
  /// RunError where there is no driver or card, where a card does not run the program, and where the memory that it has
  /// free is too little for the program: how much it needs, and what would fit. `program` must outlive the machine.
  Machine(const sluice_binary &program, bool isSynchronous);

  int count() const { return static_cast<int>(cards.size()); }
  const Card &card(int number) const { return cards[static_cast<size_t>(number)]; }
  const Kernels &kernelsOf(int number) const { return kernels[static_cast<size_t>(number)]; }
  /// By device of the program.
  Stream &stream(int32_t device) { return streams[static_cast<size_t>(device)]; }
  /// Whether kernels of each card read and write memory of all others.
  bool hasPeers() const { return arePeers; }
  /// Of all streams.
  Failure &failure() { return firstFailure; }

private:
  void enablePeers();
  void checkMemory(const sluice_binary &program) const;

  std::deque<Card> cards;
  std::deque<Kernels> kernels; // by card
  Failure firstFailure;
  std::deque<Stream> streams; // by device
  bool arePeers = true;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_MACHINE_H

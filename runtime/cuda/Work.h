//===- Work.h - What a stream of a step does --------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_WORK_H
#define SLUICE_RUNTIME_CUDA_WORK_H

#include "runtime/cuda/Card.h"
#include "runtime/cuda/OwnKernels.h"

#include <cstdint>
#include <tuple>
#include <vector>

namespace sluice::cuda {

/// A call of a function; operands of one lie at the same addresses whenever it comes.
struct Call {
  int32_t function;
  int64_t frame;  ///< Of its stage.
  int64_t slot;   ///< That has the step and the inputs of its micro-batch.
  int32_t buffer; ///< Of gradients.
  /// Versions of its stage's weights, that is read and that is written.
  int64_t weights, nextWeights;

  auto all() const { return std::tie(function, frame, slot, buffer, weights, nextWeights); }
  bool operator<(const Call &other) const { return all() < other.all(); }
  bool operator==(const Call &other) const { return all() == other.all(); }
};

/// Something that one of the program's devices is asked for.
struct Work {
  enum class Kind {
    Clear,  ///< `count` bytes at `into`.
    Copy,   ///< `count` bytes at `from` to `into`, which is memory of `card`.
    Add,    ///< `count` elements at `from` to those at `into`.
    Call,   ///< A function.
    Own,    ///< One block of a kernel of the runtime.
    Signal, ///< An event.
    Await,  ///< One that another device has signalled.
    Read    ///< `count` bytes at `from`, for the host.
  };
  Kind kind;
  Address into = 0, from = 0;
  int64_t count = 0;
  const Card *card = nullptr;
  const Event *event = nullptr;
  uint32_t element = 0; ///< The type of what is added, or that a kernel is for.
  OwnKernel own = OwnKernel::Watch;
  std::vector<Address> parameters = {}; ///< Of that.
  Call call = {};
  int64_t microBatch = 0; ///< Of the call, for messages.

  static Work clear(Address into, int64_t bytes) { return {Kind::Clear, into, 0, bytes}; }
  static Work copy(Address into, const Card &card, Address from, int64_t bytes) {
    return {Kind::Copy, into, from, bytes, &card};
  }
  static Work add(Address into, Address from, int64_t count, uint32_t element) {
    return {Kind::Add, into, from, count, nullptr, nullptr, element};
  }
  static Work launch(OwnKernel kernel, uint32_t element, std::vector<Address> parameters) {
    return {Kind::Own, 0, 0, 0, nullptr, nullptr, element, kernel, std::move(parameters)};
  }
  static Work signal(const Event &event) { return {Kind::Signal, 0, 0, 0, nullptr, &event}; }
  static Work await(const Event &event) { return {Kind::Await, 0, 0, 0, nullptr, &event}; }
  static Work read(Address from, int64_t bytes) { return {Kind::Read, 0, from, bytes}; }

  bool operator==(const Work &other) const {
    auto all = [](const Work &of) {
      return std::tie(of.kind, of.into, of.from, of.count, of.card, of.event, of.element, of.own, of.parameters,
                      of.call, of.microBatch);
    };
    return all(*this) == all(other);
  }
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_WORK_H

//===- Card.h - A GPU -------------------------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_CARD_H
#define SLUICE_RUNTIME_CUDA_CARD_H

#include "runtime/cuda/Driver.h"

#include <cstdint>
#include <string>
#include <utility>

namespace sluice::cuda {

/// Holds the primary context of a GPU.
class Card {
public:
  /// RunError as Driver::check.
  explicit Card(int ordinal);
  ~Card();
  Card(const Card &) = delete;
  Card &operator=(const Card &) = delete;

  /// What the calling thread asks the driver for is for this card from now on.
  void makeCurrent() const;

  void *context() const { return primary; }
  /// Ten times the compute capability: 90 is Hopper.
  int capability() const { return tenCapability; }
  /// "GPU 0 (NVIDIA H100 80GB HBM3)".
  const std::string &name() const { return text; }
  /// "NVIDIA H100 80GB HBM3".
  const std::string &model() const { return modelName; }
  int64_t freeBytes() const;
  /// Whether there is a way to the memory of another card that does not go by the host.
  bool canAccess(const Card &peer) const;

  const Driver &driver;

private:
  int device = 0, tenCapability = 0;
  void *primary = nullptr;
  std::string modelName, text;
};

/// Memory of a card; freed at the end. RunError where there is too little.
class CardMemory {
public:
  CardMemory(const Card &card, int64_t bytes);
  ~CardMemory();
  CardMemory(const CardMemory &) = delete;
  CardMemory &operator=(const CardMemory &) = delete;

  Address address() const { return base; }

private:
  const Card &card;
  Address base = 0;
};

/// Memory of the host that every card reads and writes by itself.
class PinnedMemory {
public:
  PinnedMemory(const Card &card, int64_t bytes);
  ~PinnedMemory();
  PinnedMemory(const PinnedMemory &) = delete;
  PinnedMemory &operator=(const PinnedMemory &) = delete;

  char *data() const { return base; }
  int64_t size() const { return bytes; }

private:
  const Card &card;
  char *base = nullptr;
  int64_t bytes;
};

/// A point in a stream of a card.
class Event {
public:
  explicit Event(const Card &card, EventFlag flag = kEventDisableTiming);
  ~Event();
  Event(Event &&other) noexcept : card(other.card), handle(other.handle) { other.handle = nullptr; }
  Event &operator=(Event &&other) noexcept {
    std::swap(card, other.card);
    std::swap(handle, other.handle);
    return *this;
  }

  void *get() const { return handle; }

private:
  const Card *card;
  void *handle = nullptr;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_CARD_H

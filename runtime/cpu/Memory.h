//===- Memory.h - Blocks of anonymous memory --------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CPU_MEMORY_H
#define SLUICE_RUNTIME_CPU_MEMORY_H

#include <cstddef>
#include <cstdint>

namespace sluice::runtime {

/// From this size on, large pages are asked for: the up to 2 MiB that rounding adds are then noise, and streaming
/// through weights no longer misses the translation buffer on every other page.
inline constexpr int64_t kLargePagesFrom = int64_t(64) << 20;

/// A block of private anonymous memory, zero at first. Pages become resident when they are first written, so a process
/// occupies what it uses and not what it reserves.
class Memory {
public:
  Memory() = default;
  /// Reserves `bytes` bytes (none for 0). Throws std::system_error naming the size if the system refuses.
  explicit Memory(int64_t bytes);
  ~Memory();
  Memory(Memory &&other) noexcept;
  Memory &operator=(Memory &&other) noexcept;

  char *data() const { return base; }
  int64_t size() const { return bytes; }

private:
  char *base = nullptr;
  int64_t bytes = 0;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_MEMORY_H

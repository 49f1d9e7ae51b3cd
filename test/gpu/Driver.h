//===- Driver.h - The CUDA driver, found at run time ---------------------------------------===//
//
// What is declared here is the C interface of libcuda.so.1 as NVIDIA's manual "CUDA Driver API" states it. Nothing of
// the toolkit is needed to build, and nothing but the driver to run.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_GPU_DRIVER_H
#define SLUICE_TEST_GPU_DRIVER_H

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace sluice::gpu {

/// What the driver, or its absence, says in a line.
struct DriverError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The driver with a context on the first card. Every call of it waits until the card is done.
class Driver {
public:
  Driver();
  Driver(const Driver &) = delete;
  Driver &operator=(const Driver &) = delete;
  ~Driver();

  /// The card's name, its compute capability times ten (90 is Hopper), and the newest CUDA that the driver knows: 13000
  /// is 13.0.
  std::string cardName() const;
  int capability() const;
  int version() const;

  /// Compiles PTX and runs its only kernel: every input is copied to the card, `resultBytes` bytes are copied back. The
  /// kernel's parameters are the inputs' addresses, the address of the result and `steps`.
  std::vector<uint8_t> run(const std::string &ptx, const char *kernel, unsigned blocks, unsigned threads,
                           const std::vector<std::vector<uint8_t>> &inputs, size_t resultBytes, uint32_t steps);

private:
  template <typename Function> Function find(const char *name) const;
  void check(int status, const char *what) const;
  int attribute(int which) const;

  void *library = nullptr;
  void *context = nullptr;
  int device = 0;
};

} // namespace sluice::gpu

#endif // SLUICE_TEST_GPU_DRIVER_H

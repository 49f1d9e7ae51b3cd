//===- Machine.h - A device for a test ----------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_TESTS_MACHINE_H
#define SLUICE_TEST_CUDAEMULATOR_TESTS_MACHINE_H

#include "test/cuda-emulator/driver/Entries.h"
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace sluice::emulator::tests {

using Address = unsigned long long;

/// Memory of the device, as values.
template <typename T> std::vector<uint8_t> bytesOf(const std::vector<T> &values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Begins with a fresh context, and ends it. Settings that a test changes are as before after it. What the driver
/// answers other than success throws, with the name of the status.
class Machine {
public:
  explicit Machine(const std::map<std::string, std::string> &settings = {});
  Machine(const Machine &) = delete;
  Machine &operator=(const Machine &) = delete;
  ~Machine();

  Address allocate(size_t bytes);
  template <typename T> Address put(const std::vector<T> &values) {
    Address address = allocate(values.size() * sizeof(T));
    write(address, bytesOf(values));
    return address;
  }
  void write(Address address, const std::vector<uint8_t> &bytes);
  template <typename T> std::vector<T> get(Address address, size_t count) {
    std::vector<T> values(count);
    read(values.data(), address, count * sizeof(T));
    return values;
  }
  void read(void *target, Address address, size_t bytes);

  /// A kernel of PTX. `name` may be left out where there is one alone, called k.
  void *kernel(const std::string &ptx, const char *name = "k");
  /// Launches and waits; what the driver then answers.
  int launch(void *kernel, unsigned blocks, unsigned threads, const std::vector<uint64_t> &parameters,
             unsigned sharedBytes = 0, void *stream = nullptr);
  /// Only launches, on a stream.
  void issue(void *kernel, unsigned blocks, unsigned threads, const std::vector<uint64_t> &parameters, void *stream,
             unsigned sharedBytes = 0);

  void *stream();
  void *pinned(size_t bytes);

private:
  int device = 0;
  std::map<std::string, std::string> settings;
};

/// Throws where a status is not success.
void check(int status);
/// CUDA_SUCCESS and the like.
std::string nameOf(int status);
/// All lines of findings so far, which are then forgotten.
std::string findings();

/// PTX: the module's header, and a kernel k around a body. Parameters are p0, p1, ... of 64 bits.
std::string kernelText(int parameters, const std::string &body);

/// The same with registers of every width, and with %t the thread, %g its number in the grid, and each parameter in
/// %p0, %p1, ...
std::string simpleKernel(int parameters, const std::string &body);

} // namespace sluice::emulator::tests

#endif // SLUICE_TEST_CUDAEMULATOR_TESTS_MACHINE_H

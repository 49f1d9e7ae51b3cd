//===- Device.h - Devices and their contexts ----------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_DEVICE_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_DEVICE_H

#include "test/cuda-emulator/driver/Status.h"
#include "test/cuda-emulator/memory/Memory.h"
#include "test/cuda-emulator/run/Settings.h"
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

namespace sluice::emulator {

class Stream;

/// Live objects by their address, which is the handle that the program has.
template <typename T> class Handles {
public:
  T *add(std::shared_ptr<T> object) {
    std::lock_guard<std::mutex> lock(mutex);
    T *handle = object.get();
    objects[handle] = std::move(object);
    return handle;
  }
  /// Null where the handle is none.
  std::shared_ptr<T> find(const void *handle) {
    std::lock_guard<std::mutex> lock(mutex);
    auto found = objects.find(handle);
    return found == objects.end() ? nullptr : found->second;
  }
  std::shared_ptr<T> remove(const void *handle) {
    std::lock_guard<std::mutex> lock(mutex);
    auto found = objects.find(handle);
    if (found == objects.end())
      return nullptr;
    std::shared_ptr<T> object = std::move(found->second);
    objects.erase(found);
    return object;
  }

private:
  std::mutex mutex;
  std::unordered_map<const void *, std::shared_ptr<T>> objects;
};

struct Device;

/// The primary context of a device: the only kind there is.
struct Context {
  Device *device = nullptr;
  int retained = 0;
  std::atomic<int> status{Success}; ///< what ended it: every later call answers that
  std::mutex mutex;                 ///< of what follows
  std::vector<std::weak_ptr<Stream>> streams;
  std::set<Device *> peers; ///< whose memory its kernels may access

  /// All streams that are still there.
  std::vector<std::shared_ptr<Stream>> liveStreams();
};

struct Device {
  int ordinal = 0;
  std::unique_ptr<Memory> memory; ///< there once the context was retained
  std::mutex running;             ///< held by a launch or a copy that uses the memory
  Context context;
};

/// All devices; as many as the settings say when first asked for.
std::vector<std::unique_ptr<Device>> &devices();
/// Pinned memory of the host.
Memory &pinnedMemory();
std::mutex &pinnedMutex();
/// The device whose memory has an address, or null.
Device *deviceOf(u64 address);

/// Stops all launches and copies, and forgets who accessed what.
void forgetAllHistory();

/// The current context of the thread, or null.
Context *&currentContext();

/// Holds what launches and copies that use these devices need, in one order for all.
class RunningLock {
public:
  explicit RunningLock(std::set<Device *> devices);

private:
  std::vector<std::unique_lock<std::mutex>> locks;
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_DEVICE_H

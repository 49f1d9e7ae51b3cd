//===- Guard.h - What all entries of the driver have in common ----------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_GUARD_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_GUARD_H

#include "test/cuda-emulator/driver/Entries.h"
#include "test/cuda-emulator/driver/Stream.h"
#include "test/cuda-emulator/run/Calls.h"
#include <new>

namespace sluice::emulator {

inline std::atomic<bool> isInitialized = false;

/// Ends an entry with a status.
struct Answer {
  int status;
};

/// Statuses that end a context: what a kernel or a copy did wrong.
inline bool isSticky(int status) {
  return status == IllegalAddress || status == Misaligned || status == LaunchFailed || status == Timeout;
}

/// Runs an entry, which is the caller unless it names another, and answers what went wrong.
template <typename F> int guarded(F entry, const char *name = __builtin_FUNCTION()) {
  logCall(name);
  if (!isInitialized)
    return NotInitialized;
  try {
    entry();
    return Success;
  } catch (const Answer &answer) {
    return answer.status;
  } catch (const Fault &fault) {
    if (isSticky(fault.status) && currentContext())
      fail(*currentContext(), fault);
    else
      report(fault.text);
    return fault.status;
  } catch (const std::bad_alloc &) {
    return OutOfMemory;
  }
}

inline void expect(bool holds, int status = InvalidValue) {
  if (!holds)
    throw Answer{status};
}

/// The current context, which must be there and must not have ended.
inline Context &current() {
  Context *context = currentContext();
  expect(context && context->device->memory, InvalidContext);
  expect(context->status == Success, context->status);
  return *context;
}

/// The stream of a handle; null for the null stream.
inline std::shared_ptr<Stream> streamOf(void *handle) {
  // 1 is the null stream under its other name.
  if (!handle || handle == reinterpret_cast<void *>(1))
    return nullptr;
  std::shared_ptr<Stream> stream = streams().find(handle);
  expect(stream != nullptr, InvalidHandle);
  return stream;
}

inline Device &deviceAt(int ordinal) {
  expect(ordinal >= 0 && size_t(ordinal) < devices().size(), InvalidDevice);
  return *devices()[ordinal];
}

/// The object of a handle, or an answer.
template <typename T> std::shared_ptr<T> objectOf(Handles<T> &all, void *handle) {
  std::shared_ptr<T> object = all.find(handle);
  expect(object != nullptr, InvalidHandle);
  return object;
}

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_GUARD_H

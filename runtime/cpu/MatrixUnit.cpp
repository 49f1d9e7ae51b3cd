//===- MatrixUnit.cpp - Leave to use the processor's matrix unit ----------===//

#include "runtime/cpu/MatrixUnit.h"

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sluice::runtime {

bool requestMatrixUnit() {
#if defined(__linux__) && defined(__x86_64__)
  // From the kernel's "Using XSTATE features in user space applications"; older headers do not have the names.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

} // namespace sluice::runtime

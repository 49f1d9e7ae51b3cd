//===- MatrixUnit.h - Leave to use the processor's matrix unit --*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CPU_MATRIXUNIT_H
#define SLUICE_RUNTIME_CPU_MATRIXUNIT_H

namespace sluice::runtime {

/// Asks the system for the tile registers of the processor's matrix unit (Intel AMX), which Linux saves for a process
/// from then on only; threads that are started later have them too. False where there are none or it refuses.
bool requestMatrixUnit();

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_MATRIXUNIT_H

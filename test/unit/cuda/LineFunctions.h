//===- LineFunctions.h - The functions of LineProgram -----------*- C++ -*-===//

#ifndef SLUICE_TEST_UNIT_CUDA_LINEFUNCTIONS_H
#define SLUICE_TEST_UNIT_CUDA_LINEFUNCTIONS_H

#include "runtime/abi.h"

/// Where things lie, in bytes: parameters, the persistent block, and the frames of both stages, which can be one.
namespace line {
constexpr int64_t kTable = 0, kLine = 64, kParameterBytes = 128;
constexpr int64_t kNorms = 0, kTableGradient = 64, kLineGradient = 128, kTableState = 192, kLineState = 256;
constexpr int64_t kPersistentBytes = 320;
constexpr int64_t kHidden = 0, kHiddenGradient = 256, kFirstFrameBytes = 384;
constexpr int64_t kDifference = 128, kGradientOut = 256, kLoss = 384, kSecondFrameBytes = 448;

enum Scalar { LearningRate, LossGradient, ClipScale, Poison, ScalarCount };
enum Function { Forward0, Forward1, Backward1, Backward0, Norm0, Norm1, Update0, Update1, FunctionCount };

/// The functions on the host, by their number.
extern const sluice_entry entries[FunctionCount];
} // namespace line

#endif // SLUICE_TEST_UNIT_CUDA_LINEFUNCTIONS_H

//===- StepLog.h - A step as a line of the log ------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_STEPLOG_H
#define SLUICE_RUNTIME_TRAIN_STEPLOG_H

#include "runtime/engine/StepMetrics.h"
#include "runtime/train/MetricsLine.h"

#include <string>

namespace sluice::runtime {

/// Adds what a step tells of itself, its layers too if it describes them.
void addResult(MetricsLine &line, const StepResult &result);

/// "saturated 3, underflowed 4711": elements of all that is rounded to a format, without what is zero; empty where both
/// are.
std::string roundingText(const StepResult &result);

/// "bubble 12.3 % (predicted 10.4 %)"; empty where there is one device alone.
std::string bubbleText(const StepResult &result);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_STEPLOG_H

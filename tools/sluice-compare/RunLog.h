//===- RunLog.h - What a run's log says ------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_RUNLOG_H
#define SLUICE_TOOLS_SLUICE_COMPARE_RUNLOG_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <vector>

namespace sluice::compare {

/// A loss, and what had been spent when the model had it.
struct CurvePoint {
  double steps = 0, flops = 0, seconds = 0, loss = 0;
};

/// Points of one run in the order of its steps.
using Curve = std::vector<CurvePoint>;
/// What a curve is drawn against, and losses are compared at.
using Axis = double CurvePoint::*;

/// A run as its log tells it. Seconds are of training steps alone, without evaluations and checkpoints.
struct RunLog {
  CurvePoint end;                   ///< the last step; the loss is the last validation loss
  bool isComplete = false;          ///< the validation loss of the end is there
  std::optional<double> layersKept; ///< mean over steps
  Curve training, validation;
};

/// Reads a log in JSON lines. A step's model FLOPs are those of its line, or `flopsPerStep` where it says none.
llvm::Expected<RunLog> readRunLog(llvm::StringRef path, double flopsPerStep);

/// Steps done and the last loss, from the end of a log that may be growing.
std::optional<CurvePoint> lastStepOf(llvm::StringRef path);

/// Means of the losses of `window` steps in a row, each where its last step is.
Curve smooth(const Curve &training, size_t window);

/// The loss at that place of the axis, linear between points; nothing outside of the curve.
std::optional<double> lossAt(const Curve &curve, Axis axis, double place);

/// Where the curve, linear between points, is first at or below the loss; nothing if it never is.
std::optional<double> firstBelow(const Curve &curve, Axis axis, double loss);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_RUNLOG_H

//===- Timeline.h - When every device does what --------------------------------------===//
//
// Times are in the unit of the costs that the verifier was given.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_TIMELINE_H
#define SLUICE_PASSES_SCHEDULE_TIMELINE_H

#include "passes/Schedule/Programs.h"
#include <string>
#include <vector>

namespace sluice::schedule {

/// An action from its start to its end. A send, a recv and a reduce start when the device arrives there, and last as
/// long as it waits.
struct Span {
  double start = 0, end = 0;
};

/// One steady iteration: the next is the same, `period` later.
struct Timeline {
  double period = 0;
  std::vector<std::vector<Span>> spans; ///< by device, by action of the body
};

/// Rows of `columns` characters, one a device. Forward of a micro-batch is a digit, backward a letter, both modulo 10;
/// the second half of a backward is a capital. `+` is combine or tied, `#` update, `.` idle. Ends with a line that says
/// so.
std::string drawText(const Pipeline &pipeline, const Timeline &timeline, int columns);

/// {"period": ..., "devices": [{"device", "replica", "actions": [{"name", "stage", "micro_batch", "start", "end"}]}]},
/// with one action a line.
std::string drawJson(const Pipeline &pipeline, const Timeline &timeline);

/// A picture of its own, `width` pixels wide: a row a device, forward blue, backward orange and its second half green,
/// other work grey, with the number of the micro-batch where there is room.
std::string drawSvg(const Pipeline &pipeline, const Timeline &timeline, int width);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_TIMELINE_H

//===- Findings.h - What is wrong with a program, said once -------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_RUN_FINDINGS_H
#define SLUICE_TEST_CUDAEMULATOR_RUN_FINDINGS_H

#include "test/cuda-emulator/driver/Status.h"
#include <string>
#include <vector>

namespace sluice::emulator {

/// A finding ends what found it: kernels and copies throw it, their stream says it and answers its status.
struct Fault {
  Status status;
  std::string text; ///< a line: where, what, and the address where there is one
};

/// Says a line on stderr, and in the report where one is asked for. A line that was said before is not said again, only
/// counted. At the end of the process a line has their number.
void report(const std::string &text);

/// All lines so far, which are then forgotten: for tests.
std::vector<std::string> takeFindings();

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_RUN_FINDINGS_H

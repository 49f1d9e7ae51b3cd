//===- Execute.h - Compiles and runs what a plan asks for -------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_EXECUTE_H
#define SLUICE_TOOLS_SLUICE_COMPARE_EXECUTE_H

#include "tools/sluice-compare/Plan.h"
#include "llvm/Support/raw_ostream.h"

namespace sluice::compare {

struct ExecuteOptions {
  std::string compiler; ///< path of sluicec
  unsigned jobs = 1;
  std::string machine; ///< as results name it
};

/// Compiles binaries and makes runs that are not there yet; a run that was interrupted is resumed. What fails is noted
/// in the plan, and the rest goes on. False after an interrupt; an error only where the folder cannot be written.
llvm::Expected<bool> execute(Plan &plan, const ExecuteOptions &options);

/// Error where execute() would find that flags of a variant are refused: compiles what is not compiled yet to a folder
/// of its own, which it removes. False after an interrupt. The plan is left as it was, and its folder too.
llvm::Expected<bool> checkFlags(Plan &plan, const ExecuteOptions &options);

/// Prints what execute() would do.
void printPlan(Plan &plan, const ExecuteOptions &options, llvm::raw_ostream &out);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_EXECUTE_H

//===- Table.h - Results as Markdown and JSON --------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_TABLE_H
#define SLUICE_TOOLS_SLUICE_COMPARE_TABLE_H

#include "tools/sluice-compare/Summary.h"

namespace sluice::compare {

/// Curves that a table shows: the names of their files.
inline constexpr llvm::StringLiteral curveFiles[] = {"loss-steps.svg", "loss-flops.svg", "loss-time.svg"};

/// `date` is that of the writing; the machine is that of each run.
std::string toMarkdown(const Summary &summary, llvm::StringRef date);
std::string toJson(const Summary &summary, llvm::StringRef date);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_TABLE_H

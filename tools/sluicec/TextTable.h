//===- TextTable.h - Tables and numbers for a terminal -------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_TEXTTABLE_H
#define SLUICE_TOOLS_SLUICEC_TEXTTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace sluice {

using Row = std::vector<std::string>;

/// Columns of one width each, of rows that have as many cells. Those of `words` are set left, the others right.
std::string drawTable(llvm::ArrayRef<Row> rows, llvm::ArrayRef<size_t> words);

/// A number by a format of printf that has one double.
std::string formatted(const char *format, double value);

/// "1 layer", "2 layers".
std::string counted(int64_t count, llvm::StringRef what, llvm::StringRef ending = "s");

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_TEXTTABLE_H

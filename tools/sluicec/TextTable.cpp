//===- TextTable.cpp - Tables and numbers for a terminal -----------------------------------===//
#include "tools/sluicec/TextTable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace sluice;

std::string sluice::drawTable(llvm::ArrayRef<Row> rows, llvm::ArrayRef<size_t> words) {
  std::string text;
  llvm::SmallVector<size_t> widths(rows.front().size(), 0);
  for (const Row &row : rows)
    for (auto [width, cell] : llvm::zip_equal(widths, row))
      width = std::max(width, cell.size());
  for (const Row &row : rows) {
    std::string line;
    for (auto [column, cell] : llvm::enumerate(row)) {
      std::string space(widths[column] - cell.size(), ' ');
      line += (column == 0 ? "" : "  ") + (llvm::is_contained(words, column) ? cell + space : space + cell);
    }
    text += llvm::StringRef(line).rtrim().str() + "\n";
  }
  return text;
}

std::string sluice::formatted(const char *format, double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(format, value);
  return text;
}

std::string sluice::counted(int64_t count, llvm::StringRef what, llvm::StringRef ending) {
  return (llvm::Twine(count) + " " + what + (count == 1 ? "" : ending)).str();
}

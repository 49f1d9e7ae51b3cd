//===- Flags.h - Flags of the programs that are driven ---------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_FLAGS_H
#define SLUICE_TOOLS_SLUICE_COMPARE_FLAGS_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace sluice::compare {

/// `lr` of `--lr=0.001`, `set.lambda` of `--set=lambda=0.1`; empty where the text is no flag.
std::string flagName(llvm::StringRef flag);

/// Flags in the order in which they first came, each once: programs refuse a flag that is given twice.
class Flags {
public:
  /// Adds a flag, in place of one of the same name.
  void add(llvm::StringRef flag);
  void add(const Flags &others);

  const std::vector<std::string> &list() const { return flags; }
  /// The flags with spaces between them.
  std::string text() const;

private:
  std::vector<std::string> flags;
};

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_FLAGS_H

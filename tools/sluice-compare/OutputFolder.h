//===- OutputFolder.h - Where binaries, runs and results lie -----------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_OUTPUTFOLDER_H
#define SLUICE_TOOLS_SLUICE_COMPARE_OUTPUTFOLDER_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <string>

namespace sluice::compare {

/// Paths below the folder of a study. Binaries and runs are named by hashes of what they depend on, so that what is
/// there can be used and what differs is made anew.
class OutputFolder {
public:
  /// Finds the runs that are there. Writes nothing.
  explicit OutputFolder(llvm::StringRef path);
  ~OutputFolder();
  OutputFolder(const OutputFolder &) = delete;
  OutputFolder &operator=(const OutputFolder &) = delete;

  /// Makes the folder and keeps other invocations out of it.
  llvm::Error open();

  std::string file(llvm::StringRef name) const;
  std::string binary(llvm::StringRef hash) const;
  /// The folder of a run: the one that was made for this hash under any name, or a new one.
  std::string run(llvm::StringRef name, llvm::StringRef hash, uint64_t seed);

private:
  std::string path;
  llvm::StringMap<std::string> runNames; // by hash
  int lock = -1;
};

/// Makes a folder and those above it.
llvm::Error makeFolder(llvm::StringRef path);
/// Writes a file that is there complete or not at all.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef content);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_OUTPUTFOLDER_H

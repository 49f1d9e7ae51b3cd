//===- Study.h - What is to be compared --------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_STUDY_H
#define SLUICE_TOOLS_SLUICE_COMPARE_STUDY_H

#include "mlir/IR/MLIRContext.h"
#include "tools/sluice-compare/Flags.h"
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::compare {

/// A key of a grid, which names a flag, and the values that it takes.
struct GridAxis {
  std::string key;
  std::vector<std::string> values;
};

/// A variant, complete: what the study says of all variants is part of it.
struct Variant {
  std::string name;
  std::string descriptionFile, changes; // the name, and what is merged into it as JSON, or empty
  std::string description;              // text of the result
  Flags compileFlags, runFlags;
  std::vector<GridAxis> grid;
  std::vector<uint64_t> seeds;
  int64_t steps = 0;
  // Indices of variants that come before in an order of running.
  std::optional<size_t> equalFlopsOf, bestOf;
  std::optional<size_t> targetOf; ///< index of the variant whose final loss is to be reached

  /// The variant whose runs have to be known before this one's.
  std::optional<size_t> reference() const { return equalFlopsOf ? equalFlopsOf : bestOf; }
};

/// Training or validation data; the hash of the content tells runs apart.
struct DataFile {
  std::string path, hash;
};

struct Study {
  std::string name;
  DataFile data;
  std::optional<DataFile> validationData;
  int64_t evalEvery = 0;
  std::optional<double> target;
  std::vector<Variant> variants;
  std::vector<std::string> descriptionPaths; // of the files that variants start from
};

/// Reads a study; `data`, unless empty, stands for the file's own. Nothing after one error on the context.
std::optional<Study> readStudy(llvm::StringRef path, llvm::StringRef data, mlir::MLIRContext *context);

/// 16 hexadecimal digits.
std::string hashOf(llvm::StringRef content);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_STUDY_H

//===- TuneCache.h - Strategies that were measured ----------------------------------===//
#ifndef SLUICE_PASSES_CPU_TUNECACHE_H
#define SLUICE_PASSES_CPU_TUNECACHE_H

#include "passes/CPU/Strategy.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace sluice {

/// The fastest strategies that `sluicec --tune` found on a processor, by contraction: a small JSON file,
///
///   {"version": 1, "processors": {"znver3": {"f32 1x256x2304x768 kn": {"register": [4, 24], "cache": [256, 96, 256],
///    "vector": 8, "packs_a": true}}}}
///
/// and "vnni", if it is not 1, "tile", if it is not 0, and "panels", if it is not 1.
class TuneCache {
public:
  /// What a contraction is known by: type of the operands that are multiplied, products around x rows x columns x sum,
  /// and the dimension whose elements are neighbours in A and in B ("-": neither), with their bits where an operand is
  /// narrower than C ("k16").
  static std::string keyOf(const Contraction &contraction);

  /// Reads the file. An error names the file and what is wrong in it. A file that does not exist is an empty cache if
  /// `isMissingAllowed`, else an error.
  static llvm::Expected<TuneCache> read(llvm::StringRef path, bool isMissingAllowed);

  /// Writes the file, all of it or nothing.
  llvm::Error write(llvm::StringRef path) const;

  /// The entry, or null if there is none or it is no strategy.
  cpu::StrategyAttr find(llvm::StringRef processor, llvm::StringRef key, mlir::MLIRContext *context) const;
  /// Replaces the entry, if there is one.
  void set(llvm::StringRef processor, llvm::StringRef key, cpu::StrategyAttr strategy);

private:
  llvm::json::Object processors;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_TUNECACHE_H

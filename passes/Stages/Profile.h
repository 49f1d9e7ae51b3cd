//===- Profile.h - What a program measured of its stages --------------------------------===//
//
// The JSON file that `OUT --bench --profile=FILE` writes (runtime/bench/Profile.h has its fields). It knows nothing of
// IR. A unit is a layer of the stack, the embeddings or the head: the parts that stages are made of.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_STAGES_PROFILE_H
#define SLUICE_PASSES_STAGES_PROFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

/// Forward and backward of a micro-batch, the others of a step.
struct StageSeconds {
  double forward = 0, backward = 0, tied = 0, norm = 0, update = 0;
};

struct ProfiledStage {
  int64_t layers = 0; ///< of the stack
  bool hasEmbeddings = false, hasHead = false;
  StageSeconds seconds;
  /// Whether its backward computed some of its forward again; nothing in what older programs wrote.
  std::optional<bool> isRecomputed = std::nullopt;

  int64_t units() const { return layers + hasEmbeddings + hasHead; }
};

/// What messages of one size took, from when both sides were there.
struct ProfiledMessage {
  int64_t bytes = 0;
  double seconds = 0;
};

/// What a unit weighs beside the others of its stage, as estimated: operations of forward, bytes of its parameters, and
/// of those among them that other units use too.
struct UnitWeights {
  double forward = 0, parameters = 0, tied = 0;
};

struct Profile {
  std::string model, optimizer, compute;
  /// How products are summed, as programs say it; nothing in what older programs wrote.
  std::optional<std::string> accumulation;
  int64_t parameters = 0, batch = 0, sequence = 0;
  llvm::SmallVector<ProfiledStage> stages;
  llvm::SmallVector<ProfiledMessage> messages;

  /// Error, one line that begins with "profile 'PATH' expected", where the file cannot be read, is no profile, or has a
  /// number that is out of its range.
  static llvm::Expected<Profile> read(llvm::StringRef path);

  /// Whether backward of some stage computed forward again.
  bool hasRecomputed() const {
    return llvm::any_of(stages, [](const ProfiledStage &stage) { return stage.isRecomputed.value_or(false); });
  }

  /// Of all stages.
  int64_t units() const;
  /// The time of every unit. What a stage took is divided over its units as they weigh: a program with a stage a unit
  /// measures each by itself. `weights` has as many as the profile has units.
  llvm::SmallVector<StageSeconds> divide(llvm::ArrayRef<UnitWeights> weights) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_STAGES_PROFILE_H

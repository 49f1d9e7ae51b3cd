//===- Seeds.h - Seeds of what a run draws ----------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_SEEDS_H
#define SLUICE_RUNTIME_ENGINE_SEEDS_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace sluice::runtime {

/// As the flags give them. A seed that is not given is that of the run, and that of the run is then 0. A further use of
/// random numbers is a field here, a row of the table in Seeds.cpp and a flag.
struct Seeds {
  std::optional<uint64_t> run;  ///< Also of what the model itself draws, gates apart.
  std::optional<uint64_t> init; ///< Of the initial weights.
  std::optional<uint64_t> data; ///< Of the order of the data.
  std::optional<uint64_t> gate; ///< Of the gates that drop layers.

  uint64_t ofRun() const { return run.value_or(0); }
  uint64_t ofWeights() const { return init.value_or(ofRun()); }
  uint64_t ofData() const { return data.value_or(ofRun()); }
  uint64_t ofGates() const { return gate.value_or(ofRun()); }

  /// All of them by their use, as a checkpoint keeps them.
  std::map<std::string, uint64_t> byUse() const;

  /// Takes the seeds of a checkpoint. Error if one is missing there, or contradicts one that is given.
  void resume(const std::map<std::string, uint64_t> &saved);
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_SEEDS_H

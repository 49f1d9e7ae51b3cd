//===- Flags.h - Values of flags, and flags of several verbs ----*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CLI_FLAGS_H
#define SLUICE_RUNTIME_CLI_FLAGS_H

#include "runtime/train/Weights.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace sluice::runtime {

// What a value may be. Each makes the one line that says what it is instead.

/// A whole number in [least, most], checked on the text.
CLI::Validator wholeNumber(uint64_t least, uint64_t most = INT64_MAX);
/// A whole number of at least 0, at least 1, and any that fits 64 bits.
CLI::Validator count();
CLI::Validator positive();
CLI::Validator seedValue();
/// A number of at least 0, and one in [0, 1).
CLI::Validator notNegative();
CLI::Validator fraction();

/// Adds a flag whose value goes to an optional, which stays empty where the flag is not given.
template <typename Value>
CLI::Option *addOptional(CLI::App &verb, const std::string &flag, std::optional<Value> &into, const std::string &help) {
  return verb.add_option_function<Value>(flag, [&into](const Value &value) { into = value; }, help);
}

/// The help of a flag that names files of tokens, which are `what`.
std::string dataHelp(const std::string &what);

/// Adds the flag of a seed.
void addSeed(CLI::App &verb, const std::string &flag, std::optional<uint64_t> &seed, const std::string &help);

/// Adds --init and --resume, which exclude each other.
void addWeights(CLI::App &verb, WeightSource &weights);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CLI_FLAGS_H

//===- Flags.cpp - Values of flags, and flags of several verbs ------------===//

#include "runtime/cli/Flags.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace sluice::runtime {

/// A value in [least, below).
static CLI::Validator within(double least, double below, const std::string &meaning) {
  return CLI::Validator(
      [=](std::string &text) {
        char *end = nullptr;
        double value = std::strtod(text.c_str(), &end);
        bool holds = end != text.c_str() && *end == '\0' && value >= least && value < below;
        return holds ? std::string() : "'" + text + "' is not " + meaning;
      },
      "");
}

CLI::Validator wholeNumber(uint64_t least, uint64_t most) {
  // On the text, because CLI11 takes a number that does not fit for the largest.
  return CLI::Validator(
      [=](std::string &text) {
        errno = 0;
        uint64_t value = std::strtoull(text.c_str(), nullptr, 10);
        bool isNumber = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos && errno == 0;
        return isNumber && value >= least && value <= most ? std::string()
                                                           : "'" + text + "' is not a whole number from " +
                                                                 std::to_string(least) + " to " + std::to_string(most);
      },
      "");
}

CLI::Validator count() { return wholeNumber(0); }
CLI::Validator positive() { return wholeNumber(1); }
CLI::Validator seedValue() { return wholeNumber(0, UINT64_MAX); }
CLI::Validator notNegative() { return within(0, HUGE_VAL, "a number of at least 0"); }
CLI::Validator fraction() { return within(0, 1, "a number from 0 to below 1"); }

std::string dataHelp(const std::string &what) {
  return what + ", joined: text, a token a byte; .bin or .u16, raw 16-bit tokens; .u32, raw 32-bit tokens; llm.c's "
                "files of 16-bit and 32-bit tokens; NumPy's .npy of integers";
}

void addSeed(CLI::App &verb, const std::string &flag, std::optional<uint64_t> &seed, const std::string &help) {
  addOptional(verb, flag, seed, help)->check(seedValue())->type_name("S");
}

void addWeights(CLI::App &verb, WeightSource &weights) {
  CLI::Option *init = verb.add_option(
      "--init", weights.init,
      "Take the weights from this .safetensors file, this index of shards, or this folder with one of them (default: "
      "draw them by --init-seed)");
  init->type_name("PATH");
  verb.add_option("--resume", weights.resume, "Take them from the checkpoint in this folder (default: none)")
      ->type_name("FOLDER")
      ->excludes(init);
}

} // namespace sluice::runtime

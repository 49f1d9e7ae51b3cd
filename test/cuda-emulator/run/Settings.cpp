//===- Settings.cpp - What environment variables choose -----------------------------------===//
#include "test/cuda-emulator/run/Settings.h"
#include <cstdio>
#include <cstdlib>

using namespace sluice::emulator;

/// A whole number in a range; the suffixes K, M and G are powers of 1024.
static bool parse(const std::string &text, u64 least, u64 most, u64 &value) {
  char *end = nullptr;
  u64 number = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || text[0] < '0' || text[0] > '9')
    return false;
  int shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
  end += shift > 0;
  if (*end || number > most >> shift || number << shift < least)
    return false;
  value = number << shift;
  return true;
}

template <typename T> static bool parseInto(const std::string &text, u64 least, u64 most, T &target) {
  u64 value;
  if (!parse(text, least, most, value))
    return false;
  target = T(value);
  return true;
}

static bool parseCompletion(const std::string &text, Completion &completion) {
  completion = text == "late" ? Completion::Late : text == "random" ? Completion::Random : Completion::AtOnce;
  return text == "at-once" || completion != Completion::AtOnce;
}

bool Settings::set(const std::string &variable, const std::string &value) {
  const std::string prefix = "SLUICE_EMULATOR_";
  if (variable.compare(0, prefix.size(), prefix) != 0)
    return false;
  std::string name = variable.substr(prefix.size());
  if (name == "DEVICES")
    return parseInto(value, 0, 16, devices);
  if (name == "PEERS")
    return parseInto(value, 0, 1, arePeers);
  if (name == "MEMORY")
    return parseInto(value, 1 << 20, u64{1} << 40, memoryBytes);
  if (name == "CAPABILITY")
    return parseInto(value, 50, 129, capability);
  if (name == "DRIVER")
    return parseInto(value, 9000, 99990, driverVersion);
  if (name == "SEED")
    return parseInto(value, 0, ~u64{0}, seed);
  if (name == "COPIES")
    return parseCompletion(value, completion);
  if (name == "BLOCKS")
    return parseInto(value, 1, 1024, residentBlocks);
  if (name == "INSTRUCTIONS")
    return parseInto(value, 1, ~u64{0}, mostInstructions);
  if (name == "RACES")
    return parseInto(value, 0, 1, checksRaces);
  if (name == "UNINITIALIZED")
    return parseInto(value, 0, 1, checksInitialized);
  if (name == "REPORT")
    return reportFile = value, true;
  if (name == "COUNTERS")
    return countersFile = value, true;
  if (name == "CALLS")
    return callsFile = value, true;
  return false;
}

static Settings fromEnvironment() {
  Settings read;
  for (const char *name : {"DEVICES", "PEERS", "MEMORY", "CAPABILITY", "DRIVER", "SEED", "COPIES", "BLOCKS",
                           "INSTRUCTIONS", "RACES", "UNINITIALIZED", "REPORT", "COUNTERS", "CALLS"}) {
    std::string variable = std::string("SLUICE_EMULATOR_") + name;
    const char *value = std::getenv(variable.c_str());
    if (value && !read.set(variable, value)) {
      std::fprintf(stderr, "cuda-emulator: unexpected value of %s: '%s'\n", variable.c_str(), value);
      std::_Exit(2);
    }
  }
  return read;
}

Settings &sluice::emulator::settings() {
  static Settings ofProcess = fromEnvironment();
  return ofProcess;
}

//===- Emulator.cpp - What tests ask the emulator itself ----------------------------------===//
#include "test/cuda-emulator/Emulator.h"
#include "test/cuda-emulator/code/OpcodeTable.h"
#include "test/cuda-emulator/run/Counters.h"
#include "test/cuda-emulator/run/Findings.h"
#include "test/cuda-emulator/run/Settings.h"

using namespace sluice::emulator;

int sluiceEmulatorSet(const char *variable, const char *value) {
  if (std::string(variable) != "SLUICE_EMULATOR_COUNT")
    return settings().set(variable, value);
  setCounting(value == std::string("1"));
  return 1;
}

/// Text that stays until the next call of the thread.
static const char *kept(std::string text) {
  static thread_local std::string last;
  last = std::move(text);
  return last.c_str();
}

const char *sluiceEmulatorTakeFindings() {
  std::string text;
  for (const std::string &line : takeFindings())
    text += line + "\n";
  return kept(std::move(text));
}

const char *sluiceEmulatorTakeCounters() { return kept(takeCounters()); }

const char *sluiceEmulatorOpcodes() {
  std::string text;
  for (const std::string &spelling : OpcodeTable::get().spellings())
    text += spelling + "\n";
  return kept(std::move(text));
}

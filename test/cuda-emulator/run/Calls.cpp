//===- Calls.cpp - Which entries a program calls ------------------------------------------===//
#include "test/cuda-emulator/run/Calls.h"
#include "test/cuda-emulator/run/Settings.h"
#include <cstdio>

using namespace sluice::emulator;

/// Null where there is none; written at once, so that it is whole wherever the process ends.
static std::FILE *openLog() {
  if (settings().callsFile.empty())
    return nullptr;
  std::FILE *file = std::fopen(settings().callsFile.c_str(), "a");
  if (file)
    std::setvbuf(file, nullptr, _IOLBF, 0);
  return file;
}

void sluice::emulator::logCall(const char *entry) {
  static std::FILE *log = openLog();
  if (log)
    std::fprintf(log, "%s\n", entry);
}

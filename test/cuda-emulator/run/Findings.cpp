//===- Findings.cpp - What is wrong with a program, said once -----------------------------===//
#include "test/cuda-emulator/run/Findings.h"
#include "test/cuda-emulator/run/Settings.h"
#include <algorithm>
#include <cstdio>
#include <mutex>

using namespace sluice::emulator;

namespace {
/// Its end is the end of the process.
struct Findings {
  ~Findings() {
    if (total)
      std::fprintf(stderr, "cuda-emulator: %zu finding%s\n", total, total == 1 ? "" : "s");
  }

  std::mutex mutex;
  std::vector<std::string> lines;
  size_t total = 0;
};
} // namespace

static Findings &findings() {
  static Findings all;
  return all;
}

void sluice::emulator::report(const std::string &text) {
  Findings &all = findings();
  std::lock_guard<std::mutex> lock(all.mutex);
  ++all.total;
  if (std::find(all.lines.begin(), all.lines.end(), text) != all.lines.end())
    return;
  all.lines.push_back(text);
  std::fprintf(stderr, "cuda-emulator: %s\n", text.c_str());
  if (settings().reportFile.empty())
    return;
  if (std::FILE *file = std::fopen(settings().reportFile.c_str(), "a")) {
    std::fprintf(file, "%s\n", text.c_str());
    std::fclose(file);
  }
}

std::vector<std::string> sluice::emulator::takeFindings() {
  Findings &all = findings();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.total = 0;
  return std::move(all.lines);
}

//===- Counters.cpp - What kernels cost, counted ------------------------------------------===//
#include "test/cuda-emulator/run/Counters.h"
#include "test/cuda-emulator/run/Settings.h"
#include <cstdio>
#include <mutex>

using namespace sluice::emulator;

namespace {
/// Writes its file at the end of the process.
struct AllCounters {
  ~AllCounters();

  std::mutex mutex;
  std::map<std::string, Counters> ofKernels;
  bool isOn = !settings().countersFile.empty();
};
} // namespace

static AllCounters &allCounters() {
  static AllCounters all;
  return all;
}

u64 Counters::total() const {
  u64 sum = 0;
  for (u64 count : instructions)
    sum += count;
  return sum;
}

void Counters::add(const Counters &other) {
  launches += other.launches;
  blocks += other.blocks;
  barriers += other.barriers;
  for (int i = 0; i < classCount; ++i)
    instructions[i] += other.instructions[i];
  matrix += other.matrix;
  sectors += other.sectors;
  leastSectors += other.leastSectors;
  wavefronts += other.wavefronts;
  leastWavefronts += other.leastWavefronts;
  for (auto [line, extra] : other.conflicts)
    conflicts[line] += extra;
}

/// How many different numbers there are; sorts them.
static u64 countDifferent(u64 *first, u64 *last) {
  std::sort(first, last);
  return std::unique(first, last) - first;
}

void sluice::emulator::countGlobal(Counters &counters, const u64 *addresses, u32 mask, u32 bytes) {
  // A lane has at most 16 bytes, aligned to their size, which are in one sector.
  u64 sectors[32], places[32];
  int lanes = 0;
  for (u32 rest = mask; rest; rest &= rest - 1, ++lanes) {
    places[lanes] = addresses[__builtin_ctz(rest)];
    sectors[lanes] = places[lanes] / 32;
  }
  counters.sectors += countDifferent(sectors, sectors + lanes);
  counters.leastSectors += (countDifferent(places, places + lanes) * bytes + 31) / 32;
}

void sluice::emulator::countShared(Counters &counters, const u64 *addresses, u32 mask, u32 bytes, int line) {
  // 8 bytes of a lane go in halves of a warp, 16 bytes in quarters: 128 bytes at a time.
  int lanesAtOnce = bytes == 16 ? 8 : bytes == 8 ? 16 : 32;
  u64 wavefronts = 0, least = 0;
  for (int first = 0; first < 32; first += lanesAtOnce) {
    u64 words[32];
    int count = 0;
    for (int lane = first; lane < first + lanesAtOnce; ++lane)
      for (u32 i = 0; (mask >> lane & 1) && i < std::max(bytes / 4, 1u); ++i)
        words[count++] = addresses[lane] / 4 + i;
    if (count == 0)
      continue;
    u64 different = countDifferent(words, words + count);
    u8 ofBank[32] = {};
    u8 most = 0;
    for (u64 i = 0; i < different; ++i)
      most = std::max(most, ++ofBank[words[i] % 32]);
    wavefronts += most;
    least += (different + 31) / 32;
  }
  counters.wavefronts += wavefronts;
  counters.leastWavefronts += least;
  if (wavefronts > least)
    counters.conflicts[line] += wavefronts - least;
}

bool sluice::emulator::isCounting() { return allCounters().isOn; }

void sluice::emulator::setCounting(bool on) { allCounters().isOn = on; }

void sluice::emulator::addCounters(const std::string &kernel, const Counters &counters) {
  AllCounters &all = allCounters();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.ofKernels[kernel].add(counters);
}

static std::string lineOf(const std::string &kernel, const Counters &counters) {
  std::string text = "{\"kernel\": \"" + kernel + "\"";
  auto add = [&](const std::string &name, u64 value) { text += ", \"" + name + "\": " + std::to_string(value); };
  add("launches", counters.launches);
  add("blocks", counters.blocks);
  add("instructions", counters.total());
  for (int i = 0; i < classCount; ++i)
    add(classNames[i], counters.instructions[i]);
  add("mma", counters.matrix);
  add("barriers", counters.barriers);
  add("sectors", counters.sectors);
  add("least_sectors", counters.leastSectors);
  add("wavefronts", counters.wavefronts);
  add("least_wavefronts", counters.leastWavefronts);
  text += ", \"conflicts\": {";
  const char *separator = "";
  for (auto [line, extra] : counters.conflicts) {
    text += separator + ("\"" + std::to_string(line)) + "\": " + std::to_string(extra);
    separator = ", ";
  }
  return text + "}}\n";
}

std::string sluice::emulator::takeCounters() {
  AllCounters &all = allCounters();
  std::lock_guard<std::mutex> lock(all.mutex);
  std::string text;
  for (const auto &[kernel, counters] : all.ofKernels)
    text += lineOf(kernel, counters);
  all.ofKernels.clear();
  return text;
}

AllCounters::~AllCounters() {
  const std::string &name = settings().countersFile;
  if (name.empty())
    return;
  std::FILE *file = std::fopen(name.c_str(), "w");
  if (!file) {
    std::fprintf(stderr, "cuda-emulator: %s cannot be written\n", name.c_str());
    return;
  }
  for (const auto &[kernel, counters] : ofKernels)
    std::fputs(lineOf(kernel, counters).c_str(), file);
  std::fclose(file);
}

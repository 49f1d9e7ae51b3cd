//===- Processor.cpp - What the processor at hand can do ------------------===//

#include "runtime/cpu/Processor.h"
#include "runtime/Error.h"
#include "runtime/cpu/MatrixUnit.h"

#include <fstream>
#include <sched.h>
#include <set>
#include <sstream>
#include <string>

namespace sluice::runtime {

/// The features in the words of /proc/cpuinfo, which sluice_binary::features uses too.
static std::set<std::string> presentFeatures() {
  std::set<std::string> present;
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, 5, "flags") != 0 && line.compare(0, 8, "Features") != 0)
      continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    for (std::string word; words >> word;)
      present.insert(word);
    break;
  }
  return present;
}

void checkProcessor(const sluice_binary &program) {
  std::set<std::string> present = presentFeatures();
  std::string missing;
  std::istringstream needed(program.features);
  for (std::string feature; std::getline(needed, feature, ',');)
    if (!feature.empty() && !present.count(feature))
      missing += " " + feature;
  if (!missing.empty())
    throw Error("this program was compiled for " + std::string(program.processor) + ", and this processor lacks" +
                missing);
  bool usesMatrixUnit = std::string(program.features).find("amx_tile") != std::string::npos;
  if (usesMatrixUnit && !requestMatrixUnit())
    throw Error("this program was compiled for " + std::string(program.processor) +
                ", and the system refuses it the tile registers of the processor (amx_tile)");
}

unsigned availableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return 1;
  return static_cast<unsigned>(CPU_COUNT(&set));
}

} // namespace sluice::runtime

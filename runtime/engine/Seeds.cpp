//===- Seeds.cpp - Seeds of what a run draws ------------------------------===//

#include "runtime/engine/Seeds.h"
#include "runtime/Error.h"

namespace sluice::runtime {

namespace {
struct SeedUse {
  const char *name, *flag;
  std::optional<uint64_t> Seeds::*seed;
};
} // namespace

static const SeedUse seedUses[] = {{"seed", "--seed", &Seeds::run},
                                   {"init", "--init-seed", &Seeds::init},
                                   {"data", "--data-seed", &Seeds::data},
                                   {"gate", "--gate-seed", &Seeds::gate}};

std::map<std::string, uint64_t> Seeds::byUse() const {
  std::map<std::string, uint64_t> seeds;
  for (const SeedUse &use : seedUses)
    seeds[use.name] = (this->*use.seed).value_or(ofRun());
  return seeds;
}

void Seeds::resume(const std::map<std::string, uint64_t> &saved) {
  for (const SeedUse &use : seedUses) {
    auto found = saved.find(use.name);
    if (found == saved.end())
      throw Error("the checkpoint does not say the seed '" + std::string(use.name) + "'");
    std::optional<uint64_t> &seed = this->*use.seed;
    // A flag may repeat what the checkpoint says: scripts resume with the command that they began with.
    if (seed && *seed != found->second)
      throw Error(std::string(use.flag) + "=" + std::to_string(*seed) +
                  " contradicts the checkpoint, which was made with " + std::to_string(found->second));
    seed = found->second;
  }
}

} // namespace sluice::runtime

//===- SharedStep.cpp - A step of all replicas ----------------------------===//

#include "runtime/cuda/SharedStep.h"
#include "runtime/cuda/Decision.h"
#include "runtime/cuda/Device.h"
#include "runtime/engine/Program.h"

#include <cstring>
#include <utility>

using namespace sluice::cuda;
using namespace sluice::runtime;

/// The slots of all stages.
static std::vector<Region> regionsOf(const sluice_binary &program, const std::vector<CudaDevice *> &replicas) {
  std::vector<Region> regions;
  for (size_t replica = 0; replica < replicas.size(); ++replica)
    for (uint32_t i = 0; i < program.stage_count; ++i) {
      auto stage = static_cast<int32_t>(i);
      regions.push_back({deviceOf(program, stage, static_cast<int32_t>(replica)), replicas[replica]->slotAt(stage, 0),
                         replicas[replica]->layoutOf(stage).slotBytes(stage)});
    }
  return regions;
}

SharedStep::SharedStep(const sluice_binary &program, const std::shared_ptr<Machine> &machine,
                       std::vector<CudaDevice *> devices)
    : program(program), replicas(std::move(devices)),
      whole(program, machine, regionsOf(program, replicas),
            [this](int32_t device, const Work &work) {
              replicas[this->program.devices[device].replica]->perform(device, work, /*isOfWhole=*/true);
            }),
      decision(std::make_unique<Decision>(program, *machine, replicas)) {}

SharedStep::~SharedStep() = default;

char *SharedStep::region(int32_t replica, int32_t stage) const {
  return whole.region(static_cast<size_t>(replica) * program.stage_count + static_cast<size_t>(stage));
}

void SharedStep::begin() {
  whole.begin();
  for (CudaDevice *replica : replicas)
    replica->slots().forget();
}

void SharedStep::watch(int32_t replica, Address value, uint32_t element) {
  decision->watch(whole, replica, value, element);
}

void SharedStep::decide(const UpdateRule &rule) {
  // It is copied to the card with the slots of the first stage.
  const CudaDevice &first = *replicas.front();
  std::memcpy(region(0, 0) + (first.ruleAt() - first.slotAt(0, 0)), &rule, sizeof(rule));
  decision->decide(whole, rule.clipScale);
}

void SharedStep::end() {
  for (CudaDevice *replica : replicas)
    replica->slots().addInputs();
  whole.end(/*asGraph=*/!replicas.front()->launchesKernels());
  for (CudaDevice *replica : replicas)
    replica->slots().forget();
}

void SharedStep::takeBack() {
  whole.takeBack();
  decision->goOn();
}

//===- Decision.cpp - Whether a step updates ------------------------------===//

#include "runtime/cuda/Decision.h"
#include "runtime/cuda/Device.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cstddef>

using namespace sluice::cuda;
using namespace sluice::runtime;

namespace {

/// As the kernel reads it: where a sum of squares is, and one that is not clipped or 0.
struct Term {
  Address square, unclipped;
};

} // namespace

// Where things lie in memory: the word that stops steps, the terms, and what is watched of each replica, a double that
// is 0 unless a value was not finite. It is a term of the norm, which is not finite then either.
static constexpr int64_t kTerms = SLUICE_ALIGNMENT, kTermBytes = sizeof(Term), kWatchedBytes = sizeof(double);

static int64_t countTerms(const sluice_binary &program) {
  return std::count_if(program.parameters, program.parameters + program.parameter_count, hasNorm) + program.replicas;
}

Decision::Decision(const sluice_binary &program, Machine &machine, const std::vector<CudaDevice *> &replicas)
    : program(program), replicas(replicas), terms(countTerms(program)),
      memory(stream().card, kTerms + terms * kTermBytes + program.replicas * kWatchedBytes), decided(stream().card) {
  // In the order of the host's sum. Every replica has the sums of all.
  std::vector<Term> table;
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    if (const sluice_parameter &parameter = program.parameters[i]; hasNorm(parameter)) {
      auto at = [&](int64_t offset) {
        return offset < 0 ? 0 : replicas.front()->persistentAt(parameter.stage, offset + i * int64_t(sizeof(double)));
      };
      table.push_back({at(program.norms_offset), at(program.unclipped_norms_offset)});
    }
  for (int32_t replica = 0; replica < program.replicas; ++replica)
    table.push_back({watched(replica), 0});
  stream().clear(memory.address(), kTerms);
  stream().upload(memory.address() + kTerms, static_cast<const void *>(table.data()), terms * kTermBytes);
  stream().clear(watched(0), program.replicas * kWatchedBytes);
  stream().finish();
  for (uint32_t device = 0; device < program.device_count; ++device)
    arrived.emplace_back(machine.stream(static_cast<int32_t>(device)).card);
}

Stream &Decision::stream() const { return replicas.front()->streamOf(/*stage=*/0); }

Address Decision::watched(int32_t replica) const {
  return memory.address() + static_cast<Address>(kTerms + terms * kTermBytes + replica * kWatchedBytes);
}

void Decision::watch(WholeStep &step, int32_t replica, Address value, uint32_t element) const {
  step.add(deviceOf(program, program.graphs[0].stage, replica),
           Work::launch(OwnKernel::Watch, element, {value, watched(replica)}));
}

void Decision::decide(WholeStep &step, int64_t clipScale) const {
  const int32_t mine = deviceOf(program, /*stage=*/0, /*replica=*/0);
  auto others = [&](auto function) {
    for (auto device = 0; device < static_cast<int32_t>(program.device_count); ++device)
      if (device != mine)
        function(device);
  };
  others([&](int32_t device) {
    step.add(device, Work::signal(arrived[device]));
    step.add(mine, Work::await(arrived[device]));
  });
  // Actions of no micro-batch, as updates are, read the step of the first.
  auto gateOf = [&](int32_t replica, int32_t stage) {
    return replicas[replica]->slotAt(stage, 0) + SLUICE_STEP_UPDATE_GATE;
  };
  auto factorOf = [&](int32_t replica, int32_t stage) {
    return replicas[replica]->slotAt(stage, 0) + offsetof(sluice_step, scalars) +
           sizeof(double) * static_cast<Address>(clipScale);
  };
  static_assert(offsetof(UpdateRule, largestNorm) == 0 && offsetof(UpdateRule, epsilon) == 8 &&
                    offsetof(UpdateRule, lossScale) == 16 && offsetof(UpdateRule, stops) == 28,
                "the kernel reads them there");
  Address factor = clipScale < 0 ? 0 : factorOf(0, 0);
  step.add(mine, Work::launch(OwnKernel::Decide, SLUICE_F64,
                              {memory.address() + kTerms, static_cast<Address>(terms), memory.address(), gateOf(0, 0),
                               factor, replicas.front()->ruleAt()}));
  step.add(mine, Work::clear(watched(0), program.replicas * kWatchedBytes));
  for (int32_t replica = 0; replica < program.replicas; ++replica)
    for (auto stage = 0; stage < static_cast<int32_t>(program.stage_count); ++stage) {
      const Card &card = replicas[replica]->streamOf(stage).card;
      if (replica == 0 && stage == 0)
        continue;
      step.add(mine, Work::copy(gateOf(replica, stage), card, gateOf(0, 0), sizeof(int32_t)));
      if (factor != 0)
        step.add(mine, Work::copy(factorOf(replica, stage), card, factor, sizeof(double)));
    }
  if (program.device_count > 1)
    step.add(mine, Work::signal(decided));
  others([&](int32_t device) { step.add(device, Work::await(decided)); });
}

void Decision::goOn() { stream().clear(memory.address(), sizeof(int32_t)); }

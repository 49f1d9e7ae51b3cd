//===- FreshGradients.cpp - How far late gradients are from fresh ones ----===//

#include "runtime/engine/FreshGradients.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>

namespace sluice::runtime {

namespace {

/// What is under way in the memory of a replica, put back at the end.
class KeptUnderWay {
public:
  KeptUnderWay(const sluice_binary &program, Device &device) : program(program), device(device) {
    device.late()->fetchUnderWay();
    for (Memory *block : device.late()->underWay())
      blocks.emplace_back(block->data(), block->data() + block->size());
    forEachFrame([&](int32_t stage, int64_t frame) { updates.push_back(device.updatesBefore(stage, frame)); });
  }
  ~KeptUnderWay() {
    size_t next = 0;
    for (Memory *block : device.late()->underWay())
      std::copy(blocks[next].begin(), blocks[next].end(), block->data()), ++next;
    device.late()->storeUnderWay();
    next = 0;
    forEachFrame([&](int32_t stage, int64_t frame) { device.setUpdatesBefore(stage, frame, updates[next++]); });
  }
  KeptUnderWay(const KeptUnderWay &) = delete;
  KeptUnderWay &operator=(const KeptUnderWay &) = delete;

private:
  template <typename Function> void forEachFrame(const Function &function) {
    for (uint32_t stage = 0; stage < program.stage_count; ++stage)
      for (int64_t frame = 0; frame < program.stages[stage].frames; ++frame)
        function(static_cast<int32_t>(stage), frame);
  }

  const sluice_binary &program;
  Device &device;
  std::vector<std::vector<char>> blocks;
  std::vector<int64_t> updates;
};

} // namespace

FreshGradients::FreshGradients(const sluice_binary &program, Replicas &replicas, Actions &actions,
                               const StepSettings &settings, const Scalars &scalars, const LoadFunction &load)
    : program(program), replicas(replicas) {
  std::deque<KeptUnderWay> kept;
  for (std::unique_ptr<Device> &replica : replicas)
    kept.emplace_back(program, *replica);
  actions.load(settings.step, load);
  run(actions, settings, scalars);
  fetchGradients();
  const char *begin = replicas.front()->persistent() + program.gradient_offset;
  gradients.assign(begin, begin + program.gradient_bytes);
}

/// Runs the synchronous actions before the norms. One device after the other goes on as far as it can.
void FreshGradients::run(Actions &actions, const StepSettings &settings, const Scalars &scalars) {
  std::vector<sluice_step> steps(program.device_count);
  std::vector<uint32_t> next(program.device_count, 0);
  for (sluice_step &step : steps)
    scalars.copyTo(step);
  for (bool isDone = false; !isDone;) {
    isDone = true;
    for (uint32_t i = 0; i < program.device_count; ++i) {
      const sluice_device &device = program.devices[i];
      for (; next[i] < device.warmup_action_count; ++next[i]) {
        const sluice_action &action = program.actions[device.first_warmup_action + next[i]];
        if (action.kind == SLUICE_ACTION_NORM)
          next[i] = device.warmup_action_count - 1;
        else if (actions.wouldWait(action))
          break;
        else
          actions.perform(
              *replicas[device.replica], steps[i], action,
              {&settings.seeds, settings.step, actions.numberOf(settings.step, std::max(action.micro_batch, 0))});
      }
      isDone = isDone && next[i] == device.warmup_action_count;
    }
  }
}

/// Has the host see the gradients of all stages.
void FreshGradients::fetchGradients() const {
  for (uint32_t i = 0; i < program.stage_count; ++i)
    if (const sluice_stage &stage = program.stages[i]; stage.gradient_bytes > 0)
      replicas.front()->fetchPersistent(static_cast<int32_t>(i), stage.gradient_offset, stage.gradient_bytes);
}

std::vector<StaleDetail> FreshGradients::compare(const std::vector<char> &hasGradient) const {
  fetchGradients();
  std::vector<StaleDetail> details;
  const char *applied = replicas.front()->persistent();
  for (uint32_t stage = 0; stage < program.stage_count; ++stage) {
    // All sums in double: a stage has millions of elements.
    double products = 0, stale = 0, fresh = 0, difference = 0;
    for (uint32_t i = 0; i < program.parameter_count; ++i) {
      const sluice_parameter &parameter = program.parameters[i];
      if (parameter.gradient < 0 || parameter.copy_of >= 0 || parameter.stage != static_cast<int32_t>(stage))
        continue;
      const char *freshOnes = gradients.data() + parameter.gradient - program.gradient_offset;
      for (int64_t e = 0, count = elementCount(parameter.tensor); e < count; ++e) {
        double a = readElement(parameter.tensor.element, applied + parameter.gradient, e);
        double b = readElement(parameter.tensor.element, freshOnes, e);
        products += a * b;
        stale += a * a;
        fresh += b * b;
        difference += (a - b) * (a - b);
      }
    }
    if (hasGradient[stage] && stale > 0 && fresh > 0)
      details.push_back(
          {static_cast<int32_t>(stage), products / std::sqrt(stale * fresh), std::sqrt(difference / fresh)});
  }
  return details;
}

} // namespace sluice::runtime

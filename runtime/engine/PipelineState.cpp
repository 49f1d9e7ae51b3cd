//===- PipelineState.cpp - What is under way between steps ----------------===//

#include "runtime/engine/PipelineState.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace sluice::runtime {

PipelineState::PipelineState(const sluice_binary &program, Replicas &replicas, Actions &actions,
                             StaleExecutor &executor)
    : program(program), replicas(replicas), actions(actions), executor(executor) {}

/// The function takes a count and what sets it.
template <typename Function> void PipelineState::forEachCount(const Function &function) {
  function(executor.first(), [&](int64_t count) { executor.setFirst(count); });
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    auto stage = static_cast<int32_t>(i);
    // Replicas are alike.
    function(replicas.front()->updates(stage), [&](int64_t count) {
      for (std::unique_ptr<Device> &replica : replicas)
        replica->setUpdates(stage, count);
    });
    for (int64_t frame = 0; frame < program.stages[i].frames; ++frame)
      function(replicas.front()->updatesBefore(stage, frame), [&](int64_t count) {
        for (std::unique_ptr<Device> &replica : replicas)
          replica->setUpdatesBefore(stage, frame, count);
      });
  }
  for (Channel &channel : actions.channels()) {
    function(channel.takenCount(), [&](int64_t count) { channel.setCounts(count, count); });
    function(channel.sentCount(), [&](int64_t count) { channel.setCounts(channel.takenCount(), count); });
  }
}

TensorView PipelineState::counts() {
  values.clear();
  forEachCount([&](int64_t count, auto) { values.push_back(static_cast<double>(count)); });
  return {"counts", SLUICE_F64, {static_cast<int64_t>(values.size())}, reinterpret_cast<char *>(values.data())};
}

bool PipelineState::setCounts() {
  // Numbers of steps are below this, and those of messages wrap around before it.
  constexpr double kEnd = 4294967296.0;
  auto isCount = [&](double value) { return value >= 0 && value < kEnd && std::floor(value) == value; };
  if (!std::all_of(values.begin(), values.end(), isCount))
    return false;
  // The counts of channels are the last, those taken and sent of each.
  const double *ofChannel = values.data() + values.size() - 2 * program.channel_count;
  for (uint32_t i = 0; i < program.channel_count; ++i, ofChannel += 2)
    if (static_cast<uint32_t>(ofChannel[1]) - static_cast<uint32_t>(ofChannel[0]) >
        static_cast<uint32_t>(program.channels[i].capacity))
      return false;
  size_t next = 0;
  forEachCount([&](int64_t, auto set) { set(static_cast<int64_t>(values[next++])); });
  return true;
}

int64_t PipelineState::fewestUpdates() const {
  int64_t fewest = INT64_MAX;
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    fewest = std::min(fewest, replicas.front()->updates(static_cast<int32_t>(stage)));
  return fewest;
}

/// Of the weights that forward read: the newest are parameters, unless they are a prediction.
static int32_t firstBack(const sluice_stage &stage) { return stage.predicts ? 0 : 1; }

std::vector<TensorView> PipelineState::tensors() {
  std::vector<TensorView> views;
  auto add = [&](const std::string &name, char *data, int64_t bytes) {
    // What generated code is given is whole lines of memory.
    if (bytes > 0)
      views.push_back({name, SLUICE_F32, {bytes / int64_t(sizeof(float))}, data});
  };
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    auto stage = static_cast<int32_t>(i);
    std::string name = "stage." + std::to_string(i) + ".weights.before.";
    for (int32_t back = firstBack(program.stages[i]); back < program.stages[i].versions; ++back)
      add(name + std::to_string(back), replicas.front()->late()->weightsBefore(stage, back),
          program.stages[i].weights_bytes);
  }
  for (size_t replica = 0; replica < replicas.size(); ++replica) {
    replicas[replica]->late()->fetchUnderWay();
    replicas[replica]->check();
    std::string prefix = "replica." + std::to_string(replica) + ".";
    size_t number = 0;
    for (Memory *block : replicas[replica]->late()->underWay())
      add(prefix + "memory." + std::to_string(number++), block->data(), block->size());
  }
  size_t number = 0;
  for (Channel &channel : actions.channels())
    add("channel." + std::to_string(number++), channel.memory().data(), channel.memory().size());
  return views;
}

void PipelineState::tensorsChanged() {
  for (size_t replica = 1; replica < replicas.size(); ++replica)
    for (uint32_t i = 0; i < program.stage_count; ++i)
      for (int32_t back = firstBack(program.stages[i]); back < program.stages[i].versions; ++back)
        std::memcpy(replicas[replica]->late()->weightsBefore(static_cast<int32_t>(i), back),
                    replicas.front()->late()->weightsBefore(static_cast<int32_t>(i), back),
                    static_cast<size_t>(program.stages[i].weights_bytes));
  for (std::unique_ptr<Device> &replica : replicas) {
    replica->late()->storeUnderWay();
    replica->check();
  }
}

void PipelineState::start(int64_t step, int64_t updates) {
  executor.setFirst(step);
  for (std::unique_ptr<Device> &replica : replicas)
    for (uint32_t stage = 0; stage < program.stage_count; ++stage)
      replica->setUpdates(static_cast<int32_t>(stage), updates);
}

} // namespace sluice::runtime

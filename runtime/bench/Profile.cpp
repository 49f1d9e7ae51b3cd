//===- Profile.cpp - What a program's stages take, for the compiler -------===//

#include "runtime/bench/Profile.h"
#include "runtime/Error.h"
#include "runtime/engine/Program.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <map>

namespace sluice::runtime {

using Times = std::vector<double>;

void checkCanProfile(const sluice_binary &program, unsigned threads, unsigned processors) {
  if (program.gate_count > 0)
    throw Error("--profile: expected a program without layer drop, whose costs are those of layers that are kept; "
                "a profile of it fits the program with layer drop");
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    const sluice_stage &stage = program.stages[i];
    if (stage.layers + stage.embeddings + stage.head == 0)
      throw Error("--profile: expected layers, embeddings or head on stage " + std::to_string(i) + ", found none");
  }
  // Of a sequential schedule one stage runs at a time, in each replica.
  bool isSequential = std::strcmp(program.schedule, "sequential") == 0;
  uint32_t atOnce = threads * (isSequential ? static_cast<uint32_t>(program.replicas) : program.device_count);
  if (!runsOnCards(program) && atOnce > processors)
    throw Error("--profile: expected at most " + std::to_string(processors) +
                " threads at once, as many as there are processors, found " + std::to_string(atOnce) +
                "; --threads and the schedule 'sequential' make them fewer");
}

static double secondsOf(const ActionTime &time) { return std::chrono::duration<double>(time.end - time.begin).count(); }

/// 0 where there is none.
static double median(Times &times) {
  if (times.empty())
    return 0;
  auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// What actions of a kind take in a step of each of the stage's devices; the mean over the micro-batches of those that
/// are of one.
static double timeOf(const sluice_binary &program, const std::vector<std::vector<ActionTime>> &byDevice, int32_t stage,
                     uint32_t kind) {
  Times times;
  for (size_t device = 0; device < byDevice.size(); ++device) {
    if (deviceOf(program, stage, program.devices[device].replica) != static_cast<int32_t>(device))
      continue;
    size_t count = program.devices[device].action_count;
    for (size_t step = 0; step < byDevice[device].size() / count; ++step) {
      double sum = 0;
      size_t microBatches = 0;
      for (size_t i = 0; i < count; ++i)
        if (const ActionTime &time = byDevice[device][step * count + i];
            time.action->kind == kind && time.action->stage == stage) {
          sum += secondsOf(time);
          microBatches += time.action->micro_batch >= 0;
        }
      times.push_back(sum / static_cast<double>(std::max<size_t>(microBatches, 1)));
    }
  }
  return median(times);
}

/// The messages of a channel, in order.
static std::vector<const ActionTime *> messagesOf(const std::vector<ActionTime> &times, uint32_t kind,
                                                  int32_t channel) {
  std::vector<const ActionTime *> messages;
  for (const ActionTime &time : times)
    if (time.action->kind == kind && time.action->channel == channel)
      messages.push_back(&time);
  return messages;
}

/// Seconds of every message, by its size in bytes. Who comes first does not count: the time is that of the copies, and
/// of waking who sleeps.
static std::map<int64_t, Times> timeMessages(const sluice_binary &program,
                                             const std::vector<std::vector<ActionTime>> &byDevice) {
  std::map<int64_t, Times> bySize;
  for (uint32_t i = 0; i < program.channel_count; ++i) {
    const sluice_channel &channel = program.channels[i];
    int64_t bytes = messageBytes(program, channel);
    auto sends = messagesOf(byDevice[channel.from], SLUICE_ACTION_SEND, static_cast<int32_t>(i));
    auto receives = messagesOf(byDevice[channel.to], SLUICE_ACTION_RECEIVE, static_cast<int32_t>(i));
    for (size_t m = 0; bytes > 0 && m < std::min(sends.size(), receives.size()); ++m) {
      auto begin = std::max(sends[m]->begin, receives[m]->begin);
      bySize[bytes].push_back(std::chrono::duration<double>(receives[m]->end - begin).count());
    }
  }
  return bySize;
}

std::string profileText(const sluice_binary &program, unsigned threads,
                        const std::vector<std::vector<ActionTime>> &byDevice) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::array(), messages = nlohmann::ordered_json::array();
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    const sluice_stage &stage = program.stages[i];
    auto time = [&](uint32_t kind) { return timeOf(program, byDevice, static_cast<int32_t>(i), kind); };
    stages.push_back({{"layers", stage.layers},
                      {"embeddings", stage.embeddings == 1},
                      {"head", stage.head == 1},
                      {"recomputed", stage.recomputed == 1},
                      {"forward", time(SLUICE_ACTION_FORWARD)},
                      {"backward", time(SLUICE_ACTION_BACKWARD) + time(SLUICE_ACTION_BACKWARD_INPUT) +
                                       time(SLUICE_ACTION_BACKWARD_WEIGHT)},
                      {"tied", time(SLUICE_ACTION_TIED)},
                      {"norm", time(SLUICE_ACTION_NORM)},
                      {"update", time(SLUICE_ACTION_UPDATE)}});
  }
  for (auto &[bytes, times] : timeMessages(program, byDevice))
    messages.push_back({{"bytes", bytes}, {"seconds", median(times)}});
  nlohmann::ordered_json json = {{"sluice_profile", 1},
                                 {"model", program.model},
                                 {"parameters", parameterElements(program)},
                                 {"optimizer", program.optimizer},
                                 {"compute", program.compute},
                                 {"accumulation", program.accumulation},
                                 {"batch", program.batch},
                                 {"sequence", program.sequence},
                                 {"micro_batches", program.micro_batches},
                                 {"schedule", program.schedule},
                                 {"replicas", program.replicas},
                                 {"threads", threads},
                                 {"processor", program.processor},
                                 {"steps", byDevice.front().size() / program.devices[0].action_count},
                                 {"stages", stages},
                                 {"messages", messages}};
  return json.dump(/*indent=*/2) + "\n";
}

} // namespace sluice::runtime

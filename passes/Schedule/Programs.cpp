//===- Programs.cpp - What every device of a pipeline does in a step --------------===//
#include "passes/Schedule/Programs.h"
#include <algorithm>

using namespace sluice::schedule;

bool sluice::schedule::isPowerOfTwo(int number) { return number > 0 && (number & (number - 1)) == 0; }

int sluice::schedule::log2Of(int powerOfTwo) {
  int exponent = 0;
  while ((1 << exponent) < powerOfTwo)
    ++exponent;
  return exponent;
}

std::vector<std::vector<int>> Pipeline::stagesOfDevices() const {
  std::vector<std::vector<int>> result(devicesOfReplica);
  for (int stage = 0; stage < stages; ++stage)
    result[deviceOfStage[stage]].push_back(stage);
  return result;
}

bool Pipeline::addsTied(int stage) const {
  return std::any_of(tied.begin(), tied.end(), [&](const TiedStages &pair) {
    return pair[1] == stage || (pair[0] == stage && isExchanged(pair));
  });
}

std::string Pipeline::describeStages(int device) const {
  std::vector<int> held = stagesOfDevices()[device % devicesOfReplica];
  std::string text = held.size() == 1 ? "stage " : "stages ";
  for (size_t index = 0; index < held.size(); ++index)
    text += (index == 0 ? "" : index + 1 < held.size() ? ", " : " and ") + std::to_string(held[index]);
  return text;
}

int Pipeline::bufferOf(int microBatch) const {
  int ones = 0;
  for (int group = groupOf(microBatch) % (groups / replicas); group != 0; group &= group - 1)
    ++ones;
  return ones;
}

int Pipeline::gradientBuffers() const { return std::max(log2Of(groups / replicas) + 1, replicas > 1 ? 2 : 1); }

const char *sluice::schedule::nameOf(Role role) {
  static const char *const names[] = {"activations", "gradients", "tied", "replica"};
  return names[int(role)];
}

const char *sluice::schedule::nameOf(RunKind kind) {
  static const char *const names[] = {"forward", "backward", "tied", "recompute", "backward_input", "backward_weight"};
  return names[int(kind)];
}

const char *sluice::schedule::nameOf(ActionKind kind) {
  static const char *const names[] = {"load", "run", "send", "recv", "combine", "reduce", "update"};
  return names[int(kind)];
}

/// The other end of a channel: a stage, and the replica where that is another.
static std::string describeEnd(const Pipeline &pipeline, int device, int other, int stage) {
  if (other < 0 || other >= pipeline.devices())
    return "device " + std::to_string(other);
  std::string text = "stage " + std::to_string(stage);
  if (pipeline.replicaOf(other) != pipeline.replicaOf(device))
    text += " of replica " + std::to_string(pipeline.replicaOf(other));
  return text;
}

static std::string describeKind(const Action &action, const Pipeline &pipeline) {
  std::string name = nameOf(action.kind);
  switch (action.kind) {
  case ActionKind::Run:
    return nameOf(action.run);
  case ActionKind::Send:
  case ActionKind::Recv: {
    bool known = action.channel >= 0 && action.channel < int(pipeline.channels.size());
    return name + " of " + (known ? nameOf(pipeline.channels[action.channel].role) : "an unknown channel");
  }
  case ActionKind::Combine:
    return name + " of buffer " + std::to_string(action.from) + " into " + std::to_string(action.into);
  default:
    return name;
  }
}

std::string sluice::schedule::describe(const Pipeline &pipeline, int device, const Action &action) {
  std::string text = describeKind(action, pipeline);
  if (action.microBatch >= 0)
    text += " of micro-batch " + std::to_string(action.microBatch);
  text += action.stage >= 0 ? " in stage " + std::to_string(action.stage) : " on device " + std::to_string(device);
  if (pipeline.replicas > 1)
    text += " of replica " + std::to_string(pipeline.replicaOf(device));
  if (action.channel < 0 || action.channel >= int(pipeline.channels.size()))
    return text;
  const Channel &channel = pipeline.channels[action.channel];
  if (action.kind == ActionKind::Send)
    text += " to " + describeEnd(pipeline, device, channel.to, channel.target);
  if (action.kind == ActionKind::Recv)
    text += " from " + describeEnd(pipeline, device, channel.from, channel.source);
  return text;
}

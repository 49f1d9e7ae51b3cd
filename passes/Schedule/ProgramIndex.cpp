//===- ProgramIndex.cpp - Where the actions of a micro-batch are ----------------------===//
#include "passes/Schedule/ProgramIndex.h"

using namespace sluice::schedule;

namespace {
/// Fills the index of a device, and checks what it has and in which order.
class DeviceIndexer {
public:
  DeviceIndexer(const Pipeline &pipeline, int device, DeviceIndex &index)
      : pipeline(pipeline), body(pipeline.programs[device].body), device(device), index(index) {}

  std::optional<Error> build() {
    index.at.assign(size_t(pipeline.microBatchesOfReplica()) * stepsOfMicroBatch, -1);
    for (int position = 0; position < int(body.size()); ++position)
      if (int *entry = entryOf(body[position])) {
        if (*entry >= 0)
          return at(position, "a second time", *entry, "the first time");
        *entry = position;
      }
    for (int local = 0; local < pipeline.microBatchesOfReplica(); ++local)
      if (auto error = checkSteps(local))
        return error;
    return checkOnce();
  }

private:
  const Pipeline &pipeline;
  const std::vector<Action> &body;
  int device;
  DeviceIndex &index;

  Error at(int position, const std::string &what, int peer = -1, const std::string &peerText = {}) const {
    Error error{describe(pipeline, device, body[position]) + ": " + what, {device, position}};
    if (peer >= 0) {
      error.peerText = peerText;
      error.peer = {device, peer};
    }
    return error;
  }

  Step stepOf(const Action &action) const {
    switch (action.kind) {
    case ActionKind::Load:
      return AtLoad;
    case ActionKind::Run:
      return action.run == RunKind::Forward ? AtForward : AtBackward;
    default: {
      bool sends = action.kind == ActionKind::Send;
      if (pipeline.channels[action.channel].role == Role::Activations)
        return sends ? AtSendActivations : AtRecvActivations;
      return sends ? AtSendGradients : AtRecvGradients;
    }
    }
  }

  /// Where the position of an action belongs; null for combines and messages of sums, of which there may be several.
  int *entryOf(const Action &action) {
    if (action.kind == ActionKind::Reduce)
      return &index.reduce;
    if (action.kind == ActionKind::Update)
      return &index.update;
    if (action.microBatch >= 0)
      return &index.at[(action.microBatch - pipeline.firstMicroBatch(index.replica)) * stepsOfMicroBatch +
                       stepOf(action)];
    return action.kind == ActionKind::Run ? &index.tied : nullptr;
  }

  bool needs(Step step) const {
    bool first = index.stage == 0, last = index.stage + 1 == pipeline.stages;
    switch (step) {
    case AtLoad:
    case AtForward:
      return true;
    case AtRecvActivations:
      return !first;
    case AtSendActivations:
      return !last;
    case AtRecvGradients:
      return pipeline.training && !last;
    case AtBackward:
      return pipeline.training;
    case AtSendGradients:
      return pipeline.training && !first;
    }
    return false;
  }

  std::optional<Error> checkSteps(int local) const {
    static const char *const names[] = {
        "load",     "recv of activations", "forward", "send of activations", "recv of gradients",
        "backward", "send of gradients"};
    for (int step = 0; step < stepsOfMicroBatch; ++step)
      if (needs(Step(step)) && index.position(local, Step(step)) < 0)
        return missing(std::string(names[step]) + " of micro-batch " +
                       std::to_string(pipeline.firstMicroBatch(index.replica) + local));
    static constexpr std::pair<Step, Step> before[] = {
        {AtLoad, AtForward},     {AtRecvActivations, AtForward}, {AtForward, AtSendActivations},
        {AtForward, AtBackward}, {AtRecvGradients, AtBackward},  {AtBackward, AtSendGradients},
    };
    for (auto [first, second] : before) {
      int early = index.position(local, first), late = index.position(local, second);
      if (early >= 0 && late >= 0 && early > late)
        return at(late, "expected behind " + describe(pipeline, device, body[early]), early, "it comes here");
    }
    return std::nullopt;
  }

  Error missing(const std::string &what) const {
    std::string place = "stage " + std::to_string(index.stage);
    if (pipeline.replicas > 1)
      place += " of replica " + std::to_string(index.replica);
    return {place + ": expected one " + what + ", found none", {device, -1}};
  }

  /// Reduction, update and the sum of tied gradients.
  std::optional<Error> checkOnce() const {
    if (!pipeline.training)
      return std::nullopt;
    if (index.reduce < 0)
      return missing("reduce");
    if (index.update < 0)
      return missing("update");
    bool tied = false;
    for (const TiedStages &pair : pipeline.tied)
      tied |= pair[0] == index.stage || pair[1] == index.stage;
    if (tied && index.tied < 0)
      return missing("tied");
    if (!tied && index.tied >= 0)
      return at(index.tied, "expected none in a stage that is not tied");
    if (index.update < index.reduce)
      return at(index.update, "expected behind the reduce", index.reduce, "it comes here");
    return std::nullopt;
  }
};
} // namespace

static void indexChannels(const Pipeline &pipeline, ProgramIndex &index) {
  index.channels.resize(pipeline.channels.size());
  for (int device = 0; device < pipeline.devices(); ++device) {
    const std::vector<Action> &body = pipeline.programs[device].body;
    for (int position = 0; position < int(body.size()); ++position)
      if (int channel = body[position].channel; channel >= 0) {
        ChannelIndex &messages = index.channels[channel];
        (body[position].kind == ActionKind::Send ? messages.sends : messages.recvs).push_back(position);
      }
  }
}

/// The k-th message of a channel is the k-th of both its ends.
static std::optional<Error> checkMessages(const Pipeline &pipeline, const Channel &channel,
                                          const ChannelIndex &messages) {
  const std::vector<Action> &sender = pipeline.programs[channel.from].body;
  const std::vector<Action> &receiver = pipeline.programs[channel.to].body;
  size_t both = std::min(messages.sends.size(), messages.recvs.size());
  for (size_t message = 0; message < both; ++message) {
    const Action &send = sender[messages.sends[message]], &recv = receiver[messages.recvs[message]];
    if (send.microBatch != recv.microBatch)
      return Error{describe(pipeline, channel.to, recv) + ": the channel brings " +
                       describe(pipeline, channel.from, send),
                   {channel.to, messages.recvs[message]},
                   "what it meets is sent here",
                   {channel.from, messages.sends[message]}};
  }
  if (channel.role == Role::Tied && both > 1)
    return Error{describe(pipeline, channel.from, sender[messages.sends[1]]) + ": expected one sum a step",
                 {channel.from, messages.sends[1]},
                 "the first is sent here",
                 {channel.from, messages.sends[0]}};
  if (messages.sends.size() > both)
    return Error{describe(pipeline, channel.from, sender[messages.sends[both]]) + ": nothing receives it",
                 {channel.from, messages.sends[both]}};
  if (messages.recvs.size() > both)
    return Error{describe(pipeline, channel.to, receiver[messages.recvs[both]]) + ": nothing sends it",
                 {channel.to, messages.recvs[both]}};
  return std::nullopt;
}

std::optional<Error> sluice::schedule::buildIndex(const Pipeline &pipeline, ProgramIndex &index) {
  index.devices.resize(pipeline.devices());
  std::vector<int> stageOfDevice = pipeline.stageOfDevices();
  for (int device = 0; device < pipeline.devices(); ++device) {
    index.devices[device].stage = stageOfDevice[device];
    index.devices[device].replica = pipeline.replicaOf(device);
    if (auto error = DeviceIndexer(pipeline, device, index.devices[device]).build())
      return error;
  }
  indexChannels(pipeline, index);
  for (size_t channel = 0; channel < pipeline.channels.size(); ++channel)
    if (auto error = checkMessages(pipeline, pipeline.channels[channel], index.channels[channel]))
      return error;
  return std::nullopt;
}

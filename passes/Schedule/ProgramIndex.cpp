//===- ProgramIndex.cpp - Where the actions of a micro-batch are ----------------------===//
#include "passes/Schedule/ProgramIndex.h"

using namespace sluice::schedule;

namespace {
/// Fills the index of a device's stages, and checks what each has and in which order.
class DeviceIndexer {
public:
  DeviceIndexer(const Pipeline &pipeline, int device, const std::vector<int> &stages, ProgramIndex &index)
      : pipeline(pipeline), stages(stages), body(pipeline.programs[device].body), device(device),
        replica(pipeline.replicaOf(device)), index(index) {}

  std::optional<Error> build() {
    for (int stage : stages) {
      StageIndex &entries = ofStage(stage);
      entries.stage = stage;
      entries.device = device;
      entries.bodySize = std::max(1, int(body.size()));
      entries.at.assign(size_t(pipeline.microBatchesOfReplica()) * stepsOfMicroBatch, -1);
    }
    for (int position = 0; position < int(body.size()); ++position)
      if (auto error = enter(position))
        return error;
    for (int stage : stages) {
      for (int local = 0; local < pipeline.microBatchesOfReplica(); ++local)
        if (auto error = checkSteps(ofStage(stage), local))
          return error;
      if (auto error = checkOnce(ofStage(stage)))
        return error;
    }
    return std::nullopt;
  }

private:
  const Pipeline &pipeline;
  const std::vector<int> &stages;
  const std::vector<Action> &body;
  int device, replica;
  ProgramIndex &index;

  StageIndex &ofStage(int stage) { return index.stages[pipeline.instanceOf(stage, replica)]; }

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
      return action.run == RunKind::Forward          ? AtForward
             : action.run == RunKind::BackwardWeight ? AtBackwardWeight
                                                     : AtBackward;
    default: {
      bool sends = action.kind == ActionKind::Send;
      if (pipeline.channels[action.channel].role == Role::Activations)
        return sends ? AtSendActivations : AtRecvActivations;
      return sends ? AtSendGradients : AtRecvGradients;
    }
    }
  }

  template <typename Entry> std::optional<Error> enter(int position, Entry &entry) {
    if (entry >= 0)
      return at(position, "a second time", int(entry % std::max<int64_t>(body.size(), 1)), "the first time");
    entry = position - Entry(body[position].iteration) * Entry(body.size());
    return std::nullopt;
  }

  std::optional<Error> enter(int position) {
    const Action &action = body[position];
    if (action.microBatch >= 0)
      return enter(
          position,
          ofStage(action.stage)
              .at[(action.microBatch - pipeline.firstMicroBatch(replica)) * stepsOfMicroBatch + stepOf(action)]);
    int *entry = entryOf(action);
    return entry ? enter(position, *entry) : std::nullopt;
  }

  /// Where the position of an action of no micro-batch belongs; null for combines and messages of sums, of which there
  /// may be several.
  int *entryOf(const Action &action) {
    if (action.stage < 0)
      return &index.reduce[device];
    StageIndex &entries = ofStage(action.stage);
    if (action.kind == ActionKind::Reduce)
      return &entries.reduce;
    if (action.kind == ActionKind::Update)
      return &entries.update;
    return action.kind == ActionKind::Run ? &entries.tied : nullptr;
  }

  bool needs(int stage, Step step) const {
    bool first = stage == 0, last = stage + 1 == pipeline.stages;
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
    case AtBackwardWeight:
      return pipeline.splits;
    }
    return false;
  }

  std::optional<Error> checkSteps(const StageIndex &entries, int local) const {
    const char *const names[] = {"load",
                                 "recv of activations",
                                 "forward",
                                 "send of activations",
                                 "recv of gradients",
                                 nameOf(pipeline.splits ? RunKind::BackwardInput : RunKind::Backward),
                                 "send of gradients",
                                 nameOf(RunKind::BackwardWeight)};
    for (int step = 0; step < stepsOfMicroBatch; ++step)
      if (needs(entries.stage, Step(step)) && entries.position(local, Step(step)) < 0)
        return missing(entries.stage, std::string(names[step]) + " of micro-batch " +
                                          std::to_string(pipeline.firstMicroBatch(replica) + local));
    static constexpr std::pair<Step, Step> before[] = {
        {AtLoad, AtForward},
        {AtRecvActivations, AtForward},
        {AtForward, AtSendActivations},
        {AtForward, AtBackward},
        {AtRecvGradients, AtBackward},
        {AtBackward, AtSendGradients},
        {AtBackward, AtBackwardWeight},
    };
    for (auto [first, second] : before) {
      int64_t early = entries.moment(local, first), late = entries.moment(local, second);
      if (early >= 0 && late >= 0 && early > late)
        return at(entries.position(local, second),
                  "expected behind " + describe(pipeline, device, body[entries.position(local, first)]),
                  entries.position(local, first), "it comes here");
    }
    return std::nullopt;
  }

  Error missing(int stage, const std::string &what) const {
    std::string place = "stage " + std::to_string(stage);
    if (pipeline.replicas > 1)
      place += " of replica " + std::to_string(replica);
    return {place + ": expected one " + what + ", found none", {device, -1}};
  }

  /// Reduction, update and the sum of tied gradients.
  std::optional<Error> checkOnce(const StageIndex &entries) const {
    int reduce = pipeline.isStale() ? entries.reduce : index.reduce[device];
    if (!pipeline.training)
      return std::nullopt;
    if (reduce < 0)
      return missing(entries.stage, "reduce");
    if (entries.update < 0)
      return missing(entries.stage, "update");
    bool adds = pipeline.addsTied(entries.stage);
    if (adds && entries.tied < 0)
      return missing(entries.stage, "tied");
    if (!adds && entries.tied >= 0)
      return at(entries.tied, "expected none in a stage that adds no tied gradients");
    if (entries.update < reduce)
      return at(entries.update, "expected behind the reduce", reduce, "it comes here");
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
static std::optional<Error> checkMessages(const Pipeline &pipeline, const Channel &channel, ChannelIndex &messages) {
  const std::vector<Action> &sender = pipeline.programs[channel.from].body;
  const std::vector<Action> &receiver = pipeline.programs[channel.to].body;
  size_t both = std::min(messages.sends.size(), messages.recvs.size());
  for (size_t message = 0; message < both; ++message) {
    const Action &send = sender[messages.sends[message]], &recv = receiver[messages.recvs[message]];
    auto wrong = [&](const std::string &what) {
      return Error{describe(pipeline, channel.to, recv) + ": " + what,
                   {channel.to, messages.recvs[message]},
                   "what it meets is sent here",
                   {channel.from, messages.sends[message]}};
    };
    if (send.microBatch != recv.microBatch)
      return wrong("the channel brings " + describe(pipeline, channel.from, send));
    int lag = send.iteration - recv.iteration;
    if (lag < 0)
      return wrong("expected in a step behind that of its send, found " + std::to_string(-lag) + " before");
    if (message > 0 && lag != messages.lag)
      return wrong("expected as many steps behind its send as others of the channel, " + std::to_string(messages.lag) +
                   ", found " + std::to_string(lag));
    messages.lag = lag;
  }
  // A send waits for what was received to make room. More is on its way between two steps.
  if (int64_t between = int64_t(messages.lag) * int64_t(both); channel.capacity < between)
    return Error{describe(pipeline, channel.from, sender[messages.sends[0]]) + ": expected room for the " +
                     std::to_string(between) + " messages that are on their way between two steps, found " +
                     std::to_string(channel.capacity),
                 {channel.from, messages.sends[0]}};
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
  index.stages.resize(size_t(pipeline.stages) * pipeline.replicas);
  index.reduce.assign(pipeline.devices(), -1);
  std::vector<std::vector<int>> stages = pipeline.stagesOfDevices();
  for (int device = 0; device < pipeline.devices(); ++device)
    if (auto error = DeviceIndexer(pipeline, device, stages[device % pipeline.devicesOfReplica], index).build())
      return error;
  indexChannels(pipeline, index);
  for (size_t channel = 0; channel < pipeline.channels.size(); ++channel)
    if (auto error = checkMessages(pipeline, pipeline.channels[channel], index.channels[channel]))
      return error;
  return std::nullopt;
}

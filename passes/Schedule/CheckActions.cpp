//===- CheckActions.cpp - Which actions a device may have ----------------------------===//
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/ProgramIndex.h"
#include <algorithm>
#include <numeric>
#include <tuple>

using namespace sluice::schedule;

/// Steps that a schedule may be late, and frames that a stage may have under one: what is counted has to fit into
/// memory.
static constexpr int mostLag = 1024, mostFrames = 1 << 20;

namespace {
/// Checks one action at a time, without its order.
class ActionChecker {
public:
  ActionChecker(const Pipeline &pipeline, int device)
      : pipeline(pipeline), device(device), replica(pipeline.replicaOf(device)), buffers(pipeline.gradientBuffers()) {}

  /// What is wrong with an action, empty if nothing is.
  std::string check(const Action &action) const {
    bool mayBeStale = pipeline.isStale() && hasMicroBatch(action);
    if (mayBeStale ? action.iteration > 0 || action.iteration < -mostLag : action.iteration != 0)
      return (mayBeStale           ? "expected an iteration from " + std::to_string(-mostLag) + " to 0"
              : pipeline.isStale() ? "expected iteration 0 where there is no micro-batch"
                                   : std::string("expected iteration 0 in a synchronous schedule")) +
             ", found " + std::to_string(action.iteration);
    bool onStage = action.kind != ActionKind::Reduce || pipeline.isStale();
    if (onStage ? !isHeld(action.stage) : action.stage != -1)
      return onStage ? "expected " + pipeline.describeStages(device) + " of the device" : "expected no stage";
    if (hasMicroBatch(action) ? !ofReplica(action.microBatch) : action.microBatch != -1)
      return hasMicroBatch(action) ? "expected one of micro-batches " + microBatches() : "expected no micro-batch";
    if (std::string text = checkKind(action); !text.empty())
      return text;
    return checkBuffers(action);
  }

private:
  const Pipeline &pipeline;
  int device, replica, buffers;

  bool isHeld(int stage) const {
    return stage >= 0 && stage < pipeline.stages && pipeline.deviceOf(stage, replica) == device;
  }

  bool isMessage(const Action &action) const {
    return action.kind == ActionKind::Send || action.kind == ActionKind::Recv;
  }

  /// The role of a message; activations for what is none.
  Role roleOf(const Action &action) const {
    bool known = isMessage(action) && action.channel >= 0 && action.channel < int(pipeline.channels.size());
    return known ? pipeline.channels[action.channel].role : Role::Activations;
  }

  bool hasMicroBatch(const Action &action) const {
    if (isMessage(action))
      return roleOf(action) == Role::Activations || roleOf(action) == Role::Gradients;
    return action.kind == ActionKind::Load || (action.kind == ActionKind::Run && action.run != RunKind::Tied);
  }

  bool ofReplica(int microBatch) const {
    int first = pipeline.firstMicroBatch(replica);
    return microBatch >= first && microBatch < first + pipeline.microBatchesOfReplica();
  }

  std::string microBatches() const {
    int first = pipeline.firstMicroBatch(replica);
    return std::to_string(first) + " to " + std::to_string(first + pipeline.microBatchesOfReplica() - 1);
  }

  std::string checkKind(const Action &action) const {
    if (isMessage(action))
      return checkChannel(action);
    if (action.channel != -1)
      return "expected no channel";
    bool isForward = action.kind == ActionKind::Run && action.run == RunKind::Forward;
    if (!pipeline.training && !isForward && action.kind != ActionKind::Load)
      return "expected load, forward, send and recv alone where nothing is trained";
    if (action.kind == ActionKind::Run && !isSynchronous(action.run))
      return pipeline.splits ? "expected forward, backward_input, backward_weight or tied where backward runs in halves"
                             : "expected forward, backward or tied in a synchronous schedule";
    return "";
  }

  bool isSynchronous(RunKind kind) const {
    bool isHalf = kind == RunKind::BackwardInput || kind == RunKind::BackwardWeight;
    return kind == RunKind::Forward || kind == RunKind::Tied || (pipeline.splits ? isHalf : kind == RunKind::Backward);
  }

  std::string checkChannel(const Action &action) const {
    if (action.channel < 0 || action.channel >= int(pipeline.channels.size()))
      return "expected one of " + std::to_string(pipeline.channels.size()) + " channels, found " +
             std::to_string(action.channel);
    const Channel &channel = pipeline.channels[action.channel];
    bool sends = action.kind == ActionKind::Send;
    if ((sends ? channel.from : channel.to) != device)
      return std::string("expected a channel that ") + (sends ? "starts" : "ends") + " at device " +
             std::to_string(device) + ", found one from " + std::to_string(channel.from) + " to " +
             std::to_string(channel.to);
    if (action.stage != (sends ? channel.source : channel.target))
      return std::string("expected a channel that ") + (sends ? "starts" : "ends") +
             " at its stage, found one of stage " + std::to_string(sends ? channel.source : channel.target);
    return "";
  }

  bool isBuffer(int buffer) const { return buffer >= 0 && buffer < buffers; }

  std::string checkBuffers(const Action &action) const {
    bool combines = action.kind == ActionKind::Combine;
    bool ofReplicas = isMessage(action) && roleOf(action) == Role::Replica;
    bool into = combines || (ofReplicas && action.kind == ActionKind::Recv);
    bool from = combines || (ofReplicas && action.kind == ActionKind::Send);
    auto bad = [&](bool wanted, int buffer) { return wanted ? !isBuffer(buffer) : buffer != -1; };
    if (bad(into, action.into) || bad(from, action.from))
      return "expected gradient buffers from 0 to " + std::to_string(buffers - 1) +
             " where sums are combined, sent or received, and none elsewhere";
    if (combines && action.into == action.from)
      return "expected two different gradient buffers";
    return "";
  }
};
} // namespace

static Error wrong(std::string text) { return {std::move(text)}; }

/// Every stage has a device, and every device a stage.
static std::optional<Error> checkDevices(const Pipeline &pipeline) {
  int count = pipeline.devicesOfReplica;
  std::vector<bool> holds(std::clamp(count, 0, pipeline.stages), false);
  bool fits = count == int(holds.size()) && int(pipeline.deviceOfStage.size()) == pipeline.stages;
  for (int stage = 0; fits && stage < pipeline.stages; ++stage) {
    int device = pipeline.deviceOfStage[stage];
    fits = device >= 0 && device < count;
    if (fits)
      holds[device] = true;
  }
  if (!fits || std::count(holds.begin(), holds.end(), true) != count)
    return wrong("expected a device from 0 to " + std::to_string(count - 1) + " of each of " +
                 std::to_string(pipeline.stages) + " stages, and a stage of each device");
  return std::nullopt;
}

/// Numbers of the pipeline as a whole, without its channels.
static std::optional<Error> checkPipeline(const Pipeline &pipeline) {
  if (auto error = checkNumbers(pipeline.stages, pipeline.microBatches, pipeline.replicas, pipeline.groups))
    return error;
  auto perStage = [&](size_t found, const char *what) {
    return wrong(std::string("expected one ") + what + " a stage, " + std::to_string(pipeline.stages) + ", found " +
                 std::to_string(found));
  };
  if (auto error = checkDevices(pipeline))
    return error;
  if (int(pipeline.ages.size()) != pipeline.stages)
    return perStage(pipeline.ages.size(), "age");
  for (const std::vector<int> *ages : {&pipeline.activationAges, &pipeline.errorAges})
    if (!ages->empty() && int(ages->size()) != pipeline.stages)
      return perStage(ages->size(), "age");
  if (!pipeline.frames.empty() && int(pipeline.frames.size()) != pipeline.stages)
    return perStage(pipeline.frames.size(), "number of frames");
  int most = pipeline.isStale() ? mostFrames : pipeline.microBatchesOfReplica();
  for (int frames : pipeline.frames)
    if (frames < 0 || frames > most)
      return wrong("expected from 0 to " + std::to_string(most) +
                   (pipeline.isStale() ? " frames, found " : " frames, one a micro-batch of a replica, found ") +
                   std::to_string(frames));
  if (int(pipeline.programs.size()) != pipeline.devices())
    return wrong("expected a program a device, " + std::to_string(pipeline.devices()) + ", found " +
                 std::to_string(pipeline.programs.size()));
  for (const TiedStages &pair : pipeline.tied)
    if (pair[0] < 0 || pair[1] < pair[0] || pair[1] >= pipeline.stages)
      return wrong("expected tied stages in ascending order, below " + std::to_string(pipeline.stages));
  return std::nullopt;
}

/// What a channel joins that its role does not, empty if it is right.
static std::string checkEnds(const Pipeline &pipeline, const Channel &channel) {
  int from = channel.source, to = channel.target;
  int replica = pipeline.replicaOf(channel.from), other = pipeline.replicaOf(channel.to);
  auto isAt = [&](int stage, int ofReplica, int device) {
    return stage >= 0 && stage < pipeline.stages && pipeline.deviceOf(stage, ofReplica) == device;
  };
  bool fits = isAt(from, replica, channel.from) && isAt(to, other, channel.to);
  TiedStages ends = {std::min(from, to), std::max(from, to)};
  switch (channel.role) {
  case Role::Activations:
    return fits && replica == other && to == from + 1 ? "" : "activations to go to the next stage of a replica";
  case Role::Gradients:
    return fits && replica == other && to + 1 == from ? "" : "gradients to go to the stage before, of a replica";
  case Role::Tied:
    return fits && replica == other && std::count(pipeline.tied.begin(), pipeline.tied.end(), ends) > 0 &&
                   pipeline.isExchanged(ends)
               ? ""
               : "tied sums to go between tied stages of a replica, on two devices";
  case Role::Replica:
    return fits && from == to && replica != other ? "" : "sums of replicas to stay in their stage";
  }
  return "";
}

/// Messages of a pair of stages are bundled: it has one channel a direction and role.
static int findDouble(const Pipeline &pipeline) {
  std::vector<int> order(pipeline.channels.size());
  std::iota(order.begin(), order.end(), 0);
  auto key = [&](int index) {
    const Channel &channel = pipeline.channels[index];
    return std::make_tuple(channel.from, channel.to, channel.source, channel.target, channel.role);
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return key(a) < key(b); });
  auto found = std::adjacent_find(order.begin(), order.end(), [&](int a, int b) { return key(a) == key(b); });
  return found == order.end() ? -1 : *std::next(found);
}

static std::optional<Error> checkChannels(const Pipeline &pipeline) {
  auto wrongChannel = [](size_t index, std::string text) {
    Error error = wrong(std::move(text));
    error.channel = int(index);
    return error;
  };
  for (size_t index = 0; index < pipeline.channels.size(); ++index) {
    const Channel &channel = pipeline.channels[index];
    std::string name = "channel " + std::to_string(index) + " from device " + std::to_string(channel.from) + " to " +
                       std::to_string(channel.to) + ": ";
    auto isDevice = [&](int device) { return device >= 0 && device < pipeline.devices(); };
    if (!isDevice(channel.from) || !isDevice(channel.to))
      return wrongChannel(index, name + "expected devices from 0 to " + std::to_string(pipeline.devices() - 1));
    if (channel.capacity < 0)
      return wrongChannel(index, name + "expected a capacity of at least 0, found " + std::to_string(channel.capacity));
    if (std::string text = checkEnds(pipeline, channel); !text.empty())
      return wrongChannel(index, name + "expected " + text);
  }
  if (int index = findDouble(pipeline); index >= 0)
    return wrongChannel(index, "channel " + std::to_string(index) + " from device " +
                                   std::to_string(pipeline.channels[index].from) + " to " +
                                   std::to_string(pipeline.channels[index].to) + ": expected one a direction and role");
  return std::nullopt;
}

std::optional<Error> sluice::schedule::checkActions(const Pipeline &pipeline) {
  if (auto error = checkPipeline(pipeline))
    return error;
  if (auto error = checkChannels(pipeline))
    return error;
  for (int device = 0; device < pipeline.devices(); ++device) {
    const Program &program = pipeline.programs[device];
    if (!program.prologue.empty() || !program.epilogue.empty())
      return Error{"device " + std::to_string(device) +
                       ": expected an empty prologue and epilogue in a synchronous schedule",
                   {device, program.prologue.empty() ? int(program.body.size()) : 0}};
    ActionChecker checker(pipeline, device);
    for (size_t index = 0; index < program.body.size(); ++index)
      if (std::string text = checker.check(program.body[index]); !text.empty())
        return Error{describe(pipeline, device, program.body[index]) + ": " + text, {device, int(index)}};
  }
  return std::nullopt;
}

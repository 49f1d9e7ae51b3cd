//===- Sums.cpp - What the gradient buffers hold --------------------------------------===//
#include "passes/Schedule/Sums.h"
#include <algorithm>

using namespace sluice::schedule;

namespace {
/// What a buffer holds: nothing, the first micro-batches of a group, or a whole node of the tree.
struct Sum {
  int level = -1; ///< -1: nothing
  int place = 0;
  int next = -1;       ///< the micro-batch that comes next, -1: it is whole
  int nextWeight = -1; ///< the same of second halves of backward, where it runs in halves

  bool isWhole() const { return level >= 0 && next < 0 && nextWeight < 0; }
};

/// The sums of one stage of a replica.
struct StageSums {
  std::vector<Sum> buffers;
  int sent = 0, received = 0; ///< tied sums
  bool tied = false, reduced = false;
};

class SumPlayer {
public:
  SumPlayer(const Pipeline &pipeline, const ProgramIndex &index)
      : pipeline(pipeline), index(index), stagesOfDevice(pipeline.stagesOfDevices()), stages(index.stages.size()),
        exchanges(pipeline.stages, 0), onTheWay(pipeline.channels.size()), taken(pipeline.channels.size(), 0) {
    for (StageSums &sums : stages)
      sums.buffers.resize(pipeline.gradientBuffers());
    for (const TiedStages &pair : pipeline.tied)
      if (pipeline.isExchanged(pair))
        for (int stage : pair)
          ++exchanges[stage];
  }

  /// Plays an action: what is wrong with it, or empty.
  std::string play(int device, const Action &action) {
    if (action.stage < 0)
      return reduceAll(device);
    StageSums &sums = stages[pipeline.instanceOf(action.stage, pipeline.replicaOf(device))];
    if (sums.reduced && touchesSums(action))
      return "expected before the reduce";
    switch (action.kind) {
    case ActionKind::Run:
      return action.run == RunKind::Tied             ? addTied(sums, action.stage, pipeline.replicaOf(device))
             : action.run == RunKind::BackwardWeight ? accumulateWeight(sums, action.microBatch)
             : action.run != RunKind::Forward        ? accumulate(sums, action.microBatch)
                                                     : "";
    case ActionKind::Send:
    case ActionKind::Recv:
      return exchange(sums, action);
    case ActionKind::Combine:
      return combine(sums, action);
    case ActionKind::Reduce:
      return reduce(pipeline.instanceOf(action.stage, pipeline.replicaOf(device)));
    case ActionKind::Load:
    case ActionKind::Update:
      return "";
    }
    return "";
  }

private:
  const Pipeline &pipeline;
  const ProgramIndex &index;
  std::vector<std::vector<int>> stagesOfDevice;
  std::vector<StageSums> stages;          ///< by Pipeline::instanceOf
  std::vector<int> exchanges;             ///< by stage: tied sums that it sends and receives
  std::vector<std::vector<Sum>> onTheWay; ///< by channel, of replicas
  std::vector<size_t> taken;              ///< by channel

  bool touchesSums(const Action &action) const {
    return action.kind == ActionKind::Combine || (action.kind == ActionKind::Run && action.run == RunKind::Tied) ||
           (action.channel >= 0 && action.microBatch < 0);
  }

  /// A sum in words: "micro-batches 4 to 7".
  std::string describeSum(const Sum &sum) const {
    if (sum.level < 0)
      return "nothing";
    int first = (sum.place << sum.level) * pipeline.groupSize();
    int last = sum.isWhole() ? first + (pipeline.groupSize() << sum.level) - 1 : lastOf(sum);
    if (last < first)
      return "a part of micro-batch " + std::to_string(first);
    return first == last ? "micro-batch " + std::to_string(first)
                         : "micro-batches " + std::to_string(first) + " to " + std::to_string(last);
  }

  /// The last micro-batch that is in the sum as a whole.
  static int lastOf(const Sum &sum) {
    if (sum.next < 0 || sum.nextWeight < 0)
      return std::max(sum.next, sum.nextWeight) - 1;
    return std::min(sum.next, sum.nextWeight) - 1;
  }

  std::string describeBuffer(const StageSums &sums, int buffer) const {
    return "buffer " + std::to_string(buffer) + " holds " + describeSum(sums.buffers[buffer]);
  }

  /// The sum over all micro-batches of all replicas.
  bool isTotal(const StageSums &sums) const {
    return sums.buffers[0].isWhole() && sums.buffers[0].level == log2Of(pipeline.groups);
  }

  std::string accumulate(StageSums &sums, int microBatch) {
    int number = pipeline.bufferOf(microBatch);
    Sum &sum = sums.buffers[number];
    if (pipeline.isFirstOfGroup(microBatch)) {
      if (sum.level >= 0)
        return "overwrites a sum: " + describeBuffer(sums, number);
      sum = {0, pipeline.groupOf(microBatch), microBatch, pipeline.splits ? microBatch : -1};
    }
    return add(sums, number, microBatch, sum.next);
  }

  /// The second half of a backward, whose first has begun the sum where it is the first of the group.
  std::string accumulateWeight(StageSums &sums, int microBatch) {
    int number = pipeline.bufferOf(microBatch);
    return add(sums, number, microBatch, sums.buffers[number].nextWeight);
  }

  std::string add(StageSums &sums, int number, int microBatch, int &next) {
    if (next != microBatch)
      return "expected ascending micro-batches within their group: " + describeBuffer(sums, number);
    next = pipeline.isFirstOfGroup(microBatch + 1) ? -1 : microBatch + 1;
    return "";
  }

  std::string combine(StageSums &sums, const Action &action) {
    Sum &into = sums.buffers[action.into], &from = sums.buffers[action.from];
    if (!into.isWhole() || !from.isWhole() || into.level != from.level || into.place != (from.place ^ 1))
      return "expected two halves of the tree of groups: " + describeBuffer(sums, action.into) + ", " +
             describeBuffer(sums, action.from);
    into = {into.level + 1, into.place >> 1};
    from = Sum();
    return "";
  }

  std::string exchange(StageSums &sums, const Action &action) {
    bool sends = action.kind == ActionKind::Send;
    Role role = pipeline.channels[action.channel].role;
    if (role == Role::Tied) {
      ++(sends ? sums.sent : sums.received);
      return sends && !isTotal(sums) ? "expected the sum over all micro-batches: " + describeBuffer(sums, 0) : "";
    }
    if (role != Role::Replica)
      return "";
    if (sends) {
      onTheWay[action.channel].push_back(sums.buffers[action.from]);
      return sums.buffers[action.from].isWhole() ? "" : "expected a whole sum: " + describeBuffer(sums, action.from);
    }
    if (sums.buffers[action.into].level >= 0)
      return "overwrites a sum: " + describeBuffer(sums, action.into);
    sums.buffers[action.into] = onTheWay[action.channel][taken[action.channel]++];
    return "";
  }

  std::string addTied(StageSums &sums, int stage, int replica) {
    sums.tied = true;
    if (!isTotal(sums))
      return "expected the sum over all micro-batches: " + describeBuffer(sums, 0);
    for (const TiedStages &pair : pipeline.tied) {
      if (pair[1] != stage || !pipeline.isShared(pair))
        continue;
      if (const StageSums &read = stages[pipeline.instanceOf(pair[0], replica)]; !isTotal(read))
        return "expected the sum of stage " + std::to_string(pair[0]) +
               " over all micro-batches: " + describeBuffer(read, 0);
    }
    if (sums.sent != exchanges[stage] || sums.received != exchanges[stage])
      return "expected behind the exchange of tied sums: sent " + std::to_string(sums.sent) + ", received " +
             std::to_string(sums.received) + " of " + std::to_string(exchanges[stage]);
    return "";
  }

  std::string reduceAll(int device) {
    for (int stage : stagesOfDevice[device % pipeline.devicesOfReplica])
      if (std::string text = reduce(pipeline.instanceOf(stage, pipeline.replicaOf(device))); !text.empty())
        return text;
    return "";
  }

  std::string reduce(int instance) {
    StageSums &sums = stages[instance];
    int stage = index.stages[instance].stage;
    if (!isTotal(sums))
      return "expected the sum over all micro-batches: " + describeBuffer(sums, 0);
    for (int buffer = 1; buffer < int(sums.buffers.size()); ++buffer)
      if (sums.buffers[buffer].level >= 0)
        return "leaves a sum that nothing adds: " + describeBuffer(sums, buffer);
    bool isTied = index.stages[instance].tied >= 0;
    if (isTied && !sums.tied)
      return "expected behind the tied sum";
    if (sums.sent != exchanges[stage] || sums.received != exchanges[stage])
      return "expected behind the exchange of tied sums";
    sums.reduced = true;
    return "";
  }
};
} // namespace

std::optional<Error> sluice::schedule::checkSums(const Pipeline &pipeline, const ProgramIndex &index,
                                                 const EventGraph &graph) {
  if (!pipeline.training)
    return std::nullopt;
  SumPlayer player(pipeline, index);
  int device = 0;
  for (int node : graph.order()) {
    if (node == graph.barrier())
      continue;
    // The play stays on a device for a while.
    if (node < graph.node(device, 0) || node >= graph.node(device, 0) + int(pipeline.programs[device].body.size())) {
      int low = 0, high = pipeline.devices();
      while (high - low > 1) {
        int middle = (low + high) / 2;
        (graph.node(middle, 0) <= node ? low : high) = middle;
      }
      device = low;
    }
    int position = node - graph.node(device, 0);
    const Action &action = pipeline.programs[device].body[position];
    if (std::string text = player.play(device, action); !text.empty())
      return Error{describe(pipeline, device, action) + ": " + text, {device, position}};
  }
  return std::nullopt;
}

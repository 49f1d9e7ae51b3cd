//===- Builder.cpp - From the order of a schedule to programs ----------------------===//
#include "passes/Schedule/Generators.h"
#include <algorithm>

using namespace sluice::schedule;

namespace {
struct NamedOrder {
  const char *name;
  Order order;
  bool splits = false;  ///< backward runs in halves
  bool isStale = false; ///< stage s of K applies the gradient of K - 1 - s steps before
};

/// Appends the actions of one device.
class Builder {
public:
  Builder(Pipeline &pipeline, int device)
      : pipeline(pipeline), replica(pipeline.replicaOf(device)), body(pipeline.programs[device].body) {
    for (int channel = 0; channel < int(pipeline.channels.size()); ++channel)
      if (pipeline.channels[channel].from == device || pipeline.channels[channel].to == device)
        channels.push_back(channel);
  }

  /// Whose actions are appended from here on.
  void enterStage(int number) { stage = number; }

  void forward(int microBatch) {
    append(ActionKind::Load, microBatch);
    if (stage > 0)
      message(ActionKind::Recv, Role::Activations, stage - 1, replica, microBatch);
    append(ActionKind::Run, microBatch);
    if (stage + 1 < pipeline.stages)
      message(ActionKind::Send, Role::Activations, stage + 1, replica, microBatch);
  }

  /// Backward as a whole, or its first half.
  void backward(int microBatch, RunKind kind) {
    size_t begin = body.size();
    // The next group may be summed where the last is.
    if (kind == RunKind::BackwardInput && pipeline.isFirstOfGroup(microBatch))
      for (int late = nextWeight; late < microBatch; ++late)
        backwardWeight(late);
    if (stage + 1 < pipeline.stages)
      message(ActionKind::Recv, Role::Gradients, stage + 1, replica, microBatch);
    append(ActionKind::Run, microBatch).run = kind;
    if (stage > 0)
      message(ActionKind::Send, Role::Gradients, stage - 1, replica, microBatch);
    // It is of an earlier step where the stage is late.
    for (size_t action = begin; action < body.size(); ++action)
      body[action].iteration = -pipeline.ages[stage];
    if (kind == RunKind::Backward)
      finishMicroBatch(microBatch);
  }

  /// The second half, unless it is done.
  void backwardWeight(int microBatch) {
    if (microBatch < nextWeight)
      return;
    append(ActionKind::Run, microBatch).run = RunKind::BackwardWeight;
    nextWeight = microBatch + 1;
    finishMicroBatch(microBatch);
  }

  /// Sums over replicas and uses, and the updates of stages. Where gradients are stale no other device is waited for.
  void finish(const std::vector<int> &stages) {
    for (int number : stages) {
      enterStage(number);
      addReplicas();
    }
    exchangeTied(stages);
    if (!pipeline.isStale())
      append(ActionKind::Reduce, -1).stage = -1;
    for (int number : stages) {
      enterStage(number);
      if (pipeline.isStale())
        append(ActionKind::Reduce, -1);
      append(ActionKind::Update, -1);
    }
  }

private:
  Pipeline &pipeline;
  int stage = 0, replica;
  std::vector<Action> &body;
  std::vector<int> channels;                          ///< that end here
  int nextWeight = pipeline.firstMicroBatch(replica); ///< whose second half of backward is next

  Action &append(ActionKind kind, int microBatch) {
    Action action;
    action.kind = kind;
    action.stage = stage;
    action.microBatch = microBatch;
    body.push_back(action);
    return body.back();
  }

  Action &message(ActionKind kind, Role role, int other, int ofReplica, int microBatch) {
    bool sends = kind == ActionKind::Send;
    int source = sends ? stage : other, target = sends ? other : stage;
    int from = pipeline.deviceOf(source, sends ? replica : ofReplica);
    int to = pipeline.deviceOf(target, sends ? ofReplica : replica);
    Action &action = append(kind, microBatch);
    action.channel = *std::find_if(channels.begin(), channels.end(), [&](int channel) {
      const Channel &candidate = pipeline.channels[channel];
      return candidate.role == role && candidate.from == from && candidate.to == to && candidate.source == source &&
             candidate.target == target;
    });
    return action;
  }

  void finishMicroBatch(int microBatch) {
    if (pipeline.isFirstOfGroup(microBatch + 1))
      carry(pipeline.groupOf(microBatch) % (pipeline.groups / pipeline.replicas));
  }

  void combine(int into, int from) {
    Action &action = append(ActionKind::Combine, -1);
    action.into = into;
    action.from = from;
  }

  /// Behind group g, as a binary counter carries: one combine for each one bit at its end.
  void carry(int group) {
    int depth = pipeline.bufferOf((replica * (pipeline.groups / pipeline.replicas) + group) * pipeline.groupSize());
    for (; group & 1; group >>= 1, --depth)
      combine(depth - 1, depth);
  }

  /// A butterfly: in round j, replicas whose numbers differ in bit j exchange their sums.
  void addReplicas() {
    for (int bit = 1; bit < pipeline.replicas; bit *= 2) {
      message(ActionKind::Send, Role::Replica, stage, replica ^ bit, -1).from = 0;
      message(ActionKind::Recv, Role::Replica, stage, replica ^ bit, -1).into = 1;
      combine(0, 1);
    }
  }

  /// What all stages send comes before what the first receives. Sums of stages of one device are read where they are,
  /// and are there before the first of them is added.
  void exchangeTied(const std::vector<int> &stages) {
    for (ActionKind kind : {ActionKind::Send, ActionKind::Recv})
      for (int number : stages) {
        enterStage(number);
        for (const TiedStages &pair : pipeline.tied)
          if (pipeline.isExchanged(pair) && (pair[0] == stage || pair[1] == stage))
            message(kind, Role::Tied, pair[0] == stage ? pair[1] : pair[0], replica, -1);
      }
    for (int number : stages) {
      enterStage(number);
      if (pipeline.addsTied(stage))
        append(ActionKind::Run, -1).run = RunKind::Tied;
    }
  }
};
} // namespace

static constexpr NamedOrder orders[] = {{"sequential", orderSequential},
                                        {"gpipe", orderGPipe},
                                        {"1f1b", orderOneForwardOneBackward},
                                        {"interleaved", orderInterleaved},
                                        {"zero-bubble", orderZeroBubble, /*splits=*/true},
                                        {"ouroboros", orderOuroboros, /*splits=*/false, /*isStale=*/true}};

std::string sluice::schedule::scheduleNames(bool stale) {
  std::vector<std::string> found;
  for (const NamedOrder &order : orders)
    if (stale || !order.isStale)
      found.push_back(order.name);
  std::string names;
  for (size_t index = 0; index < found.size(); ++index)
    names += (index == 0 ? "" : index + 1 < found.size() ? ", " : " or ") + found[index];
  return names;
}

static const NamedOrder *findOrder(const std::string &name) {
  auto found =
      std::find_if(std::begin(orders), std::end(orders), [&](const NamedOrder &order) { return name == order.name; });
  return found == std::end(orders) ? nullptr : found;
}

bool sluice::schedule::isSchedule(const std::string &name) { return findOrder(name) != nullptr; }

bool sluice::schedule::hasStaleGradients(const std::string &name) {
  const NamedOrder *order = findOrder(name);
  return order && order->isStale;
}

bool sluice::schedule::splitsBackward(const std::string &name) {
  const NamedOrder *order = findOrder(name);
  return order && order->splits;
}

/// The divisors of a number that are at most `most`, "1, 2 or 4"; powers of two alone if asked.
static std::string divisors(int number, int most, bool powersOfTwo) {
  std::vector<int> found;
  for (int divisor = 1; divisor <= std::min(number, most); ++divisor)
    if (number % divisor == 0 && (!powersOfTwo || isPowerOfTwo(divisor)))
      found.push_back(divisor);
  std::string text;
  for (size_t index = 0; index < found.size(); ++index)
    text += (index == 0 ? "" : index + 1 < found.size() ? ", " : " or ") + std::to_string(found[index]);
  return text;
}

static Error wrong(std::string text) { return {std::move(text)}; }

std::optional<Error> sluice::schedule::checkNumbers(int stages, int microBatches, int replicas, int groups) {
  auto positive = [](int number, const char *what) {
    return wrong(std::string("expected at least 1 ") + what + ", found " + std::to_string(number));
  };
  if (stages < 1)
    return positive(stages, "stage");
  if (microBatches < 1)
    return positive(microBatches, "micro-batch");
  if (replicas < 1)
    return positive(replicas, "replica");
  // What a generator makes and a proof reads has to fit into memory.
  constexpr int64_t mostForwards = int64_t(1) << 22;
  if (int64_t(stages) * microBatches > mostForwards)
    return wrong("expected at most " + std::to_string(mostForwards) + " forwards a step, found " +
                 std::to_string(int64_t(stages) * microBatches));
  std::string ofMicroBatches = std::to_string(microBatches) + " micro-batches; ";
  if (microBatches % replicas != 0)
    return wrong("expected replicas that divide " + ofMicroBatches + divisors(microBatches, microBatches, true) +
                 " would fit, found " + std::to_string(replicas));
  if (!isPowerOfTwo(replicas))
    return wrong("expected a power of two of replicas, which reduction groups are a multiple of; " +
                 divisors(microBatches, microBatches, true) + " would fit, found " + std::to_string(replicas));
  if (!isPowerOfTwo(groups))
    return wrong("expected a power of two of reduction groups, found " + std::to_string(groups));
  if (groups % replicas != 0)
    return wrong("expected reduction groups that are a multiple of the " + std::to_string(replicas) +
                 " replicas, found " + std::to_string(groups));
  if (microBatches % groups != 0)
    return wrong("expected reduction groups that divide " + ofMicroBatches +
                 divisors(microBatches, microBatches, true) + " would fit, found " + std::to_string(groups));
  return std::nullopt;
}

static std::optional<Error> checkTied(const GeneratorOptions &options) {
  for (const TiedStages &pair : options.tied) {
    if (std::count(options.tied.begin(), options.tied.end(), pair) > 1)
      return wrong("expected every pair of tied stages once, found " + std::to_string(pair[0]) + " and " +
                   std::to_string(pair[1]) + " again");
    if (pair[0] < 0 || pair[1] < pair[0] || pair[1] >= options.stages)
      return wrong("expected tied stages in ascending order, below " + std::to_string(options.stages) + ", found " +
                   std::to_string(pair[0]) + " and " + std::to_string(pair[1]));
  }
  return std::nullopt;
}

static void addChannels(Pipeline &pipeline, int capacity) {
  for (int replica = 0; replica < pipeline.replicas; ++replica) {
    auto add = [&](Role role, int source, int target, int from, int to) {
      pipeline.channels.push_back(
          {pipeline.deviceOf(source, from), pipeline.deviceOf(target, to), capacity, role, source, target});
    };
    for (int stage = 0; stage + 1 < pipeline.stages; ++stage) {
      add(Role::Activations, stage, stage + 1, replica, replica);
      if (pipeline.training)
        add(Role::Gradients, stage + 1, stage, replica, replica);
    }
    if (!pipeline.training)
      continue;
    for (const TiedStages &pair : pipeline.tied)
      if (pipeline.isExchanged(pair)) {
        add(Role::Tied, pair[0], pair[1], replica, replica);
        add(Role::Tied, pair[1], pair[0], replica, replica);
      }
    for (int bit = 1; bit < pipeline.replicas; bit *= 2)
      for (int stage = 0; stage < pipeline.stages && (replica & bit) == 0; ++stage) {
        add(Role::Replica, stage, stage, replica, replica ^ bit);
        add(Role::Replica, stage, stage, replica ^ bit, replica);
      }
  }
}

std::optional<Error> sluice::schedule::checkLayout(const std::string &schedule, const Layout &layout) {
  auto [stages, devices, microBatches] = layout;
  if (devices < 1 || devices > stages)
    return wrong("expected devices of a replica from 1 to its " + std::to_string(stages) + " stages, found " +
                 std::to_string(devices));
  std::string found = ", found " + std::to_string(stages) + " stages on " + std::to_string(devices) +
                      (devices == 1 ? " device" : " devices");
  if ((schedule == "1f1b" || schedule == "zero-bubble") && devices != stages)
    return wrong("expected a device a stage for " + schedule + found + "; interleaved has several stages a device");
  if (schedule != "interleaved")
    return std::nullopt;
  if (devices == stages || stages % devices != 0)
    return wrong("expected as many stages on every device, at least 2, for interleaved" + found);
  if (microBatches % devices != 0)
    return wrong("expected micro-batches of a replica that its " + std::to_string(devices) +
                 " devices divide for interleaved, found " + std::to_string(microBatches));
  return std::nullopt;
}

/// The room that channels need at least: what a device sends of a stage before it takes the first message of the next.
static int leastCapacity(const std::string &schedule, const Layout &layout) {
  // Error gradients of a step lie there until the next, while those of the next are sent.
  if (schedule == "ouroboros")
    return 2 * layout.microBatches;
  if (layout.devices == layout.stages)
    return 0;
  return schedule == "gpipe" ? layout.microBatches : 1;
}

/// The pipeline without its channels and actions.
static Pipeline describePipeline(const GeneratorOptions &options, const NamedOrder &named, const Layout &layout,
                                 int groups) {
  Pipeline pipeline;
  pipeline.stages = options.stages;
  pipeline.microBatches = options.microBatches;
  pipeline.replicas = options.replicas;
  pipeline.groups = groups;
  pipeline.training = options.training;
  pipeline.splits = options.training && named.splits;
  if (options.training)
    pipeline.tied = options.tied;
  pipeline.devicesOfReplica = layout.devices;
  for (int stage = 0; stage < options.stages; ++stage)
    pipeline.deviceOfStage.push_back(stage % layout.devices);
  pipeline.ages.assign(options.stages, 0);
  if (named.isStale && options.training && options.stages > 1) {
    pipeline.activationAges.assign(options.stages, 0);
    pipeline.errorAges.assign(options.stages, 1);
    pipeline.errorAges.back() = 0;
    for (int stage = 0; stage < options.stages; ++stage)
      pipeline.ages[stage] = options.stages - 1 - stage;
  }
  pipeline.programs.resize(pipeline.devices());
  return pipeline;
}

/// The program of a device that holds `stages`.
static void writeProgram(Pipeline &pipeline, int device, const std::vector<Turn> &turns, std::vector<int> stages) {
  Builder builder(pipeline, device);
  int first = pipeline.firstMicroBatch(pipeline.replicaOf(device));
  for (Turn turn : turns) {
    int microBatch = first + turn.microBatch;
    builder.enterStage(turn.stage);
    if (turn.kind == RunKind::Forward)
      builder.forward(microBatch);
    else if (pipeline.training && turn.kind == RunKind::BackwardWeight)
      builder.backwardWeight(microBatch);
    else if (pipeline.training)
      builder.backward(microBatch, turn.kind);
    bool isLast = turn.kind != RunKind::Forward && turn.microBatch + 1 == pipeline.microBatchesOfReplica();
    // What waits for no other stage is updated before the device goes on.
    if (pipeline.isStale() && isLast && !pipeline.addsTied(turn.stage)) {
      builder.finish({turn.stage});
      stages.erase(std::find(stages.begin(), stages.end(), turn.stage));
    }
  }
  if (pipeline.training)
    builder.finish(stages);
}

std::optional<Error> sluice::schedule::generate(const GeneratorOptions &options, Pipeline &pipeline) {
  const NamedOrder *named = findOrder(options.schedule);
  if (!named)
    return wrong("unknown schedule '" + options.schedule + "'; expected " + scheduleNames());
  int groups = options.groups == 0 ? options.replicas : options.groups;
  if (auto error = checkNumbers(options.stages, options.microBatches, options.replicas, groups))
    return error;
  Layout layout{options.stages, options.devices == 0 ? options.stages : options.devices,
                options.microBatches / options.replicas};
  if (auto error = checkLayout(options.schedule, layout))
    return error;
  if (auto error = checkTied(options))
    return error;

  pipeline = describePipeline(options, *named, layout, groups);
  addChannels(pipeline, std::max(options.capacity, leastCapacity(options.schedule, layout)));
  std::vector<std::vector<int>> stages = pipeline.stagesOfDevices();
  for (int device = 0; device < pipeline.devices(); ++device) {
    int ofReplica = device % layout.devices;
    writeProgram(pipeline, device, named->order(ofReplica, layout), stages[ofReplica]);
  }
  return std::nullopt;
}

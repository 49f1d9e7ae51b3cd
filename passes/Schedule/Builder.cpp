//===- Builder.cpp - From the order of a schedule to programs ----------------------===//
#include "passes/Schedule/Generators.h"
#include <algorithm>

using namespace sluice::schedule;

namespace {
struct NamedOrder {
  const char *name;
  Order order;
};

/// Appends the actions of one device.
class Builder {
public:
  Builder(Pipeline &pipeline, int stage, int replica)
      : pipeline(pipeline), stage(stage), replica(replica), device(pipeline.deviceOf(stage, replica)),
        body(pipeline.programs[device].body) {
    for (int channel = 0; channel < int(pipeline.channels.size()); ++channel)
      if (pipeline.channels[channel].from == device || pipeline.channels[channel].to == device)
        channels.push_back(channel);
  }

  void forward(int microBatch) {
    append(ActionKind::Load, microBatch);
    if (stage > 0)
      message(ActionKind::Recv, Role::Activations, neighbour(-1), microBatch);
    append(ActionKind::Run, microBatch);
    if (stage + 1 < pipeline.stages)
      message(ActionKind::Send, Role::Activations, neighbour(1), microBatch);
  }

  void backward(int microBatch) {
    if (stage + 1 < pipeline.stages)
      message(ActionKind::Recv, Role::Gradients, neighbour(1), microBatch);
    append(ActionKind::Run, microBatch).run = RunKind::Backward;
    if (stage > 0)
      message(ActionKind::Send, Role::Gradients, neighbour(-1), microBatch);
    if (pipeline.isFirstOfGroup(microBatch + 1))
      carry(pipeline.groupOf(microBatch) % (pipeline.groups / pipeline.replicas));
  }

  void finish() {
    addReplicas();
    addTied();
    append(ActionKind::Reduce, -1).stage = -1;
    append(ActionKind::Update, -1);
  }

private:
  Pipeline &pipeline;
  int stage, replica, device;
  std::vector<Action> &body;
  std::vector<int> channels; ///< that end here

  int neighbour(int step) const { return pipeline.deviceOf(stage + step, replica); }

  Action &append(ActionKind kind, int microBatch) {
    Action action;
    action.kind = kind;
    action.stage = stage;
    action.microBatch = microBatch;
    body.push_back(action);
    return body.back();
  }

  Action &message(ActionKind kind, Role role, int other, int microBatch) {
    int from = kind == ActionKind::Send ? device : other, to = kind == ActionKind::Send ? other : device;
    Action &action = append(kind, microBatch);
    action.channel = *std::find_if(channels.begin(), channels.end(), [&](int channel) {
      const Channel &candidate = pipeline.channels[channel];
      return candidate.from == from && candidate.to == to && candidate.role == role;
    });
    return action;
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
      int other = pipeline.deviceOf(stage, replica ^ bit);
      message(ActionKind::Send, Role::Replica, other, -1).from = 0;
      message(ActionKind::Recv, Role::Replica, other, -1).into = 1;
      combine(0, 1);
    }
  }

  void addTied() {
    bool tied = false;
    for (ActionKind kind : {ActionKind::Send, ActionKind::Recv})
      for (const TiedStages &pair : pipeline.tied) {
        if (pair[0] != stage && pair[1] != stage)
          continue;
        tied = true;
        if (pair[0] != pair[1])
          message(kind, Role::Tied, pipeline.deviceOf(pair[0] == stage ? pair[1] : pair[0], replica), -1);
      }
    if (tied)
      append(ActionKind::Run, -1).run = RunKind::Tied;
  }
};
} // namespace

static constexpr NamedOrder orders[] = {
    {"sequential", orderSequential}, {"gpipe", orderGPipe}, {"1f1b", orderOneForwardOneBackward}};

std::string sluice::schedule::scheduleNames() {
  std::string names;
  constexpr size_t count = std::size(orders);
  for (size_t index = 0; index < count; ++index)
    names += (index == 0 ? "" : index + 1 < count ? ", " : " or ") + std::string(orders[index].name);
  return names;
}

static const NamedOrder *findOrder(const std::string &name) {
  auto found =
      std::find_if(std::begin(orders), std::end(orders), [&](const NamedOrder &order) { return name == order.name; });
  return found == std::end(orders) ? nullptr : found;
}

bool sluice::schedule::isSchedule(const std::string &name) { return findOrder(name) != nullptr; }

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

/// Both directions between the devices.
static void join(Pipeline &pipeline, int device, int other, Role role, Role back, int capacity) {
  pipeline.channels.push_back({device, other, capacity, role});
  pipeline.channels.push_back({other, device, capacity, back});
}

static void addChannels(Pipeline &pipeline, int capacity) {
  for (int replica = 0; replica < pipeline.replicas; ++replica) {
    auto device = [&](int stage) { return pipeline.deviceOf(stage, replica); };
    for (int stage = 0; stage + 1 < pipeline.stages; ++stage) {
      pipeline.channels.push_back({device(stage), device(stage + 1), capacity, Role::Activations});
      if (pipeline.training)
        pipeline.channels.push_back({device(stage + 1), device(stage), capacity, Role::Gradients});
    }
    if (!pipeline.training)
      continue;
    for (const TiedStages &pair : pipeline.tied)
      if (pair[0] != pair[1])
        join(pipeline, device(pair[0]), device(pair[1]), Role::Tied, Role::Tied, capacity);
    for (int bit = 1; bit < pipeline.replicas; bit *= 2)
      for (int stage = 0; stage < pipeline.stages && (replica & bit) == 0; ++stage)
        join(pipeline, device(stage), pipeline.deviceOf(stage, replica ^ bit), Role::Replica, Role::Replica, capacity);
  }
}

std::optional<Error> sluice::schedule::generate(const GeneratorOptions &options, Pipeline &pipeline) {
  const NamedOrder *named = findOrder(options.schedule);
  if (!named)
    return wrong("unknown schedule '" + options.schedule + "'; expected " + scheduleNames());
  int groups = options.groups == 0 ? options.replicas : options.groups;
  if (auto error = checkNumbers(options.stages, options.microBatches, options.replicas, groups))
    return error;
  if (auto error = checkTied(options))
    return error;

  pipeline = Pipeline();
  pipeline.stages = options.stages;
  pipeline.microBatches = options.microBatches;
  pipeline.replicas = options.replicas;
  pipeline.groups = groups;
  pipeline.training = options.training;
  if (options.training)
    pipeline.tied = options.tied;
  for (int stage = 0; stage < options.stages; ++stage)
    pipeline.deviceOfStage.push_back(stage);
  pipeline.ages.assign(options.stages, 0);
  pipeline.programs.resize(pipeline.devices());
  addChannels(pipeline, options.capacity);

  for (int replica = 0; replica < options.replicas; ++replica)
    for (int stage = 0; stage < options.stages; ++stage) {
      Builder builder(pipeline, stage, replica);
      for (Turn turn : named->order(stage, options.stages, pipeline.microBatchesOfReplica())) {
        int microBatch = pipeline.firstMicroBatch(replica) + turn.microBatch;
        if (turn.kind == RunKind::Forward)
          builder.forward(microBatch);
        else if (options.training)
          builder.backward(microBatch);
      }
      if (options.training)
        builder.finish();
    }
  return std::nullopt;
}

//===- Interpreter.cpp - Runs programs with hashes for tensors --------------------------===//
#include "Interpreter.h"
#include <algorithm>
#include <deque>

using namespace sluice::schedule;

namespace {
/// Murmur3's mixing, over a list.
uint64_t hash(std::initializer_list<uint64_t> values) {
  uint64_t result = 0x9e3779b97f4a7c15u;
  for (uint64_t value : values) {
    result = (result ^ value) * 0xff51afd7ed558ccdu;
    result ^= result >> 33;
  }
  return result;
}

/// Addition of two floats, or sums of them: it commutes and is not associative.
uint64_t add(uint64_t a, uint64_t b) { return hash({'+', std::min(a, b), std::max(a, b)}); }

/// Gradients of parameters: what comes with those of activations, and what the second half of backward adds.
struct Gradient {
  uint64_t early = 7, late = 7;
};

Gradient add(Gradient a, Gradient b) { return {add(a.early, b.early), add(a.late, b.late)}; }

constexpr uint64_t cleared = 0;

struct Frame {
  uint64_t tokens = 1, input = 2, kept = 3, output = 4, error = 5, inputError = 6, keptError = 8;
};

/// A stage of a replica.
struct Stage {
  std::vector<Frame> frames;
  std::vector<Gradient> buffers;
  Gradient foreign, joined;                ///< of a tied parameter: another stage's, and the sum of both
  uint64_t weights = 0, tiedWeights = 'P'; ///< its own parameters, and the tied one, that has one name on all stages
  std::vector<uint64_t> losses;            ///< by micro-batch
};

struct Device {
  size_t next = 0;
  int iteration = 0;
  int arrivals = 0; ///< at the barrier
  bool waits = false;
};

class Interpreter {
public:
  Interpreter(const Pipeline &pipeline, const std::vector<int> &frames, int iterations)
      : pipeline(pipeline), iterations(iterations), devices(pipeline.devices()),
        stages(pipeline.stages * pipeline.replicas), queues(pipeline.channels.size()),
        waiting(pipeline.channels.size(), 0), history(stages.size() * iterations, 0) {
    for (size_t number = 0; number < stages.size(); ++number) {
      size_t stage = number % pipeline.stages;
      stages[number].frames.resize(frames[stage]);
      stages[number].buffers.resize(pipeline.gradientBuffers());
      stages[number].weights = hash({'W', uint64_t(stage)});
      stages[number].losses.assign(pipeline.microBatches, 0);
    }
  }

  std::optional<Bits> run() {
    for (bool progress = true; progress && !bad;) {
      progress = false;
      for (int number = 0; number < pipeline.devices(); ++number)
        while (!bad && devices[number].iteration < iterations && advance(number))
          progress = true;
    }
    for (const Device &device : devices)
      if (device.iteration < iterations)
        return std::nullopt;
    Bits bits = history;
    for (const Stage &stage : stages)
      bits.push_back(weightsOf(stage));
    return bits;
  }

private:
  const Pipeline &pipeline;
  int iterations;
  std::vector<Device> devices;
  std::vector<Stage> stages;                ///< by replica, then stage
  std::vector<std::deque<Gradient>> queues; ///< activations and their gradients have one part
  std::vector<int> waiting;                 ///< by channel: a receiver stands at it
  std::vector<uint64_t> reduced;            ///< by the number of the reduction
  bool bad = false;                         ///< something that no runtime can do
  Bits history;                             ///< losses, by iteration and stage

  int deviceOf(const TiedStages &pair, int which) const { return pipeline.deviceOfStage[pair[which]]; }

  /// What a stage reads: its own, and a tied parameter of its own or where the other stage of its device has it.
  uint64_t weightsOf(const Stage &stage) const {
    int number = int(&stage - stages.data()), ofReplica = number % pipeline.stages;
    uint64_t read = stage.weights;
    for (const TiedStages &pair : pipeline.tied)
      if (pair[0] == ofReplica || pair[1] == ofReplica) {
        bool isThere = deviceOf(pair, 0) != deviceOf(pair, 1);
        read = hash({read, stages[isThere ? number : number - ofReplica + pair[1]].tiedWeights});
      }
    return read;
  }

  /// The sum of both uses of a tied parameter.
  void join(Stage &stage) {
    int number = int(&stage - stages.data()), ofReplica = number % pipeline.stages;
    stage.joined = stage.buffers[0];
    for (const TiedStages &pair : pipeline.tied)
      if (pair[0] != pair[1] && deviceOf(pair, 0) != deviceOf(pair, 1))
        stage.joined = add(stage.joined, stage.foreign);
      else if (pair[0] != pair[1] && pair[1] == ofReplica)
        stage.joined = add(stage.joined, stages[number - ofReplica + pair[0]].buffers[0]);
  }

  /// Goes one action further if that can be.
  bool advance(int number) {
    Device &device = devices[number];
    const std::vector<Action> &body = pipeline.programs[number].body;
    if (!body.empty() && !act(number, device, body[device.next]))
      return false;
    if (body.empty() || ++device.next == body.size()) {
      device.next = 0;
      int replica = number / pipeline.devicesOfReplica;
      for (int stage = 0; stage < pipeline.stages; ++stage)
        if (pipeline.deviceOfStage[stage] == number % pipeline.devicesOfReplica) {
          uint64_t &entry = history[device.iteration * stages.size() + replica * pipeline.stages + stage];
          for (uint64_t loss : stages[replica * pipeline.stages + stage].losses)
            entry = hash({entry, loss});
        }
      ++device.iteration;
    }
    return true;
  }

  /// The stage that an action works on; null, and something that no runtime can do, if it names none.
  Stage *stageOf(int number, const Action &action) {
    bad |= action.stage < 0 || action.stage >= pipeline.stages;
    return bad ? nullptr : &stages[number / pipeline.devicesOfReplica * pipeline.stages + action.stage];
  }

  bool act(int number, Device &device, const Action &action) {
    if (action.kind == ActionKind::Reduce)
      return reduce(device);
    Stage *found = stageOf(number, action);
    if (!found)
      return true;
    Stage &stage = *found;
    switch (action.kind) {
    case ActionKind::Load:
      if (Frame *frame = frameOf(stage, action))
        frame->tokens = hash({'T', uint64_t(device.iteration), uint64_t(action.microBatch)});
      return true;
    case ActionKind::Run:
      compute(stage, action);
      return true;
    case ActionKind::Send:
    case ActionKind::Recv:
      if (!isEnd(number, action))
        return bad = true, true;
      return action.kind == ActionKind::Send ? send(stage, action) : receive(stage, action);
    case ActionKind::Combine:
      if (!isBuffer(action.into) || !isBuffer(action.from))
        return bad = true, true;
      stage.buffers[action.into] = add(stage.buffers[action.into], stage.buffers[action.from]);
      return true;
    case ActionKind::Reduce:
      return true;
    case ActionKind::Update:
      stage.weights = updated(stage.weights, stage.buffers[0]);
      stage.tiedWeights = updated(stage.tiedWeights, stage.joined);
      return true;
    }
    return true;
  }

  uint64_t updated(uint64_t weights, Gradient gradient) const {
    return hash({'U', weights, hash({gradient.early, gradient.late}), reduced.empty() ? 0 : reduced.back()});
  }

  bool isEnd(int number, const Action &action) const {
    if (action.channel < 0 || action.channel >= int(pipeline.channels.size()))
      return false;
    const Channel &channel = pipeline.channels[action.channel];
    return (action.kind == ActionKind::Send ? channel.from : channel.to) == number;
  }

  bool isBuffer(int buffer) const { return buffer >= 0 && buffer < pipeline.gradientBuffers(); }

  Frame *frameOf(Stage &stage, const Action &action) {
    if (action.microBatch < 0 || action.microBatch >= pipeline.microBatches) {
      bad = true;
      return nullptr;
    }
    return &stage.frames[action.microBatch % stage.frames.size()];
  }

  void compute(Stage &stage, const Action &action) {
    if (action.run == RunKind::Tied) {
      join(stage);
      return;
    }
    Frame *frame = frameOf(stage, action);
    if (!frame)
      return;
    uint64_t weights = weightsOf(stage);
    bool first = action.stage == 0, last = action.stage + 1 == pipeline.stages;
    if (action.run == RunKind::Forward) {
      uint64_t input = first ? 0 : frame->input;
      frame->output = hash({'F', weights, input, frame->tokens});
      frame->kept = hash({'K', weights, input});
      if (last)
        stage.losses[action.microBatch] = frame->output;
      return;
    }
    bool isLate = action.run != RunKind::BackwardInput, isEarly = action.run != RunKind::BackwardWeight;
    // Backward reads the tokens again: the targets of a loss, the rows of an embedding.
    if (isEarly) {
      frame->keptError = last ? frame->output : frame->error;
      frame->inputError = hash({'B', weights, frame->kept, frame->keptError, frame->tokens});
    }
    int group = action.microBatch / (pipeline.microBatches / pipeline.groups);
    int local = group % (pipeline.groups / pipeline.replicas), buffer = 0;
    for (; local; local &= local - 1)
      ++buffer;
    bool begins = action.microBatch % (pipeline.microBatches / pipeline.groups) == 0;
    Gradient &sum = stage.buffers[buffer];
    if (begins && isEarly)
      sum = {cleared, cleared};
    auto addTo = [&](uint64_t &part, char which) {
      uint64_t gradient = hash({uint64_t(which), weights, frame->kept, frame->keptError, frame->tokens});
      part = part == cleared ? gradient : add(part, gradient);
    };
    if (isEarly)
      addTo(sum.early, 'E');
    if (isLate)
      addTo(sum.late, 'L');
  }

  bool send(Stage &stage, const Action &action) {
    const Channel &channel = pipeline.channels[action.channel];
    std::deque<Gradient> &queue = queues[action.channel];
    // Without room, the receiver has to stand there.
    int room = channel.capacity == 0 ? waiting[action.channel] : channel.capacity;
    if (int(queue.size()) >= room)
      return false;
    queue.push_back(messageOf(stage, channel, action));
    return true;
  }

  Gradient messageOf(Stage &stage, const Channel &channel, const Action &action) {
    if (channel.role == Role::Tied)
      return stage.buffers[0];
    if (channel.role == Role::Replica) {
      bad |= !isBuffer(action.from);
      return bad ? Gradient() : stage.buffers[action.from];
    }
    Frame *frame = frameOf(stage, action);
    return !frame ? Gradient() : Gradient{channel.role == Role::Activations ? frame->output : frame->inputError, 0};
  }

  bool receive(Stage &stage, const Action &action) {
    const Channel &channel = pipeline.channels[action.channel];
    std::deque<Gradient> &queue = queues[action.channel];
    waiting[action.channel] = queue.empty();
    if (queue.empty())
      return false;
    Gradient message = queue.front();
    queue.pop_front();
    if (channel.role == Role::Tied) {
      stage.foreign = message;
    } else if (channel.role == Role::Replica) {
      bad |= !isBuffer(action.into);
      if (!bad)
        stage.buffers[action.into] = message;
    } else if (Frame *frame = frameOf(stage, action)) {
      (channel.role == Role::Activations ? frame->input : frame->error) = message.early;
    }
    return true;
  }

  /// A tied parameter is counted once, on the second of its stages.
  uint64_t joinedInto(uint64_t all, const Stage &stage) const {
    int ofReplica = int(&stage - stages.data()) % pipeline.stages;
    for (const TiedStages &pair : pipeline.tied)
      if (pair[1] == ofReplica)
        all = hash({all, stage.joined.early, stage.joined.late});
    return all;
  }

  /// All devices arrive as often as this one has, and what they bring is put together in their order.
  bool reduce(Device &device) {
    if (!device.waits)
      ++device.arrivals;
    device.waits = true;
    for (const Device &other : devices)
      if (other.arrivals < device.arrivals)
        return false;
    device.waits = false;
    if (int(reduced.size()) < device.arrivals) {
      uint64_t all = 0;
      for (const Stage &each : stages) {
        all = hash({all, each.buffers[0].early, each.buffers[0].late});
        all = joinedInto(all, each);
        for (uint64_t loss : each.losses)
          all = hash({all, loss});
      }
      reduced.push_back(all);
    }
    return true;
  }
};
} // namespace

std::optional<Bits> interpret(const Pipeline &pipeline, const std::vector<int> &frames, int iterations) {
  return Interpreter(pipeline, frames, iterations).run();
}

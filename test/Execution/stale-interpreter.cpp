//===- stale-interpreter.cpp - The rule of stale gradients, step by step --===//
//
// stale-interpreter PROGRAM.so DATA STEPS OUT.safetensors [--lr=X] [--clip=X] [--warmup=STEPS] [--seed=S]
//                   [--current] [--predicted] [--tied-delay=NAME]
//
// Trains as Ouroboros says (Yang et al., NeurIPS 2019), one thing after the other: in step t the stage with delay d
// applies the gradient of the micro-batches of step t - d, at the weights of step t - d, and does nothing before there
// is one. PROGRAM.so is what `sluicec --emit=obj` writes. It gives the functions; order, memory, weights and updates
// are this program's own. Every micro-batch has frames that nothing else uses, every step has a copy of all weights,
// and parameters without versions are NaN where a late backward is not to read them. DATA are read in sequential order.
// Prints the loss of every step, and writes the weights.
//
// --warmup: the first steps are synchronous. --current: backward reads the weights of its own step. --predicted:
// forward of a late stage reads the weights that are expected when its gradient is applied, and so does backward.
// --tied-delay: what the last stage adds to the gradient of a tied parameter is applied in the next step.
//
//===----------------------------------------------------------------------===//

#include "runtime/checkpoint/Safetensors.h"
#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Pool.h"
#include "runtime/engine/Engine.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/StepScalars.h"
#include "runtime/engine/StepSums.h"
#include "runtime/train/TrainingData.h"

#include <CLI/CLI.hpp>
#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <tuple>

using namespace sluice::runtime;

namespace {

struct Options {
  std::string program, data, out, delayedTied;
  int64_t steps = 0, warmup = 0;
  double rate = 1e-3, clip = 0;
  uint64_t seed = 0;
  bool usesCurrent = false, predicts = false;
};

/// The functions of one stage, -1 where it has none, and what it sends to its neighbours.
struct StageParts {
  int32_t forward = -1, backward = -1, tied = -1, norm = -1, update = -1;
  const sluice_channel *up = nullptr, *down = nullptr;
};

class Interpreter {
public:
  Interpreter(const sluice_binary &program, const Options &options);
  void run();

private:
  using MicroBatch = std::tuple<int64_t, int32_t, int32_t>; // step, micro-batch, stage

  void readActions();
  Memory copyOf(const Memory &block) const;
  Memory &frame(int64_t step, int32_t microBatch, int32_t stage);
  void call(int32_t function, int64_t step, int32_t microBatch, const sluice_blocks &blocks);
  void send(const sluice_channel *channel, int64_t step, int32_t microBatch, int32_t from, int32_t to);
  void forward(int32_t stage);
  void backward(int32_t stage);
  void delayTied();
  void update(int32_t stage, Memory &next);
  Memory predict(const Memory &next) const;
  double loss();
  /// Frees what no step looks at any more.
  void forget(int64_t step) {
    if (step < 0)
      return;
    weights[step] = Memory();
    frames.erase(frames.begin(), frames.lower_bound({step + 1, 0, 0}));
  }
  int32_t delayOf(int32_t stage) const { return now < options.warmup ? 0 : program.stages[stage].delay; }
  /// The step whose gradient the stage applies, or -1.
  int64_t appliedBy(int32_t stage) const {
    int64_t step = now - delayOf(stage);
    return now < options.warmup || step >= options.warmup ? step : -1;
  }
  int32_t stageCount() const { return static_cast<int32_t>(program.stage_count); }

  const sluice_binary &program;
  const Options &options;
  Scalars scalars;
  sluice_pool pool;
  Memory scratch, persistent, notToBeRead;
  sluice_step words{};
  std::vector<StageParts> stages;
  std::vector<int64_t> updates; ///< By stage.
  Memory newest;                ///< Weights.
  std::vector<Memory> weights;  ///< By step: those that forward reads in it.
  std::map<MicroBatch, Memory> frames;
  std::vector<char> lastTied; ///< The gradient that is delayed, of the step before.
  TrainingData data;
  int64_t now = 0;
};

int64_t largest(const sluice_binary &program, int64_t sluice_function::*field) {
  int64_t bytes = 0;
  for (uint32_t i = 0; i < program.function_count; ++i)
    bytes = std::max(bytes, program.functions[i].*field);
  return bytes;
}

DataOptions dataOptions(const Options &options) {
  DataOptions data;
  data.files = options.data;
  data.validationFraction = 0;
  return data;
}

} // namespace

Interpreter::Interpreter(const sluice_binary &program, const Options &options)
    : program(program), options(options), scalars(program),
      pool(1, largest(program, &sluice_function::thread_scratch_bytes)),
      scratch(largest(program, &sluice_function::scratch_bytes)), persistent(program.persistent_bytes),
      notToBeRead(program.parameter_bytes), stages(program.stage_count), updates(program.stage_count),
      data(program, dataOptions(options), DataOrder::Sequential, options.seed, DataPosition()) {
  Engine engine(program, 1);
  engine.initializeParameters(options.seed);
  newest = Memory(program.parameter_bytes);
  for (const TensorView &view : engine.parameterTensors())
    for (uint32_t i = 0; i < program.parameter_count; ++i)
      if (view.name == program.parameters[i].tensor.name)
        std::memcpy(newest.data() + program.parameters[i].tensor.offset, view.data, program.parameters[i].tensor.bytes);
  std::fill_n(reinterpret_cast<float *>(notToBeRead.data()), program.parameter_bytes / 4,
              std::numeric_limits<float>::quiet_NaN());
  words.pool = &pool;
  for (uint32_t i = 0; i < program.stage_count; ++i)
    call(program.stages[i].narrow, 0, 0, {newest.data(), nullptr, persistent.data(), nullptr, newest.data()});
  weights.push_back(copyOf(newest));
  readActions();
}

void Interpreter::readActions() {
  std::map<int32_t, int32_t> senders;
  for (uint32_t i = 0; i < program.action_count; ++i) {
    const sluice_action &action = program.actions[i];
    StageParts &stage = stages[action.stage];
    switch (action.kind) {
    case SLUICE_ACTION_FORWARD:
      stage.forward = action.function;
      break;
    case SLUICE_ACTION_BACKWARD:
      stage.backward = action.function;
      break;
    case SLUICE_ACTION_TIED:
      stage.tied = action.function;
      break;
    case SLUICE_ACTION_NORM:
      stage.norm = action.function;
      break;
    case SLUICE_ACTION_UPDATE:
      stage.update = action.function;
      break;
    case SLUICE_ACTION_SEND:
      senders[action.channel] = action.stage;
      break;
    default:
      break;
    }
  }
  // Those of the trained graph come first; others of the same ends are of its synchronous steps and of other graphs.
  for (uint32_t i = 0; i < program.action_count; ++i) {
    const sluice_action &action = program.actions[i];
    if (action.kind != SLUICE_ACTION_RECEIVE || !senders.count(action.channel))
      continue;
    StageParts &sender = stages[senders[action.channel]];
    const sluice_channel *&channel = action.stage > senders[action.channel] ? sender.up : sender.down;
    if (!channel)
      channel = &program.channels[action.channel];
  }
}

Memory Interpreter::copyOf(const Memory &block) const {
  Memory copy(block.size());
  std::memcpy(copy.data(), block.data(), block.size());
  return copy;
}

Memory &Interpreter::frame(int64_t step, int32_t microBatch, int32_t stage) {
  Memory &memory = frames[{step, microBatch, stage}];
  if (memory.size() == 0)
    memory = Memory(std::max<int64_t>(program.stages[stage].frame_bytes, SLUICE_ALIGNMENT));
  return memory;
}

void Interpreter::call(int32_t function, int64_t step, int32_t microBatch, const sluice_blocks &blocks) {
  if (function < 0)
    return;
  int64_t elements = (program.batch * program.sequence + 15) / 16 * 16;
  Memory inputs(2 * elements * 4);
  auto *tokens = reinterpret_cast<int32_t *>(inputs.data());
  data.batches().fill(step, microBatch, tokens, tokens + elements);
  words.inputs[0] = tokens;
  words.inputs[1] = tokens + elements;
  for (uint32_t *key : {words.key, words.gate_key}) {
    key[0] = static_cast<uint32_t>(options.seed);
    key[1] = static_cast<uint32_t>(options.seed >> 32);
    key[2] = static_cast<uint32_t>(step);
    key[3] = static_cast<uint32_t>(microBatch);
  }
  scalars.copyTo(words);
  program.functions[function].entry(&words, &blocks, scratch.data());
}

void Interpreter::send(const sluice_channel *channel, int64_t step, int32_t microBatch, int32_t from, int32_t to) {
  if (!channel)
    return;
  for (uint32_t i = 0; i < channel->transfer_count; ++i) {
    const sluice_transfer &transfer = program.transfers[channel->first_transfer + i];
    std::memcpy(frame(step, microBatch, to).data() + transfer.target,
                frame(step, microBatch, from).data() + transfer.source, transfer.bytes);
  }
}

void Interpreter::forward(int32_t stage) {
  char *current = weights.back().data();
  for (int32_t m = 0; m < program.micro_batches; ++m) {
    call(stages[stage].forward, now, m, {current, nullptr, persistent.data(), frame(now, m, stage).data(), current});
    send(stages[stage].up, now, m, stage, stage + 1);
  }
}

void Interpreter::backward(int32_t stage) {
  int64_t step = appliedBy(stage);
  if (step < 0)
    return;
  bool isLate = step < now && !options.usesCurrent;
  char *read = weights[options.usesCurrent ? now : step].data();
  for (int32_t m = 0; m < program.micro_batches; ++m) {
    call(stages[stage].backward, step, m,
         {read, nullptr, persistent.data(), frame(step, m, stage).data(), isLate ? notToBeRead.data() : read});
    send(stages[stage].down, step, m, stage, stage - 1);
  }
}

/// Puts the gradient of the step before in the place of what the last stage has just added up.
void Interpreter::delayTied() {
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    if (parameter.tensor.name != options.delayedTied)
      continue;
    char *gradient = persistent.data() + parameter.gradient;
    std::vector<char> fresh(gradient, gradient + parameter.tensor.bytes);
    lastTied.resize(fresh.size());
    std::memcpy(gradient, lastTied.data(), lastTied.size());
    lastTied = fresh;
  }
}

void Interpreter::update(int32_t stage, Memory &next) {
  if (appliedBy(stage) < 0)
    return;
  sluice_blocks blocks = {newest.data(), next.data(), persistent.data(), nullptr, next.data()};
  call(stages[stage].norm, now, 0, blocks);
  StepSums sums(program);
  sums.read(program, persistent.data(), stage);
  setClipScale(scalars, normOf(program, sums.squares, lossScale(scalars), stage), options.clip);
  setScalarsOfUpdate(scalars, updates[stage]++, clipScale(scalars));
  call(stages[stage].update, now, 0, blocks);
}

/// What forward reads in the next step: the newest weights, or those after as many updates like the last as there will
/// be until its gradient is applied.
Memory Interpreter::predict(const Memory &next) const {
  Memory read = copyOf(next);
  for (uint32_t i = 0; options.predicts && now >= options.warmup && i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    auto ahead = static_cast<float>(program.stages[parameter.stage].delay);
    if (parameter.in_place || ahead == 0)
      continue;
    auto *old = reinterpret_cast<const float *>(newest.data() + parameter.tensor.offset);
    auto *updated = reinterpret_cast<const float *>(next.data() + parameter.tensor.offset);
    auto *predicted = reinterpret_cast<float *>(read.data() + parameter.tensor.offset);
    for (int64_t e = 0; e < elementCount(parameter.tensor); ++e)
      predicted[e] = updated[e] + ahead * (updated[e] - old[e]);
  }
  return read;
}

double Interpreter::loss() {
  sluice_tensor tensor = program.graphs[0].result;
  for (uint32_t i = 0; i < program.metric_count; ++i)
    if (std::string(program.metrics[i].name) == "loss")
      tensor = program.metrics[i].result;
  double sum = 0;
  for (int32_t m = 0; m < program.micro_batches; ++m)
    sum += readElement(tensor.element, frame(now, m, stageCount() - 1).data() + tensor.offset, 0);
  return sum / static_cast<double>(program.micro_batches);
}

void Interpreter::run() {
  StepSettings settings;
  settings.optimizer.learningRate.peak = settings.optimizer.adamwPeak = options.rate;
  settings.optimizer.learningRate.steps = options.steps;
  for (; now < options.steps; ++now) {
    settings.step = now;
    setScalarsOfStep(scalars, program, settings);
    std::memset(persistent.data() + program.gradient_offset, 0, program.gradient_bytes);
    for (int32_t stage = 0; stage < stageCount(); ++stage)
      forward(stage);
    for (int32_t stage = stageCount() - 1; stage >= 0; --stage)
      backward(stage);
    std::printf("%.17g\n", loss());
    if (now >= options.warmup)
      delayTied();
    for (const StageParts &stage : stages)
      call(stage.tied, now, 0, {nullptr, nullptr, persistent.data(), nullptr, nullptr});
    Memory next = copyOf(newest);
    for (int32_t stage = 0; stage < stageCount(); ++stage)
      update(stage, next);
    weights.push_back(predict(next));
    newest = std::move(next);
    forget(now - stageCount());
  }
  std::vector<TensorView> views;
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_tensor &tensor = program.parameters[i].tensor;
    views.push_back(
        {tensor.name, static_cast<sluice_element>(tensor.element), shapeOf(tensor), newest.data() + tensor.offset});
  }
  writeSafetensors(options.out, views, {});
}

int main(int argc, char **argv) {
  Options options;
  CLI::App app("The rule of stale gradients, step by step");
  app.add_option("program", options.program)->required();
  app.add_option("data", options.data)->required();
  app.add_option("steps", options.steps)->required();
  app.add_option("out", options.out)->required();
  app.add_option("--lr", options.rate);
  app.add_option("--clip", options.clip);
  app.add_option("--warmup", options.warmup);
  app.add_option("--seed", options.seed);
  app.add_flag("--current", options.usesCurrent);
  app.add_flag("--predicted", options.predicts);
  app.add_option("--tied-delay", options.delayedTied);
  CLI11_PARSE(app, argc, argv);
  void *library = dlopen(options.program.c_str(), RTLD_NOW | RTLD_LOCAL);
  void *program = library ? dlsym(library, "sluice_program") : nullptr;
  if (!program) {
    std::fprintf(stderr, "error: expected a program, found: %s\n", dlerror());
    return 2;
  }
  const auto &binary = *static_cast<const sluice_binary *>(program);
  checkProgram(binary);
  if (binary.replicas != 1 || binary.reduction_groups != 1) {
    std::fprintf(stderr, "error: expected one replica and one group of micro-batches\n");
    return 2;
  }
  Interpreter(binary, options).run();
  return 0;
}

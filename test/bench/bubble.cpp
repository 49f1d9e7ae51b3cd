//===- bubble.cpp - The bubble of pipelines, predicted and measured ----------------------===//
//
// sluice-bench-bubble [STAGES [MICRO-BATCHES]]: for each schedule, the bubble that the proof predicts and the one that
// the runtime measures, in programs whose actions sleep for what they cost. So it takes no more processors than the
// threads need to wake. 4 and 8 stages and 16 micro-batches by default; medians of 5 steps. Exit code 1 where a bubble
// is more than 3 points from its prediction.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Verify.h"
#include "runtime/cpu/Device.h"
#include "runtime/engine/Executor.h"
#include "runtime/engine/Program.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

using namespace sluice;
using schedule::ActionKind;

static constexpr int mostStages = 64, steps = 5;
static constexpr double pointsAllowed = 3;

/// Seconds that a function sleeps. Functions of generated code have no context of their own: each has its number.
enum Kind { Forward, Backward, Norm, Update, kinds };
static double sleeps[mostStages * kinds];

template <int number> static void sleepFunction(const sluice_step *, const sluice_blocks *, void *) {
  std::this_thread::sleep_for(std::chrono::duration<double>(sleeps[number]));
}

template <int... numbers> static std::vector<sluice_function> makeFunctions(std::integer_sequence<int, numbers...>) {
  return {{"sleep", sleepFunction<numbers>, 0, 0, numbers / kinds, 0, 0}...};
}

namespace {
/// The table of a program whose functions sleep, and whose messages and gradients are a cache line.
struct SleepingProgram {
  SleepingProgram(const schedule::Pipeline &pipeline, const std::vector<int> &frames);

  std::vector<sluice_function> functions;
  std::vector<sluice_action> actions;
  std::vector<sluice_stage> stages;
  std::vector<sluice_device> devices;
  std::vector<sluice_channel> channels;
  sluice_transfer transfer = {0, 0, SLUICE_ALIGNMENT};
  sluice_binary binary = {};
};
} // namespace

static sluice_action convert(const schedule::Action &action, int device, const schedule::Pipeline &pipeline) {
  int stage = device % pipeline.stages; // each has a device
  sluice_action entry = {
      SLUICE_ACTION_LOAD, stage, action.microBatch, -1, action.channel, action.into, action.from, 0, 0};
  auto call = [&](uint32_t kind, Kind function) {
    entry.kind = kind;
    entry.function = stage * kinds + function;
  };
  if (action.kind == ActionKind::Run && action.run == schedule::RunKind::Forward)
    call(SLUICE_ACTION_FORWARD, Forward);
  else if (action.kind == ActionKind::Run)
    call(SLUICE_ACTION_BACKWARD, Backward);
  else if (action.kind == ActionKind::Reduce)
    call(SLUICE_ACTION_NORM, Norm);
  else if (action.kind == ActionKind::Update)
    call(SLUICE_ACTION_UPDATE, Update);
  else if (action.kind == ActionKind::Send)
    entry.kind = SLUICE_ACTION_SEND;
  else if (action.kind == ActionKind::Recv)
    entry.kind = SLUICE_ACTION_RECEIVE;
  else if (action.kind == ActionKind::Combine)
    entry.kind = SLUICE_ACTION_COMBINE;
  if (entry.kind == SLUICE_ACTION_BACKWARD)
    entry.into = pipeline.bufferOf(action.microBatch);
  return entry;
}

SleepingProgram::SleepingProgram(const schedule::Pipeline &pipeline, const std::vector<int> &frames)
    : functions(makeFunctions(std::make_integer_sequence<int, mostStages * kinds>())) {
  functions.resize(pipeline.stages * kinds);
  for (int stage = 0; stage < pipeline.stages; ++stage)
    stages.push_back({stage * SLUICE_ALIGNMENT, SLUICE_ALIGNMENT, (stage + 1) * SLUICE_ALIGNMENT, SLUICE_ALIGNMENT,
                      SLUICE_F32, frames[stage], 1, 0, 0, stage, 0, 1, 0, 0, 0, 0, -1});
  for (int device = 0; device < pipeline.devices(); ++device) {
    auto first = uint32_t(actions.size());
    for (const schedule::Action &action : pipeline.programs[device].body)
      actions.push_back(convert(action, device, pipeline));
    devices.push_back({pipeline.replicaOf(device), first, uint32_t(actions.size()) - first, /*busy=*/-1, 0, 0});
  }
  for (const schedule::Channel &channel : pipeline.channels)
    channels.push_back(
        {uint32_t(channel.role == schedule::Role::Replica ? SLUICE_CHANNEL_REPLICA : SLUICE_CHANNEL_FRAMES),
         channel.from, channel.to, channel.source, channel.capacity, 0, 1});
  binary.batch = binary.sequence = 1;
  binary.micro_batches = pipeline.microBatches;
  binary.replicas = pipeline.replicas;
  binary.gradient_buffers = pipeline.gradientBuffers();
  binary.function_count = uint32_t(functions.size());
  binary.action_count = uint32_t(actions.size());
  binary.stage_count = uint32_t(stages.size());
  binary.device_count = uint32_t(devices.size());
  binary.channel_count = uint32_t(channels.size());
  binary.transfer_count = 1;
  binary.functions = functions.data();
  binary.actions = actions.data();
  binary.stages = stages.data();
  binary.devices = devices.data();
  binary.channels = channels.data();
  binary.transfers = &transfer;
  binary.persistent_bytes = int64_t(stages.size()) * SLUICE_ALIGNMENT;
}

/// Stages that differ, a backward of about two forwards, and updates that differ too.
static schedule::Costs makeCosts(int stages) {
  schedule::Costs costs;
  for (int stage = 0; stage < stages; ++stage) {
    schedule::StageCosts &cost = costs.stages.emplace_back();
    cost.forward = sleeps[stage * kinds + Forward] = 0.008 + 0.001 * (stage * 7 % 4);
    cost.backward = sleeps[stage * kinds + Backward] = 0.016 + 0.001 * (stage * 5 % 7);
    cost.norm = sleeps[stage * kinds + Norm] = 0.001;
    cost.update = sleeps[stage * kinds + Update] = 0.002 + 0.001 * (stage % 3);
  }
  return costs;
}

/// The median over the steps.
static double measureBubble(const SleepingProgram &program) {
  runtime::Replicas replicas;
  for (int32_t replica = 0; replica < program.binary.replicas; ++replica)
    replicas.push_back(std::make_unique<runtime::CpuDevice>(program.binary, 1));
  runtime::Actions actions(program.binary, replicas);
  runtime::Executor executor(program.binary, actions);
  std::vector<double> bubbles;
  for (int step = 0; step < steps; ++step) {
    runtime::StepSettings settings;
    settings.step = step;
    executor.computeGradients(settings, [](int32_t, int32_t, runtime::Device &) {});
    executor.update(settings);
    bubbles.push_back(runtime::bubbleOf(executor.busyShares()));
  }
  std::nth_element(bubbles.begin(), bubbles.begin() + steps / 2, bubbles.end());
  return bubbles[steps / 2];
}

/// Whether the bubble is as predicted. Exits where a number makes no pipeline.
static bool compare(const std::string &name, int stages, int microBatches) {
  schedule::GeneratorOptions options;
  options.schedule = name;
  options.stages = stages;
  options.microBatches = microBatches;
  options.capacity = 2;
  schedule::Pipeline pipeline;
  schedule::Proof proof;
  auto error = schedule::generate(options, pipeline);
  if (!error)
    error = schedule::verify(pipeline, makeCosts(stages), proof);
  if (error) {
    std::fprintf(stderr, "%s\n", error->text.c_str());
    std::exit(2);
  }
  double measured = measureBubble(SleepingProgram(pipeline, proof.frames));
  bool isNear = std::abs(measured - proof.bubble) <= pointsAllowed / 100;
  std::printf("%d stages, %d micro-batches, %-10s  predicted %5.1f %%  measured %5.1f %%%s\n", stages, microBatches,
              name.c_str(), 100 * proof.bubble, 100 * measured, isNear ? "" : "  too far");
  std::fflush(stdout);
  return isNear;
}

int main(int count, char **arguments) {
  std::vector<int> stages = {4, 8};
  if (count > 1)
    stages = {std::atoi(arguments[1])};
  int microBatches = count > 2 ? std::atoi(arguments[2]) : 16;
  bool areNear = true;
  for (int number : stages) {
    if (number > mostStages) {
      std::fprintf(stderr, "expected at most %d stages, found %d\n", mostStages, number);
      return 2;
    }
    for (const char *name : {"sequential", "gpipe", "1f1b"})
      areNear &= compare(name, number, microBatches);
  }
  return areNear ? 0 : 1;
}

//===- LineProgram.cpp - A compiled program in two forms ------------------===//

#include "LineProgram.h"
#include "LineFunctions.h"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

using namespace line;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The kernels, with the zero at the end.
static const std::string &ptx() {
  static const std::string text = [] {
    std::ifstream file(SLUICE_TEST_LINE_PTX);
    std::ostringstream all;
    all << file.rdbuf();
    return all.str();
  }();
  return text;
}

LineProgram::LineProgram(Form form, int32_t devicesOfReplica, int32_t replicas, int32_t stageCount)
    : devices(devicesOfReplica), replicas(replicas), stageCount(stageCount) {
  addParameters();
  addFunctions(form);
  if (stageCount > 1)
    addChannels();
  addActions();
  binary.target = form == Form::Kernels ? "cuda" : "cpu";
  finishTable();
}

void LineProgram::addParameters() {
  auto add = [&](const char *name, int64_t count, int64_t offset, int64_t gradient, int64_t state, int32_t stage) {
    sluice_parameter parameter = {};
    parameter.tensor = {name, SLUICE_F32, 1, {count}, offset, count * 4};
    parameter.initializer = SLUICE_INIT_NORMAL;
    parameter.init_a = 0.5;
    parameter.gradient = gradient;
    parameter.states = 1;
    parameter.stage = stageOf(stage);
    parameter.copy_of = -1;
    parameter.state_names[0] = "momentum_buffer";
    parameter.state_offsets[0] = state;
    parameters.push_back(parameter);
  };
  add("table.weight", kVocabulary, kTable, kTableGradient, kTableState, 0);
  add("line.weight", 2, kLine, kLineGradient, kLineState, 1);
  for (const char *name : {"learning_rate", "loss_gradient", "clip_scale", "poison"})
    scalars.push_back({name, 0, name, -kInfinity, kInfinity, 0});
  // gradients, frames, element, how many; then what stages have, their device, and one version of weights
  if (stageCount == 1) {
    stages.push_back({kTableGradient, 128, kTableGradient + 128, kSecondFrameBytes, SLUICE_F32, 1, 0, 1, 1, 0, 0, 1, 0,
                      0, 0, 0, -1});
    return;
  }
  stages.push_back({kTableGradient, 64, kTableGradient + 64, kFirstFrameBytes, SLUICE_F32, kMicroBatches / replicas, 0,
                    1, 0, 0, 0, 1, 0, 0, 0, 0, -1});
  stages.push_back({kLineGradient, 64, kLineGradient + 64, kSecondFrameBytes, SLUICE_F32, 1, 0, 0, 1, devices - 1, 0, 1,
                    0, 0, 0, 0, -1});
}

void LineProgram::addLaunch(const char *kernel, uint32_t threads, const std::vector<sluice_operand> &of) {
  int32_t symbol = -1;
  for (size_t i = 0; i < symbols.size(); ++i)
    if (std::string(symbols[i].name) == kernel)
      symbol = static_cast<int32_t>(i);
  if (symbol < 0) {
    symbol = static_cast<int32_t>(symbols.size());
    symbols.push_back({kernel, 0, 0});
  }
  auto first = static_cast<uint32_t>(operands.size());
  operands.insert(operands.end(), of.begin(), of.end());
  launches.push_back(
      {symbol, {1, 1, 1}, {threads, 1, 1}, 0, first, static_cast<uint32_t>(of.size()), 0, functions.back().name});
  ++functions.back().launch_count;
}

/// The update reads whether there is one.
void LineProgram::addMomentum(uint32_t threads, std::vector<sluice_operand> of) {
  of.insert(of.begin(), {SLUICE_SPACE_STEP, SLUICE_STEP_UPDATE_GATE});
  addLaunch("momentum", threads, of);
  launches.back().is_gated = 1;
}

void LineProgram::addFunctions(Form form) {
  const char *functionNames[] = {"train.table.forward",  "train.line.forward", "train.line.backward",
                                 "train.table.backward", "norm.table",         "norm.line",
                                 "update.table",         "update.line"};
  int32_t halfOf[] = {0, 1, 1, 0, 0, 1, 0, 1};
  sluice_operand step = {SLUICE_SPACE_STEP, 0}, tokens = {SLUICE_SPACE_INPUT, 0}, targets = {SLUICE_SPACE_INPUT + 1, 0};
  auto frame = [](int64_t offset) { return sluice_operand{SLUICE_SPACE_FRAME, offset}; };
  auto persistent = [](int64_t offset) { return sluice_operand{SLUICE_SPACE_PERSISTENT, offset}; };
  sluice_operand table = {SLUICE_SPACE_WEIGHTS, kTable}, slope = {SLUICE_SPACE_WEIGHTS, kLine};
  for (int i = 0; i < FunctionCount; ++i) {
    bool isHost = form == Form::Functions;
    functions.push_back({functionNames[i], isHost ? entries[i] : nullptr, 64, 0, stageOf(halfOf[i]),
                         static_cast<uint32_t>(launches.size()), 0});
    if (isHost)
      continue;
    switch (i) {
    case Forward0:
      addLaunch("embed", kTokens, {tokens, table, frame(kHidden)});
      break;
    case Forward1:
      addLaunch("compare", kTokens, {targets, frame(kHidden), slope, frame(kDifference)});
      addLaunch("mean", 1, {step, frame(kDifference), frame(kLoss)});
      break;
    case Backward1:
      addLaunch("head_gradient", 1, {step, frame(kHidden), frame(kDifference), persistent(kLineGradient)});
      addLaunch("hidden_gradient", kTokens, {step, frame(kDifference), slope, frame(kGradientOut)});
      break;
    case Backward0:
      addLaunch("scatter", kVocabulary, {tokens, frame(kHiddenGradient), persistent(kTableGradient)});
      break;
    case Norm0:
      addLaunch("squares16", 1, {persistent(kTableGradient), persistent(kNorms)});
      break;
    case Norm1:
      addLaunch("squares2", 1, {persistent(kLineGradient), persistent(kNorms + 8)});
      break;
    case Update0:
      addMomentum(kVocabulary,
                  {step, persistent(kTableGradient), {SLUICE_SPACE_NEXT_WEIGHTS, kTable}, persistent(kTableState)});
      break;
    case Update1:
      addMomentum(2, {step, persistent(kLineGradient), {SLUICE_SPACE_NEXT_WEIGHTS, kLine}, persistent(kLineState)});
      break;
    }
  }
  if (form == Form::Kernels)
    images.push_back({SLUICE_IMAGE_PTX, 80, "sm_80", ptx().c_str(), static_cast<int64_t>(ptx().size())});
}

void LineProgram::addChannels() {
  transfers = {{kHidden, kHidden, kTokens * 4}, {kGradientOut, kHiddenGradient, kTokens * 4}};
  for (int32_t replica = 0; replica < replicas; ++replica) {
    int32_t first = replica * devices, second = first + devices - 1;
    channels.push_back({SLUICE_CHANNEL_FRAMES, first, second, 0, 2, 0, 1});
    channels.push_back({SLUICE_CHANNEL_FRAMES, second, first, 1, 1, 1, 1});
  }
  // To the first replica and back.
  for (int32_t stage = 0; replicas > 1 && stage < 2; ++stage) {
    int32_t there = stage * (devices - 1), here = devices + there;
    channels.push_back({SLUICE_CHANNEL_REPLICA, here, there, stage, 1, 0, 0});
    channels.push_back({SLUICE_CHANNEL_REPLICA, there, here, stage, 1, 0, 0});
  }
}

int32_t LineProgram::channelOf(int32_t replica, sluice_channel_role role, int32_t stage) const {
  return role == SLUICE_CHANNEL_FRAMES ? 2 * replica + stage : 2 * replicas + 2 * stage + (replica == 0 ? 1 : 0);
}

void LineProgram::addStepActions(int32_t replica, int32_t device) {
  auto isHere = [&](int32_t half, int32_t channel) {
    return stages[stageOf(half)].device == device && (channel < 0 || stageCount > 1);
  };
  auto add = [&](sluice_action_kind kind, int32_t stage, int32_t microBatch, int32_t function, int32_t channel,
                 int32_t into = -1, int32_t from = -1, int32_t clears = 0) {
    if (isHere(stage, channel))
      actions.push_back(
          {static_cast<uint32_t>(kind), stageOf(stage), microBatch, function, channel, into, from, clears, 0});
  };
  int32_t count = kMicroBatches / replicas, first = replica * count;
  int32_t up = channelOf(replica, SLUICE_CHANNEL_FRAMES, 0), down = channelOf(replica, SLUICE_CHANNEL_FRAMES, 1);
  // Where each stage has a device the first runs ahead.
  bool isApart = devices == 2;
  auto forward = [&](int32_t m) {
    add(SLUICE_ACTION_LOAD, 0, m, -1, -1);
    add(SLUICE_ACTION_FORWARD, 0, m, Forward0, -1);
    add(SLUICE_ACTION_SEND, 0, m, -1, up);
  };
  for (int32_t m = first; isApart && m < first + count; ++m)
    forward(m);
  for (int32_t m = first; m < first + count; ++m) {
    if (!isApart)
      forward(m);
    add(SLUICE_ACTION_RECEIVE, 1, m, -1, up);
    add(SLUICE_ACTION_FORWARD, 1, m, Forward1, -1);
    add(stageCount > 1 ? SLUICE_ACTION_BACKWARD : SLUICE_ACTION_BACKWARD_INPUT, 1, m, Backward1, -1, 0, -1, m == first);
    add(SLUICE_ACTION_SEND, 1, m, -1, down);
    add(SLUICE_ACTION_RECEIVE, 0, m, -1, down);
    if (stageCount > 1)
      add(SLUICE_ACTION_BACKWARD, 0, m, Backward0, -1, 0, -1, m == first);
    else
      add(SLUICE_ACTION_BACKWARD_WEIGHT, 0, m, Backward0, -1, 0);
  }
  for (int32_t stage = 0; replicas > 1 && stage < 2; ++stage) {
    int32_t there = channelOf(1, SLUICE_CHANNEL_REPLICA, stage), back = channelOf(0, SLUICE_CHANNEL_REPLICA, stage);
    if (replica == 1) {
      add(SLUICE_ACTION_SEND, stage, -1, -1, there, -1, 0);
      add(SLUICE_ACTION_RECEIVE, stage, -1, -1, back, 0);
    } else {
      add(SLUICE_ACTION_RECEIVE, stage, -1, -1, there, 1);
      add(SLUICE_ACTION_COMBINE, stage, -1, -1, -1, 0, 1);
      add(SLUICE_ACTION_SEND, stage, -1, -1, back, -1, 0);
    }
  }
  for (int32_t stage = 0; stage < 2; ++stage)
    add(SLUICE_ACTION_NORM, stage, -1, Norm0 + stage, -1);
  for (int32_t stage = 0; stage < 2; ++stage)
    add(SLUICE_ACTION_UPDATE, stage, -1, Update0 + stage, -1);
}

void LineProgram::addActions() {
  for (int32_t replica = 0; replica < replicas; ++replica)
    for (int32_t device = 0; device < devices; ++device) {
      auto first = static_cast<uint32_t>(actions.size());
      addStepActions(replica, device);
      deviceTable.push_back({replica, first, static_cast<uint32_t>(actions.size()) - first, 1.0, 0, 0});
    }
  auto first = static_cast<uint32_t>(actions.size());
  actions.push_back({SLUICE_ACTION_EVALUATE, 0, 0, Forward0, -1, -1, -1, 0, 0});
  if (stageCount > 1) {
    actions.push_back({SLUICE_ACTION_SEND, 0, 0, -1, 0, -1, -1, 0, 0});
    actions.push_back({SLUICE_ACTION_RECEIVE, 1, 0, -1, 0, -1, -1, 0, 0});
  }
  actions.push_back({SLUICE_ACTION_EVALUATE, stageOf(1), 0, Forward1, -1, -1, -1, 0, 0});
  sluice_graph graph = {"train", 0, 0, stageOf(1), 2, {}, {"loss", SLUICE_F32, 0, {}, kLoss, 4}};
  graph.input[0] = {"tokens", SLUICE_I32, 2, {kBatch, kSequence}, 0, kTokens * 4};
  graph.input[1] = {"targets", SLUICE_I32, 2, {kBatch, kSequence}, 0, kTokens * 4};
  graphs.push_back(graph);
  graph.name = "eval";
  graph.first_action = first;
  graph.action_count = static_cast<uint32_t>(actions.size()) - first;
  graphs.push_back(graph);
}

void LineProgram::finishTable() {
  binary.version = SLUICE_ABI_VERSION;
  binary.model = "line";
  binary.description = "";
  binary.processor = binary.features = "";
  binary.batch = kBatch;
  binary.sequence = kSequence;
  binary.vocabulary = kVocabulary;
  binary.micro_batches = kMicroBatches;
  binary.flops_per_token = 1;
  binary.grad_clip = 1;
  binary.optimizer = "momentum";
  binary.compute = binary.accumulation = "f32";
  binary.schedule = "gpipe";
  binary.replicas = binary.reduction_groups = replicas;
  binary.gradient_buffers = replicas;
  auto set = [](uint32_t &count, auto &table, const auto &from) {
    count = static_cast<uint32_t>(from.size());
    table = from.data();
  };
  set(binary.parameter_count, binary.parameters, parameters);
  set(binary.scalar_count, binary.scalars, scalars);
  set(binary.function_count, binary.functions, functions);
  set(binary.action_count, binary.actions, actions);
  set(binary.graph_count, binary.graphs, graphs);
  set(binary.stage_count, binary.stages, stages);
  set(binary.device_count, binary.devices, deviceTable);
  set(binary.channel_count, binary.channels, channels);
  set(binary.transfer_count, binary.transfers, transfers);
  set(binary.image_count, binary.images, images);
  set(binary.symbol_count, binary.symbols, symbols);
  set(binary.launch_count, binary.launches, launches);
  set(binary.operand_count, binary.operands, operands);
  binary.parameter_bytes = kParameterBytes;
  binary.persistent_bytes = kPersistentBytes;
  binary.gradient_offset = kTableGradient;
  binary.gradient_bytes = 128;
  binary.norms_offset = kNorms;
  binary.unclipped_norms_offset = -1;
}

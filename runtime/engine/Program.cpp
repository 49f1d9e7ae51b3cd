//===- Program.cpp - Reading a program's table ----------------------------===//

#include "runtime/engine/Program.h"

#include "runtime/Error.h"

#include <cstring>
#include <numeric>

namespace sluice::runtime {

/// The table is checked once, so that nothing after it has to ask whether an offset lies inside its block.
static void require(bool holds, const std::string &message) {
  if (!holds)
    throw Error("this program is damaged: " + message);
}

int64_t elementCount(const sluice_tensor &tensor) {
  int64_t count = 1;
  for (uint32_t i = 0; i < tensor.rank; ++i)
    count *= tensor.shape[i];
  return count;
}

std::vector<int64_t> shapeOf(const sluice_tensor &tensor) {
  return std::vector<int64_t>(tensor.shape, tensor.shape + tensor.rank);
}

int64_t parameterElements(const sluice_binary &program) {
  int64_t count = 0;
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    if (program.parameters[i].copy_of < 0)
      count += elementCount(program.parameters[i].tensor);
  return count;
}

bool runsOnCards(const sluice_binary &program) { return std::strcmp(program.target, "cuda") == 0; }

bool hasNorm(const sluice_parameter &parameter) { return parameter.gradient >= 0 && parameter.copy_of < 0; }

std::vector<sluice_kernel> kernelsOf(const sluice_binary &program) {
  if (!runsOnCards(program))
    return std::vector<sluice_kernel>(program.kernels, program.kernels + program.kernel_count);
  std::vector<sluice_kernel> kernels;
  for (uint32_t i = 0; i < program.symbol_count; ++i)
    kernels.push_back({program.symbols[i].name, program.symbols[i].flops, program.symbols[i].bytes});
  return kernels;
}

int32_t deviceOf(const sluice_binary &program, int32_t stage, int32_t replica) {
  return replica * (static_cast<int32_t>(program.device_count) / program.replicas) + program.stages[stage].device;
}

std::string describeDevice(const sluice_binary &program, int32_t device) {
  int32_t replica = program.devices[device].replica;
  std::vector<uint32_t> stages;
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    if (deviceOf(program, static_cast<int32_t>(stage), replica) == device)
      stages.push_back(stage);
  std::string text = stages.size() == 1 ? "stage " : "stages ";
  for (size_t i = 0; i < stages.size(); ++i)
    text += (i == 0 ? "" : i + 1 < stages.size() ? ", " : " and ") + std::to_string(stages[i]);
  return program.replicas > 1 ? text + " of replica " + std::to_string(replica) : text;
}

int64_t messageBytes(const sluice_binary &program, const sluice_channel &channel) {
  if (channel.role == SLUICE_CHANNEL_REPLICA)
    return program.stages[channel.stage].gradient_bytes;
  int64_t bytes = 0;
  for (uint32_t i = 0; i < channel.transfer_count; ++i)
    bytes += program.transfers[channel.first_transfer + i].bytes;
  return bytes;
}

std::vector<double> predictedBusy(const sluice_binary &program) {
  std::vector<double> busy;
  for (uint32_t i = 0; i < program.device_count; ++i) {
    if (program.devices[i].busy < 0)
      return {};
    busy.push_back(program.devices[i].busy);
  }
  return busy;
}

double bubbleOf(const std::vector<double> &busy) {
  return 1 - std::accumulate(busy.begin(), busy.end(), 0.0) / static_cast<double>(busy.size());
}

const sluice_metric *findMetric(const sluice_binary &program, sluice_metric_kind kind) {
  for (uint32_t i = 0; i < program.metric_count; ++i)
    if (program.metrics[i].kind == static_cast<uint32_t>(kind))
      return &program.metrics[i];
  return nullptr;
}

const sluice_graph *findGraph(const sluice_binary &program, const std::string &name) {
  for (uint32_t i = 0; i < program.graph_count; ++i)
    if (name == program.graphs[i].name)
      return &program.graphs[i];
  return nullptr;
}

/// What readElement() reads.
static bool isFloat(uint32_t element) { return element == SLUICE_F32 || element == SLUICE_F64; }

sluice_tensor stateTensor(const sluice_parameter &parameter, uint32_t state) {
  sluice_tensor tensor = parameter.tensor;
  if (state >= parameter.states - parameter.scalar_states) {
    tensor.element = SLUICE_F64;
    tensor.rank = 0;
    tensor.bytes = sizeof(double);
  }
  return tensor;
}

static void checkParameter(const sluice_binary &program, const sluice_parameter &parameter) {
  const sluice_tensor &tensor = parameter.tensor;
  std::string name = std::string("parameter ") + tensor.name;
  require(tensor.rank <= SLUICE_MAX_RANK, name + " has too many dimensions");
  require(isFloat(tensor.element), name + " is neither f32 nor f64");
  require(tensor.bytes == elementCount(tensor) * elementBytes(static_cast<sluice_element>(tensor.element)),
          name + " has a size that does not fit its shape");
  require(tensor.offset >= 0 && tensor.offset + tensor.bytes <= program.parameter_bytes,
          name + " lies outside the parameter block");
  // A negative offset says that the parameter is not trained.
  require(parameter.gradient + tensor.bytes <= program.persistent_bytes,
          name + " has its gradient outside the persistent block");
  require(parameter.copy_of < static_cast<int32_t>(program.parameter_count), name + " is a copy of none");
  require(parameter.states <= SLUICE_MAX_STATES && parameter.scalar_states <= parameter.states,
          name + " has too many states");
  for (uint32_t s = 0; s < parameter.states; ++s)
    require(parameter.state_offsets[s] >= 0 &&
                parameter.state_offsets[s] + stateTensor(parameter, s).bytes <= program.persistent_bytes,
            name + " has a state outside the persistent block");
}

static void checkGraph(const sluice_binary &program, const sluice_graph &graph) {
  std::string name = std::string("graph ") + graph.name;
  require(graph.inputs <= SLUICE_MAX_INPUTS, name + " has too many inputs");
  require(graph.first_action + graph.action_count <= program.action_count, name + " has no such actions");
  require(graph.stage >= 0 && graph.stage < static_cast<int32_t>(program.stage_count), name + " has no such stage");
  require(isFloat(graph.result.element), name + " has a result that is neither f32 nor f64");
  require(graph.result.offset >= 0 &&
              graph.result.offset + graph.result.bytes <= program.stages[graph.stage].frame_bytes,
          name + " has its result outside the frame");
  // Inputs are the tokens and then, for `logits`, the position, else the targets; the rows of `logits` may be fewer.
  int64_t tokens = program.batch * program.sequence;
  bool isLogits = std::string(graph.name) == "logits";
  require(graph.inputs == 2, name + " has not two inputs");
  require(graph.input[0].rank > 0 && graph.input[0].shape[graph.input[0].rank - 1] == program.sequence,
          name + " has tokens of another sequence length");
  require(isLogits ? elementCount(graph.input[0]) <= tokens && elementCount(graph.input[1]) <= tokens &&
                         elementCount(graph.result) >= program.vocabulary
                   : elementCount(graph.input[0]) == tokens && elementCount(graph.input[1]) == tokens,
          name + " has inputs or a result of another size");
}

static void checkAction(const sluice_binary &program, const sluice_action &action) {
  require(action.micro_batch < program.micro_batches, "an action has no such micro-batch");
  require(action.function < static_cast<int32_t>(program.function_count), "an action has no such function");
  require(action.stage >= 0 && action.stage < static_cast<int32_t>(program.stage_count), "an action has no such stage");
  bool sends = action.kind == SLUICE_ACTION_SEND || action.kind == SLUICE_ACTION_RECEIVE;
  require(!sends || (action.channel >= 0 && action.channel < static_cast<int32_t>(program.channel_count)),
          "an action has no such channel");
  require(action.into < program.gradient_buffers && action.from < program.gradient_buffers,
          "an action has no such gradient buffer");
}

static void checkDevice(const sluice_binary &program, const sluice_device &device) {
  require(device.replica >= 0 && device.replica < program.replicas, "a device has no such replica");
  require(device.first_action + device.action_count <= program.action_count, "a device has no such actions");
  bool normIsKnown = false;
  for (uint32_t i = 0; i < device.action_count; ++i) {
    const sluice_action &action = program.actions[device.first_action + i];
    normIsKnown |= action.kind == SLUICE_ACTION_NORM;
    require(action.kind != SLUICE_ACTION_UPDATE || normIsKnown, "an update comes before the norm");
  }
}

static void checkStagesAndChannels(const sluice_binary &program) {
  require(program.stage_count > 0 && program.replicas > 0 && program.gradient_buffers > 0 && program.device_count > 0 &&
              program.device_count % static_cast<uint32_t>(program.replicas) == 0 &&
              program.micro_batches % program.replicas == 0,
          "stages, replicas and devices do not fit each other");
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    const sluice_stage &stage = program.stages[i];
    require(stage.frames > 0 && stage.frame_bytes >= 0, "a stage has no frame");
    require(stage.device >= 0 && stage.device < static_cast<int32_t>(program.device_count) / program.replicas,
            "a stage has no such device");
    require(stage.narrow < static_cast<int32_t>(program.function_count), "a stage has no such function");
    require(stage.gradient_offset >= 0 && stage.count_offset >= stage.gradient_offset &&
                stage.count_offset <= stage.gradient_offset + stage.gradient_bytes &&
                stage.gradient_offset + stage.gradient_bytes <= program.persistent_bytes,
            "a stage has its gradients outside the persistent block");
  }
  for (uint32_t i = 0; i < program.device_count; ++i)
    checkDevice(program, program.devices[i]);
  for (uint32_t i = 0; i < program.channel_count; ++i) {
    const sluice_channel &channel = program.channels[i];
    auto isDevice = [&](int32_t device) { return device >= 0 && device < static_cast<int32_t>(program.device_count); };
    require(isDevice(channel.from) && isDevice(channel.to) && channel.capacity > 0 && channel.stage >= 0 &&
                channel.stage < static_cast<int32_t>(program.stage_count) &&
                channel.first_transfer + channel.transfer_count <= program.transfer_count,
            "a channel joins no devices or has no room");
  }
  for (uint32_t i = 0; i < program.action_count; ++i)
    checkAction(program, program.actions[i]);
  for (uint32_t i = 0; i < program.held_gradient_count; ++i) {
    const sluice_held_gradient &held = program.held_gradients[i];
    require(held.stage >= 0 && held.stage < static_cast<int32_t>(program.stage_count), "a gradient has no such stage");
    const sluice_stage &stage = program.stages[held.stage];
    require(held.bytes > 0 && held.offset >= stage.gradient_offset &&
                held.offset + held.bytes <= stage.gradient_offset + stage.gradient_bytes,
            "a gradient lies outside those of its stage");
  }
}

static void checkLaunches(const sluice_binary &program) {
  bool areLaunches = program.image_count > 0;
  for (uint32_t i = 0; i < program.function_count; ++i) {
    const sluice_function &function = program.functions[i];
    std::string name = std::string("function ") + function.name;
    require(function.first_launch + function.launch_count <= program.launch_count, name + " has no such launches");
    require(!function.entry || function.launch_count == 0, name + " has code and launches");
    require(function.entry || areLaunches, name + " has no code");
  }
  for (uint32_t i = 0; i < program.launch_count; ++i) {
    const sluice_launch &launch = program.launches[i];
    require(launch.symbol >= 0 && launch.symbol < static_cast<int32_t>(program.symbol_count),
            "a launch has no such kernel");
    require(launch.first_operand + launch.operand_count <= program.operand_count, "a launch has no such operands");
  }
  for (uint32_t i = 0; i < program.operand_count; ++i)
    require(program.operands[i].space < SLUICE_SPACE_INPUT + SLUICE_MAX_INPUTS && program.operands[i].offset >= 0,
            "an operand of a launch lies nowhere");
}

static void checkLayers(const sluice_binary &program) {
  auto isLayer = [&](int32_t layer) { return layer >= 0 && layer < static_cast<int32_t>(program.layer_count); };
  for (uint32_t i = 0; i < program.metric_count; ++i) {
    const sluice_metric &metric = program.metrics[i];
    std::string name = std::string("metric ") + metric.name;
    require(metric.layer == -1 || isLayer(metric.layer), name + " belongs to no layer");
    require(metric.gate >= -1 && metric.gate < static_cast<int32_t>(program.gate_count), name + " has no such gate");
    require(isFloat(metric.result.element), name + " is neither f32 nor f64");
    require(metric.stage >= 0 && metric.stage < static_cast<int32_t>(program.stage_count), name + " has no such stage");
    require(metric.result.offset >= 0 &&
                metric.result.offset + metric.result.bytes <= program.stages[metric.stage].frame_bytes,
            name + " lies outside the frame");
    require(metric.kind <= SLUICE_METRIC_ACCUMULATION_ERROR, name + " is of no known kind");
    require(metric.kind == SLUICE_METRIC_MEAN ||
                (metric.result.element == SLUICE_F64 && elementCount(metric.result) == 2),
            name + " is not two f64");
  }
  for (uint32_t i = 0; i < program.gate_count; ++i) {
    const sluice_gate &gate = program.gates[i];
    require(isLayer(gate.layer) && isFloat(gate.element), "a gate belongs to no layer or its count is no float");
    require(gate.count >= 0 && gate.count + int64_t(sizeof(double)) <= program.persistent_bytes,
            "a gate lies outside the persistent block");
  }
}

void checkProgram(const sluice_binary &program) {
  if (program.version != SLUICE_ABI_VERSION)
    throw Error("this program was compiled for version " + std::to_string(program.version) +
                " of the runtime's interface, and the runtime has version " + std::to_string(SLUICE_ABI_VERSION));
  require(program.scalar_count <= SLUICE_MAX_SCALARS, "too many scalars");
  require(program.batch > 0 && program.sequence > 0 && program.vocabulary > 0 && program.micro_batches > 0,
          "batch, sequence, vocabulary and micro-batches must be positive");
  require(program.graph_count > 0 && std::string(program.graphs[0].name) == "train", "the first graph is not train");
  require(program.gradient_offset >= 0 && program.gradient_offset + program.gradient_bytes <= program.persistent_bytes,
          "the gradients lie outside the persistent block");
  require(program.norms_offset >= 0 &&
              program.norms_offset + int64_t(sizeof(double)) * program.parameter_count <= program.persistent_bytes,
          "the norms lie outside the persistent block");
  checkStagesAndChannels(program);
  checkLaunches(program);
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    checkParameter(program, program.parameters[i]);
  for (uint32_t i = 0; i < program.graph_count; ++i)
    checkGraph(program, program.graphs[i]);
  checkLayers(program);
}

} // namespace sluice::runtime

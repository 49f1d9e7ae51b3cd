//===- micro-batch-gradients.cpp - Each micro-batch by itself -------------===//
//
// micro-batch-gradients ONE.so SEVERAL.so: shared libraries of what `sluicec --emit=obj` writes, of one model. ONE has
// one micro-batch a step. A step of SEVERAL has to give every micro-batch the loss and the gradient, to the last bit,
// that ONE computes of it alone. Targets are ignored in parts of very different sizes, which no file of tokens can say.
//
// Backward adds to its gradient buffer: the buffer is read right behind each backward, on the thread of its stage, and
// zeroed for the next. Without that, a second step compares what the buffers hold in the end with sums of ONE's
// gradients in the canonical order, where every micro-batch is a group of its own. A parameter is tied by two stages at
// most, and then by the same ones in both programs.
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Device.h"
#include "runtime/engine/Executor.h"
#include "runtime/engine/LayerDetail.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/StepScalars.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace sluice::runtime;

namespace {

[[noreturn]] void fail(const std::string &message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(1);
}

void expect(bool isTrue, const std::string &message) {
  if (!isTrue)
    fail(message);
}

const sluice_binary &open(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void *program = library ? dlsym(library, "sluice_program") : nullptr;
  if (!program)
    fail(std::string("expected a program, found: ") + dlerror());
  checkProgram(*static_cast<const sluice_binary *>(program));
  return *static_cast<const sluice_binary *>(program);
}

using Gradients = std::map<std::string, std::vector<float>>; // by parameter

struct MicroBatch {
  double loss = 0;
  Gradients gradients;
};

/// Devices of a program, with weights that depend on names and elements alone.
class Run {
public:
  Run(const sluice_binary &program, double lossGradient)
      : program(program), replicas(makeDevices(program)), actions(program, replicas), executor(program, actions) {
    Scalars scalars(program);
    setScalarsOfStep(scalars, program, settings);
    scalars.setIfPresent("loss_gradient", lossGradient);
    executor.setScalars(scalars);
  }

  /// The micro-batches of a step, `first` and so on, each by itself.
  std::vector<MicroBatch> runApart(int64_t first);
  /// The gradients at the end of a step.
  Gradients run();

private:
  static Replicas makeDevices(const sluice_binary &program);
  Gradients read(int32_t stage, const char *gradients) const;
  int64_t perReplica() const { return program.micro_batches / program.replicas; }
  int32_t bufferOf(int32_t stage, int32_t microBatch) const;
  void load(int64_t number, int32_t *tokens, int32_t *targets) const;

  const sluice_binary &program;
  StepSettings settings;
  Replicas replicas;
  Actions actions;
  Executor executor;
};

Replicas Run::makeDevices(const sluice_binary &program) {
  Replicas replicas;
  for (int32_t replica = 0; replica < program.replicas; ++replica) {
    Device &device = *replicas.emplace_back(std::make_unique<CpuDevice>(program, 1));
    for (uint32_t i = 0; i < program.parameter_count; ++i) {
      const sluice_parameter &parameter = program.parameters[i];
      const sluice_parameter &owner = parameter.copy_of < 0 ? parameter : program.parameters[parameter.copy_of];
      std::string name = owner.tensor.name;
      std::seed_seq seed(name.begin(), name.end());
      std::mt19937 random(seed);
      auto *values = reinterpret_cast<float *>(device.parameter(parameter));
      for (int64_t e = 0; e < elementCount(parameter.tensor); ++e)
        values[e] = float(random()) / 4294967296.0f - 0.5f;
    }
  }
  return replicas;
}

/// Of the targets of a micro-batch, all count, one, half, or none.
void Run::load(int64_t number, int32_t *tokens, int32_t *targets) const {
  std::mt19937 random{uint32_t(number)};
  int64_t count = program.batch * program.sequence, counts[] = {count, 1, count / 2, 0};
  for (int64_t i = 0; i < count; ++i) {
    tokens[i] = int32_t(random() % program.vocabulary);
    targets[i] = int32_t(random() % program.vocabulary);
    if ((i * 5 + number) % count >= counts[number % 4])
      targets[i] = -1;
  }
}

int32_t Run::bufferOf(int32_t stage, int32_t microBatch) const {
  for (uint32_t i = 0; i < program.action_count; ++i) {
    const sluice_action &action = program.actions[i];
    if (action.kind == SLUICE_ACTION_BACKWARD && action.stage == stage && action.micro_batch == microBatch)
      return action.into;
  }
  fail("expected a backward of stage " + std::to_string(stage) + " and micro-batch " + std::to_string(microBatch));
}

/// Gradients of a stage, out of a buffer that begins with them.
Gradients Run::read(int32_t stage, const char *gradients) const {
  Gradients found;
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    if (parameter.stage != stage || parameter.gradient < 0)
      continue;
    const char *from = gradients + parameter.gradient - program.stages[stage].gradient_offset;
    std::vector<float> &values = found[parameter.tensor.name];
    values.resize(elementCount(parameter.tensor));
    std::memcpy(values.data(), from, values.size() * sizeof(float));
  }
  return found;
}

std::vector<MicroBatch> Run::runApart(int64_t first) {
  // By stage: each is written by its thread alone.
  std::vector<std::vector<MicroBatch>> byStage(program.stage_count, std::vector<MicroBatch>(program.micro_batches));
  auto afterwards = [&](int32_t stage, int32_t microBatch, Device &memory) {
    auto &device = static_cast<CpuDevice &>(memory);
    const char *frame = device.frame(stage, microBatch);
    char *buffer = device.gradients(stage, bufferOf(stage, microBatch));
    MicroBatch &found = byStage[stage][microBatch];
    found.gradients = read(stage, buffer);
    std::memset(buffer, 0, program.stages[stage].gradient_bytes);
    const sluice_tensor &loss = program.graphs[0].result;
    if (program.graphs[0].stage == stage)
      found.loss = readElement(loss.element, frame + loss.offset, 0);
  };
  executor.load([&](int64_t m, int32_t *tokens, int32_t *targets) { load(first + m, tokens, targets); });
  executor.computeGradients(settings, afterwards);
  std::vector<MicroBatch> all(program.micro_batches);
  for (std::vector<MicroBatch> &stage : byStage)
    for (size_t m = 0; m < all.size(); ++m) {
      all[m].loss += stage[m].loss; // one stage has it
      all[m].gradients.merge(stage[m].gradients);
    }
  return all;
}

Gradients Run::run() {
  executor.load([&](int64_t m, int32_t *tokens, int32_t *targets) { load(m, tokens, targets); });
  executor.computeGradients(settings, [](int32_t, int32_t, Device &) {});
  Gradients all;
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    all.merge(read(int32_t(stage), static_cast<CpuDevice &>(*replicas.back()).gradients(int32_t(stage), 0)));
  return all;
}

/// The sum of [first, first + count), a power of two, as a balanced tree.
Gradients sum(const std::vector<MicroBatch> &microBatches, size_t first, size_t count) {
  if (count == 1)
    return microBatches[first].gradients;
  Gradients left = sum(microBatches, first, count / 2), right = sum(microBatches, first + count / 2, count / 2);
  for (auto &[name, values] : left)
    for (size_t e = 0; e < values.size(); ++e)
      values[e] += right[name][e];
  return left;
}

/// Uses of a tied parameter are summed apart, and added once; owner and copy then have the same.
void addCopies(const sluice_binary &program, Gradients &sums) {
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    if (int32_t owner = program.parameters[i].copy_of; owner >= 0) {
      std::vector<float> &all = sums[program.parameters[owner].tensor.name];
      std::vector<float> &copy = sums[program.parameters[i].tensor.name];
      for (size_t e = 0; e < all.size(); ++e)
        all[e] += copy[e];
      copy = all;
    }
}

void compare(const std::string &what, const Gradients &expected, const Gradients &found) {
  expect(expected.size() == found.size(), what + ": expected gradients of " + std::to_string(expected.size()) +
                                              " parameters, found " + std::to_string(found.size()));
  for (const auto &[name, values] : expected) {
    auto other = found.find(name);
    expect(other != found.end(), what + ": expected the gradient of " + name);
    // By value, as zero and minus zero are one here: what is added to zeros is never minus zero.
    for (size_t e = 0; e < values.size(); ++e)
      expect(values[e] == other->second[e], what + ": expected " + std::to_string(values[e]) + " as the gradient of " +
                                                name + " (element " + std::to_string(e) + "), found " +
                                                std::to_string(other->second[e]));
  }
}

size_t countNonZero(const Gradients &gradients) {
  size_t count = 0;
  for (const auto &entry : gradients)
    for (float value : entry.second)
      count += value != 0;
  return count;
}

} // namespace

int main(int argc, char **argv) {
  expect(argc == 3, "expected ONE.so SEVERAL.so");
  const sluice_binary &one = open(argv[1]), &several = open(argv[2]);
  expect(one.micro_batches == 1 && several.micro_batches > 1, "expected one micro-batch, and several");
  std::vector<MicroBatch> found = Run(several, 1.0 / double(several.micro_batches)).runApart(0), alone;
  // All of them by one run: nothing is left of the micro-batch before.
  Run single(one, 1.0 / double(several.micro_batches));
  for (int64_t m = 0; m < several.micro_batches; ++m)
    alone.push_back(single.runApart(m).front());
  for (size_t m = 0; m < alone.size(); ++m) {
    std::string what = "micro-batch " + std::to_string(m);
    // The fourth has no targets.
    expect((alone[m].loss != 0) == (m % 4 != 3) && (countNonZero(alone[m].gradients) > 1000) == (m % 4 != 3),
           what + ": expected a loss and gradients where there are targets alone");
    expect(m == 0 || alone[m].loss != alone[m - 1].loss, what + ": expected another loss");
    expect(alone[m].loss == found[m].loss,
           what + ": expected the loss " + std::to_string(alone[m].loss) + ", found " + std::to_string(found[m].loss));
    compare(what, alone[m].gradients, found[m].gradients);
  }
  if (several.reduction_groups == several.micro_batches) {
    Gradients sums = sum(alone, 0, alone.size());
    addCopies(several, sums);
    compare("the step", sums, Run(several, 1.0 / double(several.micro_batches)).run());
  }
  std::printf("%zu micro-batches by themselves\n", alone.size());
}

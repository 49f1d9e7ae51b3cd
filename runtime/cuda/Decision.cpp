//===- Decision.cpp - Whether a step updates ------------------------------===//

#include "runtime/cuda/Decision.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/Program.h"

#include <cstddef>

using namespace sluice::cuda;
using namespace sluice::runtime;

static std::vector<uint32_t> numbersWithNorms(const sluice_binary &program) {
  std::vector<uint32_t> numbers;
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    if (hasNorm(program.parameters[i]))
      numbers.push_back(i);
  return numbers;
}

// Where things lie in memory.
static constexpr int64_t kStopped = sizeof(int32_t), kNumbers = SLUICE_ALIGNMENT;

Decision::Decision(const sluice_binary &program, const Kernels &kernels, Stream &stream)
    : kernels(kernels), stream(stream), numbers(numbersWithNorms(program)),
      memory(stream.card, kNumbers + static_cast<int64_t>(numbers.size() * sizeof(uint32_t))) {
  stream.clear(memory.address(), kNumbers);
  if (!numbers.empty())
    stream.upload(memory.address() + kNumbers, static_cast<const void *>(numbers.data()),
                  static_cast<int64_t>(numbers.size() * sizeof(uint32_t)));
  stream.finish();
}

void Decision::launch(OwnKernel kernel, uint32_t element, std::vector<Address> parameters, const char *name) {
  static const uint32_t one[] = {1, 1, 1};
  stream.launch(kernels.own(kernel, element), {one, one, 0}, parameters, name);
}

void Decision::watch(Address value, uint32_t element) {
  launch(OwnKernel::Watch, element, {value, memory.address()}, "the look at a loss");
}

void Decision::run(Address squares, Address unclipped, Address step, int64_t clipScale, Address rule) {
  static_assert(offsetof(UpdateRule, largestNorm) == 0 && offsetof(UpdateRule, epsilon) == 8 &&
                    offsetof(UpdateRule, lossScale) == 16 && offsetof(UpdateRule, stops) == 28,
                "the kernel reads them there");
  Address factor = clipScale < 0 ? 0 : step + offsetof(sluice_step, scalars) + sizeof(double) * Address(clipScale);
  launch(OwnKernel::Decide, SLUICE_F64,
         {squares, unclipped, memory.address() + kNumbers, numbers.size(), memory.address(),
          step + SLUICE_STEP_UPDATE_GATE, factor, rule},
         "the decision whether a step updates");
}

void Decision::goOn() { stream.clear(memory.address() + kStopped, sizeof(int32_t)); }

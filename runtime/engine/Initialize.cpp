//===- Initialize.cpp - Initial values of parameters ----------------------===//

#include "runtime/Philox.h"
#include "runtime/engine/Engine.h"
#include "runtime/engine/Program.h"

namespace sluice::runtime {

/// Initial values number `pair` * 2 and `pair` * 2 + 1 of a parameter: one draw of the generator yields two.
static std::array<double, 2> initialPair(const sluice_parameter &parameter, uint64_t nameHash, uint64_t seed,
                                         uint64_t pair) {
  if (parameter.initializer == SLUICE_INIT_CONSTANT)
    return {parameter.init_a, parameter.init_a};
  PhiloxCounter words = philox({static_cast<uint32_t>(pair), static_cast<uint32_t>(pair >> 32),
                                static_cast<uint32_t>(nameHash), static_cast<uint32_t>(nameHash >> 32)},
                               philoxKey(seed));
  if (parameter.initializer == SLUICE_INIT_NORMAL) {
    std::array<double, 2> normal = normalPair(words);
    return {parameter.init_a * normal[0], parameter.init_a * normal[1]};
  }
  return {parameter.init_a * (2 * uniformDouble(words[0], words[1]) - 1),
          parameter.init_a * (2 * uniformDouble(words[2], words[3]) - 1)};
}

template <typename Element>
static void fillPairs(const sluice_parameter &parameter, uint64_t seed, Element *data, int64_t begin, int64_t end) {
  int64_t count = elementCount(parameter.tensor);
  uint64_t nameHash = hashName(parameter.tensor.name);
  for (int64_t pair = begin; pair < end; ++pair) {
    std::array<double, 2> values = initialPair(parameter, nameHash, seed, static_cast<uint64_t>(pair));
    data[2 * pair] = static_cast<Element>(values[0]);
    if (2 * pair + 1 < count)
      data[2 * pair + 1] = static_cast<Element>(values[1]);
  }
}

void Engine::initializeParameters(uint64_t seed) {
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    if (parameter.copy_of >= 0)
      continue;
    char *data = replicas.front()->parameter(parameter);
    threads().run((elementCount(parameter.tensor) + 1) / 2, [&](int64_t begin, int64_t end) {
      if (parameter.tensor.element == SLUICE_F64)
        fillPairs(parameter, seed, reinterpret_cast<double *>(data), begin, end);
      else
        fillPairs(parameter, seed, reinterpret_cast<float *>(data), begin, end);
    });
  }
  tensorsChanged();
}

} // namespace sluice::runtime

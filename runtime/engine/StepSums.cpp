//===- StepSums.cpp - Sums that a step leaves in memory -------------------===//

#include "runtime/engine/StepSums.h"
#include "runtime/engine/Program.h"

#include <cmath>

namespace sluice::runtime {

double readElement(uint32_t element, const char *data, int64_t index) {
  if (element == SLUICE_F64)
    return reinterpret_cast<const double *>(data)[index];
  return static_cast<double>(reinterpret_cast<const float *>(data)[index]);
}

StepSums::StepSums(const sluice_binary &program)
    : squares(program.parameter_count), unclipped(program.unclipped_norms_offset >= 0 ? program.parameter_count : 0),
      gates(program.gate_count) {}

void StepSums::read(const sluice_binary &program, const char *persistent, int32_t stage) {
  auto copy = [&](std::vector<double> &sums, int64_t offset) {
    for (size_t i = 0; i < sums.size(); ++i)
      if (hasNorm(program.parameters[i]) && program.parameters[i].stage == stage)
        sums[i] = readElement(SLUICE_F64, persistent + offset, static_cast<int64_t>(i));
  };
  copy(squares, program.norms_offset);
  copy(unclipped, program.unclipped_norms_offset);
  const sluice_stage &facts = program.stages[stage];
  for (size_t i = 0; i < gates.size(); ++i) {
    const sluice_gate &gate = program.gates[i];
    // Counts lie among the gradients of their stage.
    if (gate.count >= facts.gradient_offset && gate.count < facts.gradient_offset + facts.gradient_bytes)
      gates[i] = readElement(gate.element, persistent + gate.count, 0);
  }
}

void StepSums::request(const sluice_binary &program, Device &memory, int32_t stage) const {
  auto request = [&](int64_t offset, int64_t bytes) {
    if (bytes > 0)
      memory.readPersistent(stage, offset, bytes);
  };
  // Those of the stage alone: others may be read by other threads.
  auto requestSums = [&](const std::vector<double> &sums, int64_t offset) {
    for (size_t end, begin = 0; begin < sums.size(); begin = end) {
      auto isMine = [&](size_t i) { return program.parameters[i].stage == stage; };
      for (end = begin + 1; end < sums.size() && isMine(end) == isMine(begin); ++end)
        ;
      if (isMine(begin))
        request(offset + static_cast<int64_t>(begin * sizeof(double)),
                static_cast<int64_t>((end - begin) * sizeof(double)));
    }
  };
  requestSums(squares, program.norms_offset);
  requestSums(unclipped, program.unclipped_norms_offset);
  const sluice_stage &facts = program.stages[stage];
  request(facts.count_offset, facts.gradient_offset + facts.gradient_bytes - facts.count_offset);
}

void StepSums::read(const sluice_binary &program, Device &memory, int32_t stage) {
  request(program, memory, stage);
  memory.finish(stage);
  memory.check();
  read(program, memory.persistent(), stage);
}

double normOf(const sluice_binary &program, const std::vector<double> &squares, double scale, int32_t stage) {
  double sum = 0;
  for (size_t i = 0; i < squares.size(); ++i)
    if (hasNorm(program.parameters[i]) && (stage < 0 || program.parameters[i].stage == stage))
      sum += squares[i];
  return std::sqrt(sum) / scale;
}

} // namespace sluice::runtime

//===- LineProgram.h - A compiled program in two forms ----------*- C++ -*-===//

#ifndef SLUICE_TEST_UNIT_CUDA_LINEPROGRAM_H
#define SLUICE_TEST_UNIT_CUDA_LINEPROGRAM_H

#include "runtime/abi.h"

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

/// A table as the compiler writes it, of a model with two stages: hidden = table[token], and then a line. One form
/// calls functions, the other launches kernels of Line.ptx that compute the same bits. With the scalar `poison` = p >
/// 0, micro-batch 1 of the step with p - 1 steps done has an infinite loss.
class LineProgram {
public:
  enum class Form { Functions, Kernels };

  /// Stages lie on one of the program's devices, or on one each. All may also be one stage, of one device and replica.
  LineProgram(Form form, int32_t devicesOfReplica, int32_t replicas, int32_t stageCount = 2);
  LineProgram(const LineProgram &) = delete;
  LineProgram &operator=(const LineProgram &) = delete;

  static constexpr int64_t kBatch = 4, kSequence = 8, kTokens = kBatch * kSequence, kVocabulary = 16;
  static constexpr int32_t kMicroBatches = 4;

  sluice_binary binary = {};
  std::vector<sluice_operand> operands; ///< That tests may change.
  std::vector<sluice_image> images;
  std::vector<sluice_stage> stages;

private:
  void addParameters();
  void addFunctions(Form form);
  void addLaunch(const char *kernel, uint32_t threads, const std::vector<sluice_operand> &of);
  void addMomentum(uint32_t threads, std::vector<sluice_operand> of);
  void addChannels();
  void addActions();
  void addStepActions(int32_t replica, int32_t device);
  int32_t channelOf(int32_t replica, sluice_channel_role role, int32_t stage) const;
  void finishTable();

  /// Of one of the two halves of the model.
  int32_t stageOf(int32_t half) const { return std::min(half, stageCount - 1); }

  int32_t devices, replicas, stageCount;
  std::deque<std::string> names;
  std::vector<sluice_parameter> parameters;
  std::vector<sluice_scalar> scalars;
  std::vector<sluice_function> functions;
  std::vector<sluice_symbol> symbols;
  std::vector<sluice_launch> launches;
  std::vector<sluice_action> actions;
  std::vector<sluice_graph> graphs;
  std::vector<sluice_device> deviceTable;
  std::vector<sluice_channel> channels;
  std::vector<sluice_transfer> transfers;
};

#endif // SLUICE_TEST_UNIT_CUDA_LINEPROGRAM_H

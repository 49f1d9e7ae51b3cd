//===- RunGraph.h - A compiled model in this process ------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_RUN_RUNGRAPH_H
#define SLUICE_TOOLS_SLUICE_RUN_RUNGRAPH_H

#include "runtime/cpu/Memory.h"
#include "tools/Jit.h"
#include "tools/sluice-run/Values.h"
#include "llvm/ADT/StringMap.h"
#include <vector>

namespace sluice {

/// Values that the module gives, by name ("train.0" for the first input of the graph `train`).
using GivenValues = llvm::StringMap<mlir::Attribute>;

/// Memory and inputs for the table that a module exports.
class Model {
public:
  Model(Jit &jit, const sluice_binary &binary, unsigned threads);

  /// Fills parameters and inputs; parameters that nobody gives are their initial value's mean plus noise. False if a
  /// value does not fit.
  bool fillParameters(mlir::MLIRContext *context, const GivenValues &given, uint64_t seed);
  bool fillInputs(mlir::MLIRContext *context, const sluice_graph &graph, const GivenValues &given, uint64_t seed);

  const sluice_graph *findGraph(llvm::StringRef name) const;
  /// Leaves the graph's result in the frame.
  void evaluate(const sluice_graph &graph);
  /// Runs the actions of a step of one micro-batch up to the norm; leaves the loss in the frame and gradients in
  /// the persistent block.
  void runForwardAndBackward();

  char *parameterAt(int64_t offset) { return parameters.data() + offset; }
  char *persistentAt(int64_t offset) { return persistent.data() + offset; }
  char *frameAt(int64_t offset) { return frame.data() + offset; }
  mlir::RankedTensorType typeOf(mlir::MLIRContext *context, const sluice_tensor &tensor) const;

  const sluice_binary &binary;

private:
  void call(int32_t function);
  /// Runs the actions of these kinds in [first, first + count), in one frame.
  void runActions(uint32_t first, uint32_t count, std::initializer_list<uint32_t> kinds);

  Jit &jit;
  runtime::Memory parameters, persistent, frame, scratch;
  std::vector<runtime::Memory> inputs;
};

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_RUN_RUNGRAPH_H

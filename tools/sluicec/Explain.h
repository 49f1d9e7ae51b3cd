//===- Explain.h - What a step will do, before code is made ---------------------------===//
//
// The plan of `--explain`: what each stage has and needs, and one step of all devices, simulated. A tick is the time of
// a floating-point operation, as in passes/Stages/StageCosts.h: costs are estimates, and updates count as nothing.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_EXPLAIN_H
#define SLUICE_TOOLS_SLUICEC_EXPLAIN_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/Schedule/Verify.h"
#include <string>
#include <vector>

namespace sluice {

/// The layers of a stage, and how many ticks a micro-batch takes.
struct StageWork {
  int64_t layers = 0; ///< of the stack
  bool hasEmbeddings = false, hasHead = false;
  schedule::StageCosts costs; ///< transfers beside forward and backward
};

/// Reads the layers of a graph, behind `buildStagePipeline`; those without a stage are on the first. Fails with an
/// error where their depths do not ascend.
mlir::FailureOr<std::vector<StageWork>> measureStages(GraphOp graph);

/// The plan of a module whose schedule is proved and whose slots are planned. `form` is `json`, one object; `svg`, the
/// timeline as a picture; or else text. Bytes are those of a device: of one stage in one replica, without tokens and
/// the scratch memory of functions. The speed-up is over the schedule `sequential` on the same stages in one replica.
mlir::FailureOr<std::string> explainPlan(mlir::ModuleOp module, std::vector<StageWork> work, llvm::StringRef form);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_EXPLAIN_H

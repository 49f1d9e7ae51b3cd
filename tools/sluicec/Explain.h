//===- Explain.h - What a step will do, before code is made ---------------------------===//
//
// The plan of `--explain`: what each stage has and needs, and one step of all devices, simulated. Costs are those of
// the module's `sluice.stage_costs`: estimates, where updates count as nothing, or what a profile measured.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_EXPLAIN_H
#define SLUICE_TOOLS_SLUICEC_EXPLAIN_H

#include "mlir/IR/BuiltinOps.h"
#include "tools/sluicec/Contractions.h"
#include <string>

namespace sluice {

/// The plan of a module whose schedule is proved and whose slots are planned. `form` is `json`, one object; `svg`, the
/// timeline as a picture; or else text. Bytes are those of a device: of one stage in one replica, without tokens and
/// the scratch memory of functions. The speed-up is over the schedule `sequential` on the same stages in one replica.
/// Text and JSON have the report in them, a picture has not.
mlir::FailureOr<std::string> explainPlan(mlir::ModuleOp module, llvm::StringRef form, const ContractionReport &report);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_EXPLAIN_H

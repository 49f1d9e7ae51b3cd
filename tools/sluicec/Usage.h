//===- Usage.h - What is wrong with a command line ----------------------------===//
//
// Errors are one line without a full stop. An empty string is none.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_USAGE_H
#define SLUICE_TOOLS_SLUICEC_USAGE_H

#include "mlir/IR/BuiltinOps.h"
#include "tools/sluicec/Options.h"

namespace sluice {

/// What the options make of the devices.
struct DeviceCount {
  int64_t stages; ///< 0: as many as the partition has, or one
  int replicas;   ///< at least 1
  int ofReplica;  ///< devices of a replica; 0: one a stage
};

/// `--devices` are those of all replicas. Without them, a schedule whose gradients are stale has one device less than
/// stages where embeddings and head of the model share a parameter, which then lies on one device. Behind `checkUsage`,
/// which says where it cannot be.
DeviceCount countDevices(mlir::ModuleOp module, const Options &options);

/// What weights and the first moment are rounded to, the name of a format, and what the loss is scaled by: what
/// `--state` and `--loss-scale` say, or the policy of `--compute`. Behind `checkUsage`.
std::string stateOf(const Options &options);
std::string lossScaleOf(const Options &options);

/// Values of the options of stages that no model fits. A part of `checkUsage`.
std::string checkStageUsage(const Options &options);

/// Values out of range, options that do not go together, and files that cannot be read or written.
std::string checkUsage(const Options &options);

/// What of the options of stages, of their plan, or of what is scaled and rounded does not fit the model. How its
/// layers are divided is for `sluice-assign-stages` to say.
std::string checkSchedule(mlir::ModuleOp module, const Options &options);

/// An error about an option of a technique, with the flag that gave the technique behind it; another as it is.
std::string withTechniqueFlag(std::string message, const Options &options);

/// An error about the division of layers, with the flag that asked for it behind it; another as it is.
std::string withStageFlag(const std::string &message, const Options &options);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_USAGE_H

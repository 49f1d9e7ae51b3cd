//===- PipelineOps.h - Programs as ops, and back -------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_PIPELINEOPS_H
#define SLUICE_PASSES_SCHEDULE_PIPELINEOPS_H

#include "dialects/Pipe/PipeDialect.h"
#include "mlir/IR/Builders.h"
#include "passes/Schedule/Programs.h"
#include "passes/Schedule/Verify.h"
#include <vector>

namespace sluice {

/// A `pipe.pipeline` as the library sees it, and the ops that its errors are about.
struct PipelineOfOp {
  schedule::Pipeline pipeline;
  std::vector<std::vector<mlir::Operation *>> actions; ///< by device, through prologue, body and epilogue
  std::vector<mlir::Operation *> programs;             ///< by device; null where it has none
  std::vector<pipe::ChannelOp> channels;
};

/// Reads a pipeline that verified. Fails with an error where a device lacks its program.
mlir::FailureOr<PipelineOfOp> readPipeline(pipe::PipelineOp op);

/// Adds a `pipe.pipeline` at the builder's insertion point. Channels are named `role.from.to` by the stages of
/// all replicas that they join, programs `device.N`;
/// bundles are empty.
pipe::PipelineOp writePipeline(mlir::OpBuilder &builder, mlir::Location location, llvm::StringRef name,
                               const schedule::Pipeline &pipeline);

/// What actions of the trained graph's programs cost, as the module's `sluice.stage_costs` says. Nothing for other
/// programs, and where the module does not say it of as many stages.
std::optional<schedule::Costs> costsOf(pipe::PipelineOp op);

} // namespace sluice

#endif // SLUICE_PASSES_SCHEDULE_PIPELINEOPS_H

//===- ProgramTable.h - The exported table's programs, channels and stages --------===//
#ifndef SLUICE_PASSES_TABLE_PROGRAMTABLE_H
#define SLUICE_PASSES_TABLE_PROGRAMTABLE_H

#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Table/FunctionTable.h"

namespace sluice {

/// The memory of every stage, whose slots have offsets; frames are those of the proved pipeline. Fails with an error at
/// a slot of a stage that the pipeline lacks.
mlir::FailureOr<llvm::SmallVector<sluice_stage>> collectStages(mlir::ModuleOp module, pipe::PipelineOp pipeline);

/// The gradients of tied parameters that the stages which own these hold back for a step, whose slots have offsets;
/// none without a delay.
llvm::SmallVector<sluice_held_gradient> collectHeldGradients(mlir::ModuleOp module, pipe::PipelineOp pipeline);

/// Adds what the `pipe.pipeline` of every graph says: devices with their actions, channels, and the memory of stages.
/// Names in `table.graphs` are those of the graphs; each but the trained one gets its actions. Fails with an error
/// where a graph has no pipeline, one that is not proved, or one that does not fit the model.
mlir::LogicalResult collectPrograms(mlir::ModuleOp module, const BinaryFacts &facts, const FunctionIndex &functions,
                                    Table &table);

} // namespace sluice

#endif // SLUICE_PASSES_TABLE_PROGRAMTABLE_H

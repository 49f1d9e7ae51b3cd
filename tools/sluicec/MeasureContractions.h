//===- MeasureContractions.h - What generated code loses in sums of products ---------------===//
#ifndef SLUICE_TOOLS_SLUICEC_MEASURECONTRACTIONS_H
#define SLUICE_TOOLS_SLUICEC_MEASURECONTRACTIONS_H

#include "passes/CPU/Processor.h"
#include "passes/Target/Pipeline.h"
#include "tools/sluicec/Contractions.h"

namespace sluice {

/// Compiles one contraction of each kind, with its rounding, scales and sums and as many products, of 64 rows and 64
/// columns of standard normal numbers, runs it in this process and sets `observed`: its error against f64 sums of the
/// operands that it rounded itself. The processor must be the one that this runs on.
llvm::Error measureContractions(llvm::MutableArrayRef<ContractionKind> kinds, const LoweringOptions &lowering,
                                const Processor &processor);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_MEASURECONTRACTIONS_H

//===- SluiceStatisticsOps.h - What rounding and sums lose --------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_SLUICESTATISTICSOPS_H
#define SLUICE_DIALECTS_SLUICE_SLUICESTATISTICSOPS_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {
/// Attribute of a slot of kind `result`, tensor<2xf64>: what of a micro-batch it has, one of the names below. The
/// runtime adds up micro-batches and slots.
inline constexpr llvm::StringLiteral statisticAttrName = "sluice.statistic";
/// The counts of `sluice.count_roundings` of weights and activations, and of gradients of the loss.
inline constexpr llvm::StringLiteral roundedValuesName = "rounded_values", roundedErrorsName = "rounded_errors";
/// The sums of `sluice.accumulation_error`.
inline constexpr llvm::StringLiteral accumulationErrorName = "accumulation_error";
} // namespace sluice

#define GET_OP_CLASSES
#include "dialects/Sluice/SluiceStatisticsOps.h.inc"

#endif // SLUICE_DIALECTS_SLUICE_SLUICESTATISTICSOPS_H

//===- GradientCheck.h - Gradients against central differences ---------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_RUN_GRADIENTCHECK_H
#define SLUICE_TOOLS_SLUICE_RUN_GRADIENTCHECK_H

#include "tools/sluice-run/RunGraph.h"

namespace sluice {

struct GradientCheckOptions {
  double tolerance = 1e-6; ///< largest relative error
  int64_t samples = 0;     ///< elements of each parameter, 0: all
};

/// Makes every 32-bit float of the module a 64-bit one.
void promoteToF64(mlir::ModuleOp module);

/// Compares the gradients of a model in f64, its parameters and inputs filled, and prints one line. False if they
/// differ.
bool checkGradients(Model &model, const GradientCheckOptions &options);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_RUN_GRADIENTCHECK_H

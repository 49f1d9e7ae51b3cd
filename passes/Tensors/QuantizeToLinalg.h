//===- QuantizeToLinalg.h - Rounding to formats as linalg --------------------------===//
#ifndef SLUICE_PASSES_TENSORS_QUANTIZETOLINALG_H
#define SLUICE_PASSES_TENSORS_QUANTIZETOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {

/// The lowering of `sluice.quantize`.
void addQuantizeLowerings(LinalgLowerings &lowerings);

} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_QUANTIZETOLINALG_H

//===- SimulatedRetention.h - How narrow a sum may be, and how far it is off, by trials ---===//
//
// The variance retention ratio (VarianceRetention.h) of sums as they are declared, with their rounding, chunks and
// order, measured: the mean square of narrow sums over that of f64 sums of the same products. As both sums of a trial
// see the same products, far fewer trials do than for the variance alone.
//
// Random numbers are a function of seed, trial and product: estimates are the same everywhere and on every run, but for
// the last places of the platform's logarithm, sine and cosine.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_NUMERICS_SIMULATEDRETENTION_H
#define SLUICE_PASSES_NUMERICS_SIMULATEDRETENTION_H

#include "passes/Numerics/ReferenceSums.h"
#include "passes/Numerics/VarianceRetention.h"

namespace sluice::precision {

struct Trials {
  int64_t count = 1000;
  uint64_t seed = 0;
};

struct Retention {
  double ratio = 0;
  double standardError = 0; ///< of the ratio, to first order in 1 / trials
};

/// Standard normal products, rounded to nearest to their mantissa bits, at most 23, with f32's exponents. A share
/// 1 - nonZeroRatio of them is 0. The accumulation must be possible. Takes about 30 ns a product and trial.
Retention simulateRetention(const Products &products, const Accumulation &accumulation, const Trials &trials);

/// Products of standard normal operands, rounded to nearest to their formats and saturated. `products.mantissaBits` is
/// not read; a product is 0 where its left operand is made 0.
Retention simulateRetention(const Products &products, const OperandFormats &formats, const Accumulation &accumulation,
                            const Trials &trials);

struct RelativeError {
  double value = 0;         ///< root mean square of the error over that of the f64 sum
  double standardError = 0; ///< of the value, to first order in 1 / trials
};

/// The error of a sum against f64 of the same operands, which are standard normal numbers, rounded to nearest to their
/// formats and saturated. The accumulation must be possible. Takes about 100 ns a product and trial.
RelativeError simulateError(int64_t count, const OperandFormats &formats, const Accumulation &accumulation,
                            const Trials &trials);

struct SimulatedChoice {
  int sumBits = 0;
  double logVarianceLost = 0; ///< n (1 - ratio) of it
  double standardError = 0;   ///< of that
};

/// The smallest number of mantissa bits, 1 to 23, with which n (1 - ratio) < log(50), where n counts the products that
/// are not 0; nothing if none has. The accumulation is as declared, but for the bits of its sums, within and across
/// chunks; a sum across in f32 stays. The order must be sequential. By bisection: with more bits, retention is taken
/// not to fall.
///
/// The estimate decides, whatever its error. That matters in long sums to nearest, which lose next to nothing of their
/// variance: the error of n (1 - ratio) is about n 2^-bits / sqrt(trials), and can be far above log(50).
std::optional<SimulatedChoice> smallestSimulatedSumBits(const Products &products, const Accumulation &accumulation,
                                                        const Trials &trials);

} // namespace sluice::precision

#endif // SLUICE_PASSES_NUMERICS_SIMULATEDRETENTION_H

//===- VarianceRetention.h - How narrow a sum may be, by theory ----------------------------===//
//
// Sakr et al., "Accumulation Bit-Width Scaling" (ICLR 2019): a sum of n independent products with mean 0 and variance 1
// swamps, that is loses, the last bits of products once it is large. Its variance is then less than n; the variance
// retention ratio is the share that is left. Ratio 1 is a perfect sum.
//
//   2Q(x) = erfc(x / sqrt(2)), m bits of mantissa in the sum, m_p in a product, A = 2^m
//   full swamping: |sum of i| > A.   Partial, stage j: A 2^(j-m_p) < |sum of i| <= A 2^(j+1-m_p), j bits are lost
//   a_j = (2^(m-3m_p) / 3) sum_{i=1..j} 2^i (2^i - 1)(2^(i+1) - 1)       variance lost up to stage j; a = a_{m_p}
//   q_i = 2Q(A/sqrt(i)) (1 - 2Q(A/sqrt(i-1)))                            full swamping starts at i
//   q'_j = 2Q(A 2^(j-1-m_p)/sqrt(n)) - 2Q(A 2^(j-m_p)/sqrt(n))           the sum ends in stage j - 1
//   k3 = 1 - 2Q(A 2^(1-m_p)/sqrt(n))                                     the sum ends before any stage
//   retention = (sum_{2<=i<n, i>a} (i-a) q_i + sum_{2<=j<=m_p, n>a_{j-1}} (n-a_{j-1}) q'_j + n k3) / (n k)
//   k = the same sums of q_i, q'_j and k3
//   variance lost v = exp(n (1 - retention)): m is suitable where v < 50
//
// The theory is unconfirmed in places, and no code of it was published. The formulas are as they are remembered and
// checked against the few published figures: q'_j is the one of several candidates that reproduces them. It models
// products that are cut off; sums that round to nearest keep more where they barely swamp, and sums that round toward
// zero keep far less (SimulatedRetention.h measures both). Products whose mean is not 0 do worse than either. How the
// paper judges chunks is open: see ChunkCriterion.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_NUMERICS_VARIANCERETENTION_H
#define SLUICE_PASSES_NUMERICS_VARIANCERETENTION_H

#include <cstdint>
#include <optional>

namespace sluice::precision {

/// The products of a sum.
struct Products {
  int64_t count = 0;
  int mantissaBits = 0;    ///< of a product: those of its operands, and one more
  double nonZeroRatio = 1; ///< share of products that are not 0, above 0: the others are as if they were not there
};

/// log(50): the largest n (1 - retention) of a suitable sum.
constexpr double logSuitable = 3.912023005428146;

/// The ratio of a sum with so many bits of mantissa, without chunks. `sumBits` is 1 to 52 here and below. Takes about
/// a millisecond for any count.
double varianceRetention(const Products &products, int sumBits);

/// The ratio if sums swamped fully or not at all (Lemma 1): a_j = 0 above.
double varianceRetentionFullSwamping(const Products &products, int sumBits);

/// The ratio of sums in chunks: that of a chunk times that of the sum of chunks, whose terms have
/// min(sumBits, m_p + log2(chunk)) bits. A chunk of 1 is none; the last chunk counts as a whole one.
double varianceRetention(const Products &products, int sumBits, int64_t chunk);

/// Which of two readings of the paper's criterion sums in chunks must meet. Neither reproduces its table: for block
/// lengths 576, 1152, 2304, 4608 and for 3,211,264 it has 5, 5, 5, 6 and 10 bits.
enum class ChunkCriterion : uint8_t {
  Product,  ///< n (1 - retention) < log(50), with the product of both ratios: 5, 6, 6, 7 and 14 bits
  EachLevel ///< the same of a chunk and of the sum of chunks, each with its own length: 5, 5, 5, 5 and 11 bits
};

/// log v = n (1 - retention), with the number of products that are not 0 as n; with ChunkCriterion::EachLevel the
/// larger of the two levels'. Suitable if below logSuitable.
double logVarianceLost(const Products &products, int sumBits, int64_t chunk = 1,
                       ChunkCriterion criterion = ChunkCriterion::Product);

/// The smallest suitable number of mantissa bits, 1 to 23; nothing if none is.
std::optional<int> smallestSumBits(const Products &products, int64_t chunk = 1,
                                   ChunkCriterion criterion = ChunkCriterion::Product);

struct Choice {
  int sumBits = 0;
  int64_t chunk = 1;
};

/// The chunk that needs the fewest bits, among 1 (none) and the powers of two below the count. Of several the one whose
/// logarithm is nearest to that of sqrt(count), where rounding errors in the worst case are smallest, and of two that
/// are as near the shorter. Nothing if no chunk has a suitable number of bits.
std::optional<Choice> chooseChunk(const Products &products, ChunkCriterion criterion = ChunkCriterion::Product);

} // namespace sluice::precision

#endif // SLUICE_PASSES_NUMERICS_VARIANCERETENTION_H

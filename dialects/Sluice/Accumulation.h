//===- Accumulation.h - How a contraction sums its products --------------------------------===//
//
// A contraction sums n products, each exact, of operands that are values of declared formats. p is the sum of a chunk
// and S that of all:
//
//   S = 0
//   for every chunk of `chunk` products, in order, the last of which may be shorter:
//     p = 0; for its products in order: p = R(p + a b)      R rounds to `sum`, once
//     S = R(S + p)                                          R rounds to `across`; in f32 always to nearest-even
//
// (Wang et al., NeurIPS 2018). Without chunks (chunk = 1) the result is p over all products.
//
// Orders by blocks are those of tensor cores. In place of one product, p takes a group at a time, of block / groups:
//
//   e = the largest exponent of p and of the group's products. A product's exponent is the sum of those of its
//   operands,
//       a subnormal's is that of the smallest normal number; terms that are zero take no part
//   p = the exact sum of every term cut off, toward zero, behind 2^(e - fractionBits),
//       cut off behind `outputBits` bits of mantissa, with f32's exponents; infinity from 2^128 up
//
// and S = S + p in f32 is the promotion of p. Numbers: papers in ReferenceSums.h.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_ACCUMULATION_H
#define SLUICE_DIALECTS_SLUICE_ACCUMULATION_H

#include "dialects/Sluice/Rounding.h"

namespace sluice::precision {

/// In which order, and how many at a time, products are added.
struct Order {
  int block = 0;        ///< products of an instruction; 0: sequential, one product after the other
  int groups = 1;       ///< groups of an instruction, which are added one after the other
  int fractionBits = 0; ///< bits behind the point that stay of a term, which is below 4 where e is 0
  int outputBits = 0;   ///< mantissa bits of what an instruction leaves

  bool sequential() const { return block == 0; }
  /// Products that are added at once.
  int groupSize() const { return sequential() ? 1 : block / groups; }

  /// The order of a name: sequential, hopper-fp8, ada-fp8, hopper-16, hopper-tf32, ampere-16.
  static std::optional<Order> parse(std::string_view name, std::string &error);
  /// The name; blocks of numbers that no name stands for are written BLOCK/GROUPS:FRACTION:OUTPUT.
  std::string name() const;
};

inline bool operator==(const Order &left, const Order &right) {
  return left.block == right.block && left.groups == right.groups && left.fractionBits == right.fractionBits &&
         left.outputBits == right.outputBits;
}
inline bool operator!=(const Order &left, const Order &right) { return !(left == right); }

struct Accumulation {
  FloatFormat sum;
  int64_t chunk = 1; ///< products; 1: no chunks
  FloatFormat across;
  Rounding rounding = Rounding::NearestEven;
  Order order;

  bool chunked() const { return chunk > 1; }
  /// The rounding of S + p: that of sums, and in f32 always to nearest-even.
  Rounding acrossRounding() const { return across == FloatFormat() ? Rounding::NearestEven : rounding; }

  /// What is impossible about it, in a line; nothing where it is possible. A chunk is at least 1. Sums of an order by
  /// blocks are e8m<outputBits>, rounded toward zero, and their chunk is 1 or a multiple of the block.
  std::optional<std::string> check() const;
};

} // namespace sluice::precision

#endif // SLUICE_DIALECTS_SLUICE_ACCUMULATION_H

//===- SumDraws.cpp - The random words of sums in registers ------------------------===//
#include "passes/CPU/SumDraws.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/BFloat16.h"

using namespace mlir;
using namespace sluice;
using precision::Addition;

/// Words that one counter gives.
static constexpr int64_t wordsOfCounter = 4;

/// Elements of the result from one of a merged dimension to the next, row by row; 0 without one.
static int64_t strideInResult(const Contraction &contraction, std::optional<unsigned> dim) {
  if (!dim)
    return 0;
  const auto *at = llvm::find(contraction.c.dims, *dim);
  return at == contraction.c.dims.end() ? 0 : contraction.product(ArrayRef<unsigned>(at + 1, contraction.c.dims.end()));
}

std::optional<SumDraws> SumDraws::of(ImplicitLocOpBuilder &b, const Contraction &contraction,
                                     const Position &position) {
  if (!contraction.narrow || !contraction.narrow->key)
    return std::nullopt;
  Value first = constantIndex(b, 0);
  for (unsigned dim : contraction.outer)
    first = plus(b, first, times(b, position.lookup(dim), strideInResult(contraction, dim)));
  return SumDraws{*contraction.narrow->key,
                  first,
                  strideInResult(contraction, contraction.m),
                  strideInResult(contraction, contraction.n),
                  /*terms=*/{},
                  /*startsQuarter=*/false};
}

static Value toWord(ImplicitLocOpBuilder &b, Value index) {
  return arith::IndexCastOp::create(b, b.getI32Type(), index);
}

Value SumDraws::elementsAt(ImplicitLocOpBuilder &b, Value row, Value column, Type like) const {
  Value index = plus(b, first, plus(b, times(b, row, rowStride), times(b, column, columnStride)));
  Value element = toWord(b, index);
  auto vector = dyn_cast<VectorType>(like);
  if (!vector)
    return element;
  VectorType type = vector.clone(b.getI32Type());
  SmallVector<int32_t> steps;
  for (int64_t lane = 0; lane < type.getNumElements(); ++lane)
    steps.push_back(int32_t(lane * columnStride));
  Value offsets = arith::ConstantOp::create(b, DenseIntElementsAttr::get(type, steps));
  return arith::AddIOp::create(b, vector::BroadcastOp::create(b, type, element), offsets);
}

/// Of the counter that has the word of a product; `product` is its number, as i32.
std::array<Value, 4> SumDraws::words(ImplicitLocOpBuilder &b, Value elements, Value product, Addition addition) const {
  Value quarter = arith::ShRUIOp::create(b, product, integerLike(b, product, llvm::Log2_64(wordsOfCounter)));
  if (isa<VectorType>(elements.getType()))
    quarter = vector::BroadcastOp::create(b, elements.getType(), quarter);
  return key.words(b, elements, quarter, addition);
}

std::array<Value, 4> SumDraws::quarter(ImplicitLocOpBuilder &b, Value elements, Value k) const {
  return words(b, elements, toWord(b, plus(b, terms.start, k)), Addition::Within);
}

Value SumDraws::word(ImplicitLocOpBuilder &b, Value elements, Value k, Addition addition) const {
  Value product = toWord(b, plus(b, terms.start, k));
  std::array<Value, 4> four = words(b, elements, product, addition);
  Value place = arith::AndIOp::create(b, product, integerLike(b, product, wordsOfCounter - 1));
  Value word = four.front();
  for (int64_t i = 1; i < wordsOfCounter; ++i) {
    Value isHere = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, place, integerLike(b, place, int32_t(i)));
    word = arith::SelectOp::create(b, isHere, four[i], word);
  }
  return word;
}

Value SumDraws::wordOfChunk(ImplicitLocOpBuilder &b, Value elements) const {
  return word(b, elements, plus(b, terms.count, -1), Addition::Across);
}

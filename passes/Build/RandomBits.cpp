//===- RandomBits.cpp - Counter-based randomness in generated code ------------------===//
#include "passes/Build/RandomBits.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Formula.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

static Value word(ImplicitLocOpBuilder &b, uint32_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(value)));
}

static Value read(ImplicitLocOpBuilder &b, Value values, ValueRange position) {
  if (isa<RankedTensorType>(values.getType()))
    return tensor::ExtractOp::create(b, values, position);
  return memref::LoadOp::create(b, values, position);
}

static Value readWord(ImplicitLocOpBuilder &b, Value words, int64_t index) {
  return read(b, words, ValueRange(arith::ConstantIndexOp::create(b, index)));
}

DropoutMask sluice::readDropoutMask(ImplicitLocOpBuilder &b, Value key, Value layer, Value rate, int64_t ordinal,
                                    int64_t batch, Type element) {
  DropoutMask mask;
  mask.seedLow = readWord(b, key, 0);
  mask.seedHigh = readWord(b, key, 1);
  mask.step = readWord(b, key, 2);
  mask.firstSample = arith::MulIOp::create(b, readWord(b, key, 3), word(b, batch));
  mask.layerAndOrdinal =
      arith::AddIOp::create(b, arith::MulIOp::create(b, readWord(b, layer, 0), word(b, 256)), word(b, ordinal));
  // In f64, so that all 32 bits of the threshold count, and below 1, so that it fits and the factor is finite.
  Formula f{b, b.getF64Type()};
  Value share = arith::MaximumFOp::create(
      b, f.c(0), arith::MinimumFOp::create(b, read(b, rate, {}), f.c(1 - std::ldexp(1.0, -32))));
  mask.threshold = arith::FPToUIOp::create(b, b.getI32Type(), f.add(f.mul(share, f.c(std::ldexp(1.0, 32))), f.c(0.5)));
  mask.factor = f.div(f.c(1), f.sub(f.c(1), share));
  if (element != f.type)
    mask.factor = arith::TruncFOp::create(b, element, mask.factor);
  return mask;
}

std::array<Value, 4> sluice::philoxWords(ImplicitLocOpBuilder &b, std::array<Value, 4> counter,
                                         std::array<Value, 2> keys) {
  auto constant = [&](uint32_t number) { return integerLike(b, counter[0], int32_t(number)); };
  for (int round = 0; round < 10; ++round) {
    auto first = arith::MulUIExtendedOp::create(b, counter[0], constant(0xD2511F53u));
    auto second = arith::MulUIExtendedOp::create(b, counter[2], constant(0xCD9E8D57u));
    auto mix = [&](Value high, Value other, Value roundKey) -> Value {
      return arith::XOrIOp::create(b, arith::XOrIOp::create(b, high, other), roundKey);
    };
    std::array<Value, 4> next = {mix(second.getHigh(), counter[1], keys[0]), second.getLow(),
                                 mix(first.getHigh(), counter[3], keys[1]), first.getLow()};
    counter = next;
    keys[0] = arith::AddIOp::create(b, keys[0], constant(0x9E3779B9u));
    keys[1] = arith::AddIOp::create(b, keys[1], constant(0xBB67AE85u));
  }
  return counter;
}

Value sluice::philoxWord(ImplicitLocOpBuilder &b, std::array<Value, 4> counter, std::array<Value, 2> keys) {
  return philoxWords(b, counter, keys).front();
}

Value sluice::dropoutFactor(ImplicitLocOpBuilder &b, const DropoutMask &mask, Value element, Value sample) {
  Value bits =
      philoxWord(b, {element, arith::AddIOp::create(b, mask.firstSample, sample), mask.step, mask.layerAndOrdinal},
                 {mask.seedLow, mask.seedHigh});
  Value kept = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, bits, mask.threshold);
  return arith::SelectOp::create(b, kept, mask.factor, Formula{b, mask.factor.getType()}.c(0));
}

SumKey SumKey::read(ImplicitLocOpBuilder &b, Value key, Value id, int64_t ordinal) {
  std::array<Value, 4> words =
      philoxWords(b, {readWord(b, id, 0), readWord(b, key, 3), readWord(b, key, 2), readWord(b, id, 1)},
                  {readWord(b, key, 0), readWord(b, key, 1)});
  return {words[0], words[1], ordinal};
}

std::array<Value, 4> SumKey::words(ImplicitLocOpBuilder &b, Value element, Value quarter,
                                   precision::Addition addition) const {
  auto like = [&](Value scalar) -> Value {
    auto vector = dyn_cast<VectorType>(element.getType());
    return vector ? vector::BroadcastOp::create(b, vector, scalar).getResult() : scalar;
  };
  int64_t contraction = 2 * ordinal + (addition == precision::Addition::Across);
  return philoxWords(b, {element, quarter, integerLike(b, element, int32_t(contraction)), integerLike(b, element, 0)},
                     {like(low), like(high)});
}

//===- RandomBits.cpp - Counter-based randomness in generated code ------------------===//
#include "passes/Build/RandomBits.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Build/Formula.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

static Value word(ImplicitLocOpBuilder &b, uint32_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(value)));
}

DropoutMask sluice::readDropoutMask(ImplicitLocOpBuilder &b, Value key, Value layer, Value rate, int64_t ordinal,
                                    int64_t batch, Type element) {
  auto read = [&](Value values, ValueRange position) -> Value {
    if (isa<RankedTensorType>(values.getType()))
      return tensor::ExtractOp::create(b, values, position);
    return memref::LoadOp::create(b, values, position);
  };
  auto readWord = [&](Value words, int64_t index) {
    return read(words, ValueRange(arith::ConstantIndexOp::create(b, index)));
  };
  DropoutMask mask;
  mask.seedLow = readWord(key, 0);
  mask.seedHigh = readWord(key, 1);
  mask.step = readWord(key, 2);
  mask.firstSample = arith::MulIOp::create(b, readWord(key, 3), word(b, batch));
  mask.layerAndOrdinal =
      arith::AddIOp::create(b, arith::MulIOp::create(b, readWord(layer, 0), word(b, 256)), word(b, ordinal));
  // In f64, so that all 32 bits of the threshold count, and below 1, so that it fits and the factor is finite.
  Formula f{b, b.getF64Type()};
  Value share =
      arith::MaximumFOp::create(b, f.c(0), arith::MinimumFOp::create(b, read(rate, {}), f.c(1 - std::ldexp(1.0, -32))));
  mask.threshold = arith::FPToUIOp::create(b, b.getI32Type(), f.add(f.mul(share, f.c(std::ldexp(1.0, 32))), f.c(0.5)));
  mask.factor = f.div(f.c(1), f.sub(f.c(1), share));
  if (element != f.type)
    mask.factor = arith::TruncFOp::create(b, element, mask.factor);
  return mask;
}

std::array<Value, 4> sluice::philoxWords(ImplicitLocOpBuilder &b, std::array<Value, 4> counter,
                                         std::array<Value, 2> keys) {
  for (int round = 0; round < 10; ++round) {
    auto first = arith::MulUIExtendedOp::create(b, counter[0], word(b, 0xD2511F53u));
    auto second = arith::MulUIExtendedOp::create(b, counter[2], word(b, 0xCD9E8D57u));
    auto mix = [&](Value high, Value other, Value roundKey) -> Value {
      return arith::XOrIOp::create(b, arith::XOrIOp::create(b, high, other), roundKey);
    };
    std::array<Value, 4> next = {mix(second.getHigh(), counter[1], keys[0]), second.getLow(),
                                 mix(first.getHigh(), counter[3], keys[1]), first.getLow()};
    counter = next;
    keys[0] = arith::AddIOp::create(b, keys[0], word(b, 0x9E3779B9u));
    keys[1] = arith::AddIOp::create(b, keys[1], word(b, 0xBB67AE85u));
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

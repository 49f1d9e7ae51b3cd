//===- RandomBits.cpp - Counter-based randomness in generated code ------------------===//
#include "passes/Lowering/RandomBits.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

static Value word(ImplicitLocOpBuilder &b, uint32_t value) {
  return arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(value)));
}

DropoutKey sluice::readDropoutKey(ImplicitLocOpBuilder &b, Value key, Value layer, int64_t ordinal, int64_t batch) {
  auto read = [&](Value vector, int64_t index) -> Value {
    Value position = arith::ConstantIndexOp::create(b, index);
    if (isa<RankedTensorType>(vector.getType()))
      return tensor::ExtractOp::create(b, vector, position);
    return memref::LoadOp::create(b, vector, position);
  };
  DropoutKey result;
  result.seedLow = read(key, 0);
  result.seedHigh = read(key, 1);
  result.step = read(key, 2);
  result.firstSample = arith::MulIOp::create(b, read(key, 3), word(b, batch));
  result.layerAndOrdinal =
      arith::AddIOp::create(b, arith::MulIOp::create(b, read(layer, 0), word(b, 256)), word(b, ordinal));
  return result;
}

Value sluice::philoxWord(ImplicitLocOpBuilder &b, std::array<Value, 4> counter, std::array<Value, 2> keys) {
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
  return counter[0];
}

Value sluice::dropoutFactor(ImplicitLocOpBuilder &b, const DropoutKey &key, Value element, Value sample, double rate,
                            Type type) {
  Value bits =
      philoxWord(b, {element, arith::AddIOp::create(b, key.firstSample, sample), key.step, key.layerAndOrdinal},
                 {key.seedLow, key.seedHigh});
  Value kept =
      arith::CmpIOp::create(b, arith::CmpIPredicate::uge, bits, word(b, uint32_t(std::llround(rate * 4294967296.0))));
  auto constant = [&](double value) -> Value { return arith::ConstantOp::create(b, b.getFloatAttr(type, value)); };
  return arith::SelectOp::create(b, kept, constant(1 / (1 - rate)), constant(0));
}

//===- LaneReduction.cpp - Sums of the threads of a row --------------------------------===//
#include "passes/CUDA/LaneReduction.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace sluice;

/// The value of the lane whose number differs in the bits of `mask`. Shuffles move 32 bits.
static Value exchange(ImplicitLocOpBuilder &b, Value value, int64_t mask) {
  Type type = value.getType();
  Type word = b.getI32Type();
  auto shuffle = [&](Value bits) {
    return gpu::ShuffleOp::create(b, bits, int32_t(mask), int32_t(warpSize), gpu::ShuffleMode::XOR).getShuffleResult();
  };
  if (type.isF32() || type == word)
    return shuffle(value);
  unsigned width = type.getIntOrFloatBitWidth();
  Type wide = b.getIntegerType(width);
  Value bits = isa<FloatType>(type) ? arith::BitcastOp::create(b, wide, value).getResult() : value;
  if (width < 32) {
    bits = arith::TruncIOp::create(b, wide, shuffle(arith::ExtUIOp::create(b, word, bits)));
  } else {
    Value half = arith::ConstantOp::create(b, b.getIntegerAttr(wide, 32));
    Value low = shuffle(arith::TruncIOp::create(b, word, bits));
    Value high = shuffle(arith::TruncIOp::create(b, word, arith::ShRUIOp::create(b, bits, half)));
    Value shifted = arith::ShLIOp::create(b, arith::ExtUIOp::create(b, wide, high), half);
    bits = arith::OrIOp::create(b, shifted, arith::ExtUIOp::create(b, wide, low));
  }
  return isa<FloatType>(type) ? arith::BitcastOp::create(b, type, bits).getResult() : bits;
}

Value LaneReduction::ofWarp(Value value) const {
  for (int64_t mask = warpSize / 2; mask > 0; mask /= 2)
    value = combine(value, exchange(launch.body(), value, mask));
  return value;
}

Value LaneReduction::ofBlock(Value value) const {
  ImplicitLocOpBuilder &b = launch.body();
  IndexMath index{b};
  int64_t warps = threads / warpSize;
  Value ofWarps = launch.shared({warps}, value.getType());
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index.rem(lane, warpSize), index.constant(0));
  auto branch = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    memref::StoreOp::create(b, value, ofWarps, ValueRange{index.div(lane, warpSize)});
  }
  gpu::BarrierOp::create(b);
  Value sum = memref::LoadOp::create(b, ofWarps, ValueRange{index.constant(0)});
  for (int64_t warp = 1; warp < warps; ++warp)
    sum = combine(sum, memref::LoadOp::create(b, ofWarps, ValueRange{index.constant(warp)}));
  return sum;
}

Value LaneReduction::combineAll(ArrayRef<Value> values) const {
  SmallVector<Value> rest(values);
  while (rest.size() > 1) {
    SmallVector<Value> pairs;
    for (size_t i = 0; i + 1 < rest.size(); i += 2)
      pairs.push_back(combine(rest[i], rest[i + 1]));
    if (rest.size() % 2)
      pairs.push_back(rest.back());
    rest = pairs;
  }
  Value sum = ofWarp(rest.front());
  return threads > warpSize ? ofBlock(sum) : sum;
}

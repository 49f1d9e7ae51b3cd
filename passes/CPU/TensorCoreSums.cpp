//===- TensorCoreSums.cpp - Sums of products as tensor cores add them -------------------===//
#include "passes/CPU/TensorCoreSums.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Rounding.h"

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

static constexpr int mantissaOfF32 = 23, biasOfF32 = 127, mantissaOfF64 = 52;
/// Of zeros: below every exponent, also that of a product, and far from where an integer overflows.
static constexpr int32_t noExponent = -4096;
/// Of infinities and NaNs, which make the sum a NaN, beside zeros too.
static constexpr int32_t specialExponent = 4 * 4096;

namespace {
/// A number as significand x 2^exponent; the significand of a zero is one.
struct Term {
  Value significand, exponent;
};

/// Emits the sums of one register block.
struct TensorCore {
  ImplicitLocOpBuilder &b;
  const KernelShape &shape;
  const NarrowSums &narrow;
  const ElementOfA &elementOfA;
  const VectorOfB &vectorOfB;
  Value i;
  int64_t groupSize;
  int fractionBits;

  Value integer(Value like, int32_t number) const { return integerLike(b, like, number); }
  Value plusBits(Value x, Value y) const { return arith::AddIOp::create(b, x, y); }
  Value powerOfTwo(Value exponent) const;
  Term split(Value x, int minExponent) const;
  Value broadcast(Value scalar) const;
  Value cut(const Term &term, Value largest) const;
  Value joined(Value whole, Value rest, Value largest) const;
  void forTerms(Value from, Value to, SmallVector<Value> &carried,
                function_ref<void(Value, SmallVector<Value> &)> body) const;
  void addGroup(Value from, Value to, SmallVector<Value> &sums) const;
};
} // namespace

/// 2^exponent; the exponent is limited to those of normal numbers.
Value TensorCore::powerOfTwo(Value exponent) const {
  Value field = plusBits(exponent, integer(exponent, biasOfF32));
  field = arith::MaxSIOp::create(b, field, integer(exponent, 1));
  field = arith::MinSIOp::create(b, field, integer(exponent, 2 * biasOfF32));
  Value bits = arith::ShLIOp::create(b, field, integer(exponent, mantissaOfF32));
  return arith::BitcastOp::create(b, typeLike(exponent, b.getF32Type()), bits);
}

Term TensorCore::split(Value x, int minExponent) const {
  Value bits = arith::BitcastOp::create(b, typeLike(x, b.getI32Type()), x);
  Value field = arith::AndIOp::create(b, arith::ShRUIOp::create(b, bits, integer(x, mantissaOfF32)), integer(x, 0xff));
  Value exponent = arith::MaxSIOp::create(b, plusBits(field, integer(x, -biasOfF32)), integer(x, minExponent));
  Value significand = arith::MulFOp::create(b, x, powerOfTwo(arith::SubIOp::create(b, integer(x, 0), exponent)));
  Value isZero = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, floatLike(b, x, 0));
  Value isSpecial = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, field, integer(x, 0xff));
  exponent = arith::SelectOp::create(b, isZero, integer(x, noExponent), exponent);
  return {significand, arith::SelectOp::create(b, isSpecial, integer(x, specialExponent), exponent)};
}

Value TensorCore::broadcast(Value scalar) const {
  return vector::BroadcastOp::create(b, VectorType::get(shape.lanes, scalar.getType()), scalar);
}

/// The term in units of 2^(largest - fractionBits), cut off toward zero.
Value TensorCore::cut(const Term &term, Value largest) const {
  Value shift = plusBits(arith::SubIOp::create(b, term.exponent, largest), integer(largest, fractionBits));
  Value inUnits = arith::MulFOp::create(b, term.significand, powerOfTwo(shift));
  return arith::FPToSIOp::create(b, typeLike(largest, b.getI32Type()), inUnits);
}

/// The sum of two integers in those units, cut off to the mantissa of the sum's format.
Value TensorCore::joined(Value whole, Value rest, Value largest) const {
  Type wide = typeLike(whole, b.getF64Type()), wideBits = typeLike(whole, b.getI64Type());
  Value sum = arith::AddFOp::create(b, arith::SIToFPOp::create(b, wide, whole), arith::SIToFPOp::create(b, wide, rest));
  int dropped = mantissaOfF64 - narrow.accumulation.order.outputBits;
  auto mask = DenseElementsAttr::get(cast<VectorType>(wideBits), APInt(64, -(int64_t(1) << dropped), true));
  Value bits = arith::AndIOp::create(b, arith::BitcastOp::create(b, wideBits, sum), arith::ConstantOp::create(b, mask));
  Value kept = arith::TruncFOp::create(b, typeLike(whole, b.getF32Type()), arith::BitcastOp::create(b, wide, bits));
  // In two steps: the power itself may be no f32.
  Value exponent = plusBits(largest, integer(largest, -fractionBits));
  Value half = arith::ShRSIOp::create(b, exponent, integer(largest, 1));
  Value scaled = arith::MulFOp::create(b, kept, powerOfTwo(half));
  scaled = arith::MulFOp::create(b, scaled, powerOfTwo(arith::SubIOp::create(b, exponent, half)));
  Value isSpecial =
      arith::CmpIOp::create(b, arith::CmpIPredicate::sge, largest, integer(largest, specialExponent + noExponent));
  Value nan = floatLike(b, largest, std::numeric_limits<double>::quiet_NaN());
  return arith::SelectOp::create(b, isSpecial, nan, scaled);
}

/// A loop over terms that carries values, which `body` replaces.
void TensorCore::forTerms(Value from, Value to, SmallVector<Value> &carried,
                          function_ref<void(Value, SmallVector<Value> &)> body) const {
  auto k = scf::ForOp::create(b, from, to, constantIndex(b, 1), carried);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(k.getBody());
    SmallVector<Value> values(k.getRegionIterArgs());
    body(k.getInductionVar(), values);
    scf::YieldOp::create(b, values);
  }
  carried = SmallVector<Value>(k.getResults());
}

/// The products from `from` to `to` and the sums so far become the sums.
void TensorCore::addGroup(Value from, Value to, SmallVector<Value> &sums) const {
  int64_t vectors = shape.vectors();
  auto forProducts = [&](SmallVector<Value> &carried, function_ref<void(Term, Term, int64_t)> body) {
    forTerms(from, to, carried, [&](Value k, SmallVector<Value> &values) {
      SmallVector<Term> column;
      for (int64_t v = 0; v < vectors; ++v)
        column.push_back(split(vectorOfB(b, k, v * shape.lanes), narrow.right.minExponent()));
      carried = values;
      for (int64_t r = 0; r < shape.rows; ++r) {
        Term element = split(elementOfA(b, i, k, r), narrow.left.minExponent());
        Term row{broadcast(element.significand), broadcast(element.exponent)};
        for (int64_t v = 0; v < vectors; ++v)
          body(row, column[v], r * vectors + v);
      }
      values = carried;
    });
  };
  SmallVector<Term> before;
  SmallVector<Value> largest;
  for (Value sum : sums) {
    before.push_back(split(sum, 1 - biasOfF32));
    largest.push_back(before.back().exponent);
  }
  forProducts(largest, [&](Term row, Term column, int64_t index) {
    largest[index] = arith::MaxSIOp::create(b, largest[index], plusBits(row.exponent, column.exponent));
  });
  SmallVector<Value> products(sums.size(), integer(largest.front(), 0));
  forProducts(products, [&](Term row, Term column, int64_t index) {
    Term product{arith::MulFOp::create(b, row.significand, column.significand),
                 plusBits(row.exponent, column.exponent)};
    products[index] = plusBits(products[index], cut(product, largest[index]));
  });
  for (auto [index, sum] : llvm::enumerate(sums))
    sum = joined(products[index], cut(before[index], largest[index]), largest[index]);
}

SmallVector<Value> sluice::addByTensorCore(ImplicitLocOpBuilder &b, const KernelShape &shape, const NarrowSums &narrow,
                                           const ElementOfA &elementOfA, const VectorOfB &vectorOfB, Value i,
                                           Value terms) {
  const precision::Order &order = narrow.accumulation.order;
  TensorCore core{b, shape, narrow, elementOfA, vectorOfB, i, order.groupSize(), order.fractionBits};
  auto type = VectorType::get(shape.lanes, b.getF32Type());
  SmallVector<Value> zeros(shape.rows * shape.vectors(), arith::ConstantOp::create(b, b.getZeroAttr(type)));
  auto group = scf::ForOp::create(b, constantIndex(b, 0), terms, constantIndex(b, core.groupSize), zeros);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(group.getBody());
  SmallVector<Value> sums(group.getRegionIterArgs());
  Value from = group.getInductionVar();
  Value to = b.createOrFold<arith::MinUIOp>(plus(b, from, core.groupSize), terms);
  core.addGroup(from, to, sums);
  scf::YieldOp::create(b, sums);
  return SmallVector<Value>(group.getResults());
}

//===- DecomposeNewtonSchulz.cpp - Matrices with all singular values about 1 ----------===//
//
// An odd polynomial of a matrix acts on its singular values alone. That of Muon (Jordan et al., 2024) takes values from
// (0, 1] to about 1 in five steps:
//
//   a = x' x;  p = 3.4445 - 4.7750 a + 2.0315 a a;  x = x p
//
// and with x x' and p x in their places where x has more columns than rows, so that a is the smaller of the two. As a
// is symmetric and all of a and p commute, steps can also be taken on a, and their product on x once:
//
//   a = p a p;  q = q p;  at the end x = x q
//
// That takes fewer multiplications where x is long. Not from the first step on: small singular values are lost in a.
//
//===----------------------------------------------------------------------------------===//
#include "passes/Blocked/DecomposeNewtonSchulz.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Blocked/Blocks.h"
#include "passes/Build/Formula.h"

using namespace mlir;
using namespace sluice;

static const double coefficients[] = {3.4445, -4.7750, 2.0315}, epsilon = 1e-7;
static const int64_t steps = 5, directStepsOfLong = 1;

namespace {
/// The iteration on one matrix, with memory of its own.
class Iteration {
public:
  Iteration(BlockBuilder &b, int64_t rows, int64_t columns, Type element)
      : b(b), isTall(rows >= columns), isLong(std::max(rows, columns) >= 2 * std::min(rows, columns)) {
    int64_t side = std::min(rows, columns);
    gram = b.temporary({side, side}, element);
    polynomial = b.temporary({side, side}, element);
    next = b.temporary({rows, columns}, element);
    rowSums = b.temporary({rows}, element);
    norm = b.temporary({}, element);
    if (isLong) {
      product = b.temporary({side, side}, element);
      nextProduct = b.temporary({side, side}, element);
    }
  }

  void run(Value u, Value x) {
    normalize(u, x);
    int64_t direct = isLong ? directStepsOfLong : steps;
    b.repeat(direct, [&](Value) {
      multiplyBySelf(x);
      evaluate();
      apply(polynomial, x);
    });
    if (direct == steps)
      return;
    multiplyBySelf(x);
    evaluate();
    copy(polynomial, product);
    b.repeat(steps - direct - 1, [&](Value) {
      multiply("ki,kj->ij", gram, polynomial, nextProduct);
      multiply("ki,kj->ij", polynomial, nextProduct, gram);
      evaluate();
      // The product is as symmetric as rounding leaves it, and read transposed it would be less so with every step.
      multiply("ik,kj->ij", product, polynomial, nextProduct);
      copy(nextProduct, product);
    });
    apply(product, x);
  }

private:
  /// x = u / (||u|| + epsilon)
  void normalize(Value u, Value x) {
    b.fill(rowSums, 0);
    b.reduceLast(u, rowSums, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      Formula f{b, v[0].getType()};
      return {f.add(v[1], f.mul(v[0], v[0]))};
    });
    b.fill(norm, 0);
    b.reduceLast(rowSums, norm, addTo);
    b.elementwise({u, norm}, x, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      Formula f{b, v[0].getType()};
      return {f.div(v[0], f.add(math::SqrtOp::create(b, v[1]), f.c(epsilon)))};
    });
  }

  /// gram = the smaller product of x with itself
  void multiplyBySelf(Value x) { multiply(isTall ? "ki,kj->ij" : "ik,jk->ij", x, x, gram); }

  /// polynomial = p(gram)
  void evaluate() {
    multiply("ki,kj->ij", gram, gram, polynomial);
    b.elementwise(gram, polynomial, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      Formula f{b, v[0].getType()};
      Value isDiagonal = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, linalg::IndexOp::create(b, 0),
                                               linalg::IndexOp::create(b, 1));
      Value constant = arith::SelectOp::create(b, isDiagonal, f.c(coefficients[0]), f.c(0));
      return {f.add(f.add(constant, f.mul(f.c(coefficients[1]), v[0])), f.mul(f.c(coefficients[2]), v[1]))};
    });
  }

  /// x = x matrix, or matrix x, with a symmetric matrix
  void apply(Value matrix, Value x) {
    if (isTall)
      multiply("ik,kj->ij", x, matrix, next);
    else
      multiply("ki,kj->ij", matrix, x, next);
    copy(next, x);
  }

  /// Symmetric left sides are read transposed, as their rows are contiguous then.
  void multiply(StringRef subscripts, Value lhs, Value rhs, Value result) {
    b.fill(result, 0);
    b.contract(subscripts, lhs, rhs, result);
  }
  void copy(Value from, Value to) { b.elementwise(from, to, copyOf); }

  BlockBuilder &b;
  bool isTall, isLong;
  Value gram, polynomial, next, rowSums, norm;
  Value product, nextProduct; // of steps on the Gram matrix
};
} // namespace

void sluice::decomposeNewtonSchulz(BlockedNewtonSchulzOp op) {
  BlockBuilder b(op.getLoc(), op);
  Value input = op.getInputs()[0], result = op.getOutputs()[0];
  auto type = cast<MemRefType>(input.getType());
  int64_t parts = op.getParts(), count = type.getDimSize(0) * parts;
  int64_t rows = type.getDimSize(1), columns = type.getDimSize(2) / parts;
  auto orthogonalize = [&](Value number) {
    Value index = b.createOrFold<arith::DivUIOp>(number, constantIndex(b, parts));
    Value column = b.createOrFold<arith::MulIOp>(b.createOrFold<arith::RemUIOp>(number, constantIndex(b, parts)),
                                                 constantIndex(b, columns));
    auto matrix = [&](Value stack) {
      return b.subview(stack, {{index, 1}, {b.getIndexAttr(0), rows}, {column, columns}}, {0});
    };
    Iteration(b, rows, columns, type.getElementType()).run(matrix(input), matrix(result));
  };
  int64_t ofTask = op.getBlock()->front();
  if (ofTask >= count)
    return b.forEach({b.getIndexAttr(0), count}, orthogonalize);
  b.parallelBlocks(count, ofTask, [&](Part matrices) { b.forEach(matrices, orthogonalize); });
}

//===- DecomposeAttention.cpp - Attention over blocks of queries and keys ---------------===//
//
// Forward keeps a running maximum m, sum l and weighted sum o of each row while the key blocks pass (Dao et al., arXiv
// 2205.14135):
//
//   s = q k' / sqrt(D);  m' = max(m, max s);  p = exp(s - m');  a = exp(m - m');  l = a l + sum p;  o = a o + p v
//
// and ends with o / l and the log-sum-exp m + log l. Backward recomputes p = exp(s - logsumexp) and needs, a row, the
// sum d of gradient x result:
//
//   dv += p' do;  ds = p (do v' - d) / sqrt(D);  dq += ds k;  dk += ds' q
//
// Forward passes the keys by each block of queries, backward the queries by each block of keys. What is read again and
// again is copied first, and transposed where the product wants it so: products find it in cache, row by row.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Blocked/Blocks.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Formula.h"
#include "passes/Build/RandomBits.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

static const int64_t blockRows = 64;
// Stands for minus infinity: a masked score's exponential is 0, and no difference of two of them is a NaN.
static const double masked = -1e30;

/// output = exp(output - input)
static SmallVector<Value> exponentialAbove(ImplicitLocOpBuilder &b, ValueRange v) {
  return {math::ExpOp::create(b, arith::SubFOp::create(b, v[1], v[0]))};
}

namespace {
/// What both directions share: one (batch, head) pair of the parallel loop and its blocks.
struct Head {
  /// `random` holds key, layer and rate of dropout, or nothing.
  template <typename KernelOp>
  Head(BlockBuilder &b, KernelOp op, Value query, ValueRange random)
      : b(b), heads(op.getHeads()), causal(op.getCausal()), hasDropout(!random.empty()),
        computeType(op.getComputeTypeAttr()) {
    auto type = cast<MemRefType>(query.getType());
    batch = type.getDimSize(0);
    sequence = type.getDimSize(1);
    width = type.getDimSize(2) / heads;
    element = cast<MemRefType>(op.getOutputs().front().getType()).getElementType();
    scale = 1 / std::sqrt(double(width));
    if (hasDropout)
      mask = readDropoutMask(b, random[0], random[1], random[2], op.getOrdinal(), batch, element);
  }

  void enter(Value pair) {
    sample = arith::DivUIOp::create(b, pair, b.constantIndex(heads));
    head = arith::RemUIOp::create(b, pair, b.constantIndex(heads));
    column = arith::MulIOp::create(b, head, b.constantIndex(width));
  }

  /// Rows `rows` of this head in a [batch, sequence, heads x width] memref.
  Value rows(Value memref, Part rows) { return b.subview(memref, {{sample, 1}, rows, {column, width}}, {0}); }
  /// Rows of this head in a [batch, heads, sequence] memref.
  Value statistics(Value memref, Part rows) { return b.subview(memref, {{sample, 1}, {head, 1}, rows}, {0, 1}); }

  /// The key blocks that a block of queries sees: before its own, which is the diagonal one, none is masked.
  void keyBlocks(Part queries, function_ref<void(Part, bool)> body) {
    auto whole = [&](Part keys) { body(keys, /*onDiagonal=*/false); };
    if (!causal)
      return b.blocks(sequence, blockRows, whole);
    b.blocksBetween(b.constantIndex(0), getValue(queries.offset), blockRows, whole);
    body(queries, /*onDiagonal=*/true);
  }

  /// The query blocks that see a block of keys, its own first.
  void queryBlocks(Part keys, function_ref<void(Part, bool)> body) {
    auto whole = [&](Part queries) { body(queries, /*onDiagonal=*/false); };
    if (!causal)
      return b.blocks(sequence, blockRows, whole);
    body(keys, /*onDiagonal=*/true);
    if (keys.size < blockRows)
      return;
    int64_t rest = sequence % blockRows, full = sequence - rest;
    Value next = b.createOrFold<arith::AddIOp>(getValue(keys.offset), b.constantIndex(blockRows));
    b.blocksBetween(next, b.constantIndex(full), blockRows, whole);
    if (rest > 0)
      whole({b.getIndexAttr(full), rest});
  }

  /// A buffer of one purpose and shape, the same wherever it is asked for.
  Value buffer(StringRef purpose, ArrayRef<int64_t> shape) {
    Value &result = buffers[purpose.str() + "/" + std::to_string(shape[0]) + "/" + std::to_string(shape[1])];
    if (!result)
      result = b.temporary(shape, element);
    return result;
  }
  /// Copies that are contiguous, so that products read them where they lie, and of the type that the op computes in.
  Value copy(StringRef purpose, Value rows) {
    Value result = buffer(purpose, cast<MemRefType>(rows.getType()).getShape());
    b.elementwise(rows, result, convertOf);
    return result;
  }
  void transpose(Value rows, Value result) {
    bool isNarrow = cast<MemRefType>(rows.getType()).getElementType() != element;
    linalg::TransposeOp::create(b, isNarrow ? copy("widened", rows) : rows, result, ArrayRef<int64_t>{1, 0});
  }
  Value transposed(StringRef purpose, Value rows) {
    ArrayRef<int64_t> shape = cast<MemRefType>(rows.getType()).getShape();
    Value result = buffer(purpose, {shape[1], shape[0]});
    transpose(rows, result);
    return result;
  }

  Value scaled(ImplicitLocOpBuilder &b, Value value) const {
    Formula f{b, element};
    return f.mul(value, f.c(scale));
  }

  /// The value where the row of a block on the diagonal sees the column, elsewhere `other`.
  Value whereSeen(ImplicitLocOpBuilder &b, Value seen, double other) const {
    // Of 32 bits, as the lanes of a vector of values are.
    auto index = [&](int64_t dim) -> Value {
      return arith::IndexCastOp::create(b, b.getI32Type(), linalg::IndexOp::create(b, dim));
    };
    Value isSeen = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, index(1), index(0));
    return arith::SelectOp::create(b, isSeen, seen, Formula{b, element}.c(other));
  }

  /// values x dropout factor of (row, column).
  void dropout(Value values, Part queries, Part keys) {
    auto toWord = [&](Value index) -> Value { return arith::IndexCastOp::create(b, b.getI32Type(), index); };
    Value rowOffset = getValue(queries.offset), columnOffset = toWord(getValue(keys.offset));
    Value firstRow =
        toWord(arith::AddIOp::create(b, arith::MulIOp::create(b, head, b.constantIndex(sequence)), rowOffset));
    Value sampleWord = toWord(sample);
    Value length = arith::ConstantOp::create(b, b.getI32IntegerAttr(sequence));
    b.elementwise({}, values, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      auto index = [&](int64_t d) -> Value {
        return arith::IndexCastOp::create(b, b.getI32Type(), linalg::IndexOp::create(b, d));
      };
      Value row = arith::AddIOp::create(b, firstRow, index(0));
      Value element = arith::AddIOp::create(b, arith::MulIOp::create(b, row, length),
                                            arith::AddIOp::create(b, columnOffset, index(1)));
      return {arith::MulFOp::create(b, v[0], dropoutFactor(b, mask, element, sampleWord))};
    });
  }

  Value getValue(OpFoldResult offset) { return getValueOrCreateConstantIndexOp(b, b.getLoc(), offset); }

  BlockBuilder &b;
  int64_t heads, batch, sequence, width;
  bool causal, hasDropout;
  TypeAttr computeType;
  double scale;
  Type element;
  DropoutMask mask;
  Value sample, head, column;
  llvm::StringMap<Value> buffers;
};

/// Copies of the blocks of a head's keys or values, each contiguous, so that products read them where they lie.
class BlockCopies {
public:
  BlockCopies(Head &head, bool areTransposed) : b(head.b) {
    auto shapeOf = [&](int64_t rows) {
      return areTransposed ? std::pair(head.width, rows) : std::pair(rows, head.width);
    };
    int64_t rest = head.sequence % blockRows, count = head.sequence / blockRows;
    if (count > 0)
      whole = b.temporary({count, shapeOf(blockRows).first, shapeOf(blockRows).second}, head.element);
    if (rest > 0)
      last = b.temporary({shapeOf(rest).first, shapeOf(rest).second}, head.element);
  }

  Value at(Part block) {
    if (block.size < blockRows)
      return last;
    auto type = cast<MemRefType>(whole.getType());
    Value number = arith::DivUIOp::create(b, getValueOrCreateConstantIndexOp(b, b.getLoc(), block.offset),
                                          b.constantIndex(blockRows));
    return b.subview(
        whole, {{number, 1}, {b.getIndexAttr(0), type.getDimSize(1)}, {b.getIndexAttr(0), type.getDimSize(2)}}, {0});
  }

private:
  BlockBuilder &b;
  Value whole, last;
};
} // namespace

void sluice::decomposeAttention(BlockedAttentionOp op) {
  BlockBuilder b(op.getLoc(), op);
  auto inputs = op.getInputs();
  Value query = inputs[0], keys = inputs[1], values = inputs[2], result = op.getOutputs()[0];
  Value logsumexp = op.getOutputs()[1];
  Head h(b, op, query, inputs.drop_front(3));
  b.parallel(h.batch * h.heads, [&](Value pair) {
    h.enter(pair);
    // Every block of queries reads them again.
    BlockCopies transposedKeys(h, /*areTransposed=*/true), copiedValues(h, /*areTransposed=*/false);
    b.blocks(h.sequence, blockRows, [&](Part columns) {
      h.transpose(h.rows(keys, columns), transposedKeys.at(columns));
      b.elementwise(h.rows(values, columns), copiedValues.at(columns), convertOf);
    });
    b.blocks(h.sequence, blockRows, [&](Part rows) {
      Value maximum = b.temporary({rows.size}, h.element), newMaximum = b.temporary({rows.size}, h.element);
      Value sum = b.temporary({rows.size}, h.element), output = b.temporary({rows.size, h.width}, h.element);
      b.fill(maximum, masked);
      b.fill(sum, 0);
      b.fill(output, 0);
      Value q = h.copy("q", h.rows(query, rows));
      h.keyBlocks(rows, [&](Part columns, bool onDiagonal) {
        // On the diagonal, what lies above it is computed only where it shares registers with what does not.
        StringRef triangle = onDiagonal ? "ij" : "";
        Value s = h.buffer("s", {rows.size, columns.size});
        b.fill(s, 0);
        b.contract("id,dj->ij", q, transposedKeys.at(columns), s, h.computeType, triangle);
        auto whereSeen = [&](ImplicitLocOpBuilder &b, Value seen, double other) {
          return onDiagonal ? h.whereSeen(b, seen, other) : seen;
        };
        b.elementwise(maximum, newMaximum, copyOf);
        b.reduceLast(s, newMaximum, [&](ImplicitLocOpBuilder &b, ValueRange v) {
          return maximumWith(b, {whereSeen(b, h.scaled(b, v[0]), masked), v[1]});
        });
        // Not of masked scores, whose exponentials underflow, which is slow.
        b.elementwise(newMaximum, s,
                      [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                        return {whereSeen(b, exponentialAbove(b, {v[0], h.scaled(b, v[1])}).front(), 0)};
                      },
                      /*trailing=*/{0});
        // The old maximum becomes the factor of what was summed under it.
        b.elementwise(newMaximum, maximum, exponentialAbove);
        b.elementwise(maximum, sum, scaleBy);
        b.elementwise(maximum, output, scaleBy, /*trailing=*/{0});
        b.reduceLast(s, sum, addTo);
        if (h.hasDropout)
          h.dropout(s, rows, columns);
        b.contract("ij,jd->id", s, copiedValues.at(columns), output, h.computeType, triangle);
        b.elementwise(newMaximum, maximum, copyOf);
      });
      b.elementwise({output, sum}, h.rows(result, rows),
                    [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                      return {arith::DivFOp::create(b, v[0], v[1])};
                    },
                    /*trailing=*/{1});
      b.elementwise({maximum, sum}, h.statistics(logsumexp, rows),
                    [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                      return {arith::AddFOp::create(b, v[0], math::LogOp::create(b, v[1]))};
                    });
    });
  });
}

void sluice::decomposeAttentionBackward(BlockedAttentionBackwardOp op) {
  BlockBuilder b(op.getLoc(), op);
  auto inputs = op.getInputs();
  Value gradient = inputs[0], query = inputs[1], keys = inputs[2], values = inputs[3], result = inputs[4],
        logsumexp = inputs[5];
  Value dquery = op.getOutputs()[0], dkeys = op.getOutputs()[1], dvalues = op.getOutputs()[2];
  Head h(b, op, query, inputs.drop_front(6));
  b.parallel(h.batch * h.heads, [&](Value pair) {
    h.enter(pair);
    Part all{b.getIndexAttr(0), h.sequence};
    b.fill(h.rows(dquery, all), 0);
    Value deltas = b.temporary({h.sequence}, h.element);
    b.fill(deltas, 0);
    b.reduceLast({h.rows(gradient, all), h.rows(result, all)}, deltas,
                 [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                   return {arith::AddFOp::create(b, v[2], arith::MulFOp::create(b, v[0], v[1]))};
                 });
    b.blocks(h.sequence, blockRows, [&](Part columns) {
      Value k = h.copy("k", h.rows(keys, columns)), transposedK = h.transposed("transposed k", h.rows(keys, columns)),
            transposedV = h.transposed("transposed v", h.rows(values, columns));
      Value dk = h.rows(dkeys, columns), dv = h.rows(dvalues, columns);
      b.fill(dk, 0);
      b.fill(dv, 0);
      h.queryBlocks(columns, [&](Part rows, bool onDiagonal) {
        StringRef triangle = onDiagonal ? "ij" : "";
        auto whereSeen = [&](ImplicitLocOpBuilder &b, Value seen) {
          return onDiagonal ? h.whereSeen(b, seen, 0) : seen;
        };
        Value q = h.copy("q", h.rows(query, rows)), dO = h.copy("do", h.rows(gradient, rows));
        Value lse = h.statistics(logsumexp, rows), delta = b.subview(deltas, {rows});
        Value p = h.buffer("p", {rows.size, columns.size}), ds = h.buffer("ds", {rows.size, columns.size});
        b.fill(p, 0);
        b.contract("id,dj->ij", q, transposedK, p, h.computeType, triangle);
        b.elementwise(lse, p,
                      [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                        return {whereSeen(b, exponentialAbove(b, {v[0], h.scaled(b, v[1])}).front())};
                      },
                      /*trailing=*/{0});
        b.fill(ds, 0);
        b.contract("id,dj->ij", dO, transposedV, ds, h.computeType, triangle);
        Value kept = p;
        if (h.hasDropout) {
          kept = h.copy("kept", p);
          h.dropout(kept, rows, columns);
          h.dropout(ds, rows, columns);
        }
        b.contract("ij,id->jd", kept, dO, dv, h.computeType, triangle);
        b.elementwise({p, delta}, ds,
                      [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                        Formula f{b, h.element};
                        return {whereSeen(b, h.scaled(b, f.mul(v[0], f.sub(v[2], v[1]))))};
                      },
                      /*trailing=*/{1});
        b.contract("ij,jd->id", ds, k, h.rows(dquery, rows), h.computeType, triangle);
        b.contract("ij,id->jd", ds, q, dk, h.computeType, triangle);
      });
    });
  });
}

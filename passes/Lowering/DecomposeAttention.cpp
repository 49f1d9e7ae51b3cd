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
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Formula.h"
#include "passes/Lowering/Blocks.h"
#include "passes/Lowering/RandomBits.h"
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
    element = type.getElementType();
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

  /// The key blocks that a query block sees.
  void keyBlocks(Part queries, function_ref<void(Part)> body) {
    Value end;
    // A query block in a loop is a full one; the keys after its last row are masked anyway. The remainder sees every
    // block.
    if (causal && isa<Value>(queries.offset))
      end = arith::AddIOp::create(b, cast<Value>(queries.offset), b.constantIndex(queries.size));
    b.blocks(sequence, blockRows, body, end);
  }

  /// scores = q k' / sqrt(D), masked.
  void scores(Value q, Value k, Value scores, Part queries, Part keys) {
    b.fill(scores, 0);
    b.contract("id,jd->ij", q, k, scores, computeType);
    Value rowOffset = getValue(queries.offset), columnOffset = getValue(keys.offset);
    b.elementwise({}, scores, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      Formula f{b, element};
      Value scaled = f.mul(v[0], f.c(scale));
      if (!causal)
        return {scaled};
      Value row = arith::AddIOp::create(b, linalg::IndexOp::create(b, 0), rowOffset);
      Value column = arith::AddIOp::create(b, linalg::IndexOp::create(b, 1), columnOffset);
      Value seen = arith::CmpIOp::create(b, arith::CmpIPredicate::ule, column, row);
      return {arith::SelectOp::create(b, seen, scaled, f.c(masked))};
    });
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
    b.blocks(h.sequence, blockRows, [&](Part rows) {
      Value maximum = b.temporary({rows.size}, h.element), newMaximum = b.temporary({rows.size}, h.element);
      Value sum = b.temporary({rows.size}, h.element), output = b.temporary({rows.size, h.width}, h.element);
      b.fill(maximum, masked);
      b.fill(sum, 0);
      b.fill(output, 0);
      Value q = h.rows(query, rows);
      h.keyBlocks(rows, [&](Part columns) {
        Value s = b.temporary({rows.size, columns.size}, h.element);
        h.scores(q, h.rows(keys, columns), s, rows, columns);
        b.elementwise(maximum, newMaximum, copyOf);
        b.reduceLast(s, newMaximum, maximumWith);
        b.elementwise(newMaximum, s, exponentialAbove, /*trailing=*/{0});
        // The old maximum becomes the factor of what was summed under it.
        b.elementwise(newMaximum, maximum, exponentialAbove);
        b.elementwise(maximum, sum, scaleBy);
        b.elementwise(maximum, output, scaleBy, /*trailing=*/{0});
        b.reduceLast(s, sum, addTo);
        if (h.hasDropout)
          h.dropout(s, rows, columns);
        b.contract("ij,jd->id", s, h.rows(values, columns), output, h.computeType);
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
    for (Value output : {dquery, dkeys, dvalues})
      b.fill(h.rows(output, all), 0);
    b.blocks(h.sequence, blockRows, [&](Part rows) {
      Value q = h.rows(query, rows), dO = h.rows(gradient, rows), dq = h.rows(dquery, rows);
      Value lse = h.statistics(logsumexp, rows), delta = b.temporary({rows.size}, h.element);
      b.fill(delta, 0);
      b.reduceLast({dO, h.rows(result, rows)}, delta, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
        return {arith::AddFOp::create(b, v[2], arith::MulFOp::create(b, v[0], v[1]))};
      });
      h.keyBlocks(rows, [&](Part columns) {
        Value k = h.rows(keys, columns), v = h.rows(values, columns);
        Value p = b.temporary({rows.size, columns.size}, h.element),
              dp = b.temporary({rows.size, columns.size}, h.element);
        h.scores(q, k, p, rows, columns);
        b.elementwise(lse, p, exponentialAbove, /*trailing=*/{0});
        b.fill(dp, 0);
        b.contract("id,jd->ij", dO, v, dp, h.computeType);
        Value kept = p;
        if (h.hasDropout) {
          kept = b.temporary({rows.size, columns.size}, h.element);
          b.elementwise(p, kept, copyOf);
          h.dropout(kept, rows, columns);
          h.dropout(dp, rows, columns);
        }
        b.contract("ij,id->jd", kept, dO, h.rows(dvalues, columns), h.computeType);
        b.elementwise({p, delta}, dp,
                      [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                        Formula f{b, h.element};
                        return {f.mul(f.mul(v[0], f.sub(v[2], v[1])), f.c(h.scale))};
                      },
                      /*trailing=*/{1});
        b.contract("ij,jd->id", dp, k, dq, h.computeType);
        b.contract("ij,id->jd", dp, q, h.rows(dkeys, columns), h.computeType);
      });
    });
  });
}

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
#include "passes/Blocked/DecomposeAttention.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Blocked/Blocks.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Formula.h"
#include "passes/Build/RandomBits.h"
#include "llvm/ADT/StringMap.h"
#include <cmath>
#include <optional>

using namespace mlir;
using namespace sluice;

// Stands for minus infinity: a masked score's exponential is 0, and no difference of two of them is a NaN.
static const double masked = -1e30;

/// output = exp(output - input)
static SmallVector<Value> exponentialAbove(ImplicitLocOpBuilder &b, ValueRange v) {
  return {math::ExpOp::create(b, arith::SubFOp::create(b, v[1], v[0]))};
}

namespace {
/// The sizes of an attention, `width` that of a head, and the rows of its blocks.
struct Sizes {
  Sizes(MemRefType query, int64_t heads, int64_t block)
      : batch(query.getDimSize(0)), heads(heads), sequence(query.getDimSize(1)), width(query.getDimSize(2) / heads),
        block(block) {}

  int64_t batch, heads, sequence, width, block;
};

/// What both directions share: one (batch, head) pair of the parallel loop and its blocks.
struct Head {
  /// `random` holds key, layer and rate of dropout, or nothing.
  template <typename KernelOp>
  Head(BlockBuilder &b, KernelOp op, Value query, ValueRange random)
      : b(b), sizes(memrefTypeOf(query), op.getHeads(), op.getBlock()->front()), causal(op.getCausal()),
        computeType(op.getComputeTypeAttr()), element(memrefTypeOf(op.getOutputs().front()).getElementType()) {
    if (!random.empty())
      mask = readDropoutMask(b, random[0], random[1], random[2], op.getOrdinal(), sizes.batch, element);
  }

  /// Calls `body` for each pair, in parallel.
  void forEachPair(function_ref<void()> body) {
    b.parallel(sizes.batch * sizes.heads, [&](Value pair) {
      sample = arith::DivUIOp::create(b, pair, constantIndex(b, sizes.heads));
      head = arith::RemUIOp::create(b, pair, constantIndex(b, sizes.heads));
      column = arith::MulIOp::create(b, head, constantIndex(b, sizes.width));
      body();
    });
  }
  /// All blocks of the sequence.
  void blocks(function_ref<void(Part)> body) { b.blocks(sizes.sequence, sizes.block, body); }

  /// Rows `rows` of this head in a [batch, sequence, heads x width] memref.
  Value rows(Value memref, Part rows) { return b.subview(memref, {{sample, 1}, rows, {column, sizes.width}}, {0}); }
  /// Rows of this head in a [batch, heads, sequence] memref.
  Value statistics(Value memref, Part rows) { return b.subview(memref, {{sample, 1}, {head, 1}, rows}, {0, 1}); }

  /// The key blocks that a block of queries sees: before its own, which is the diagonal one, none is masked.
  void keyBlocks(Part queries, function_ref<void(Part, bool)> body) {
    auto whole = [&](Part keys) { body(keys, /*onDiagonal=*/false); };
    if (!causal)
      return blocks(whole);
    b.blocksBetween(constantIndex(b, 0), b.valueOf(queries.offset), sizes.block, whole);
    body(queries, /*onDiagonal=*/true);
  }

  /// The query blocks that see a block of keys, its own first.
  void queryBlocks(Part keys, function_ref<void(Part, bool)> body) {
    auto whole = [&](Part queries) { body(queries, /*onDiagonal=*/false); };
    if (!causal)
      return blocks(whole);
    body(keys, /*onDiagonal=*/true);
    if (keys.size < sizes.block)
      return;
    int64_t rest = sizes.sequence % sizes.block, full = sizes.sequence - rest;
    Value next = b.createOrFold<arith::AddIOp>(b.valueOf(keys.offset), constantIndex(b, sizes.block));
    b.blocksBetween(next, constantIndex(b, full), sizes.block, whole);
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
    Value result = buffer(purpose, memrefTypeOf(rows).getShape());
    b.elementwise(rows, result, convertOf);
    return result;
  }
  void transpose(Value rows, Value result) {
    bool isNarrow = memrefTypeOf(rows).getElementType() != element;
    linalg::TransposeOp::create(b, isNarrow ? copy("widened", rows) : rows, result, ArrayRef<int64_t>{1, 0});
  }
  Value transposed(StringRef purpose, Value rows) {
    ArrayRef<int64_t> shape = memrefTypeOf(rows).getShape();
    Value result = buffer(purpose, {shape[1], shape[0]});
    transpose(rows, result);
    return result;
  }

  Value scaled(ImplicitLocOpBuilder &b, Value value) const {
    Formula f{b, element};
    return f.mul(value, f.c(1 / std::sqrt(double(sizes.width))));
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

  /// values x dropout factor of (row, column), where there is dropout.
  void dropout(Value values, Part queries, Part keys) {
    if (!mask)
      return;
    auto toWord = [&](Value index) -> Value { return arith::IndexCastOp::create(b, b.getI32Type(), index); };
    Value rowOffset = b.valueOf(queries.offset), columnOffset = toWord(b.valueOf(keys.offset));
    Value firstRow =
        toWord(arith::AddIOp::create(b, arith::MulIOp::create(b, head, constantIndex(b, sizes.sequence)), rowOffset));
    Value sampleWord = toWord(sample);
    Value length = arith::ConstantOp::create(b, b.getI32IntegerAttr(sizes.sequence));
    b.elementwise({}, values, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      auto index = [&](int64_t d) -> Value {
        return arith::IndexCastOp::create(b, b.getI32Type(), linalg::IndexOp::create(b, d));
      };
      Value row = arith::AddIOp::create(b, firstRow, index(0));
      Value element = arith::AddIOp::create(b, arith::MulIOp::create(b, row, length),
                                            arith::AddIOp::create(b, columnOffset, index(1)));
      return {arith::MulFOp::create(b, v[0], dropoutFactor(b, *mask, element, sampleWord))};
    });
  }

  BlockBuilder &b;
  Sizes sizes;
  bool causal;
  TypeAttr computeType;
  Type element;
  std::optional<DropoutMask> mask; // where there is dropout
  Value sample, head, column;      // of the pair
  llvm::StringMap<Value> buffers;
};

/// A block of queries while the blocks of keys pass: the maximum and the sum of each row's exponentials, and the
/// weighted sum of values.
struct QueryBlock {
  QueryBlock(Head &h, Part rows, Value query)
      : h(h), b(h.b), rows(rows), maximum(perRow()), newMaximum(perRow()), sum(perRow()),
        output(b.temporary({rows.size, h.sizes.width}, h.element)) {
    b.fill(maximum, masked);
    b.fill(sum, 0);
    b.fill(output, 0);
    q = h.copy("q", h.rows(query, rows));
  }

  void add(BlockBuffers &transposedKeys, BlockBuffers &values, Part columns, bool onDiagonal);
  void store(Value result, Value logsumexp);

private:
  Value perRow() { return b.temporary({rows.size}, h.element); }

  Head &h;
  BlockBuilder &b;
  Part rows;
  Value maximum, newMaximum, sum, output, q;
};

/// The operands of backward, and the sum of gradient x result of each row.
struct Backward {
  Value gradient, query, keys, values, logsumexp, dquery, dkeys, dvalues, deltas;
};

/// A block of keys while the blocks of queries pass.
struct KeyBlock {
  KeyBlock(Head &h, const Backward &of, Part columns)
      : h(h), b(h.b), of(of), columns(columns), k(h.copy("k", h.rows(of.keys, columns))),
        transposedK(h.transposed("transposed k", h.rows(of.keys, columns))),
        transposedV(h.transposed("transposed v", h.rows(of.values, columns))), dk(h.rows(of.dkeys, columns)),
        dv(h.rows(of.dvalues, columns)) {
    b.fill(dk, 0);
    b.fill(dv, 0);
  }

  void add(Part rows, bool onDiagonal);

private:
  Head &h;
  BlockBuilder &b;
  const Backward &of;
  Part columns;
  Value k, transposedK, transposedV, dk, dv;
};
} // namespace

void QueryBlock::add(BlockBuffers &transposedKeys, BlockBuffers &values, Part columns, bool onDiagonal) {
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
  h.dropout(s, rows, columns);
  b.contract("ij,jd->id", s, values.at(columns), output, h.computeType, triangle);
  b.elementwise(newMaximum, maximum, copyOf);
}

void QueryBlock::store(Value result, Value logsumexp) {
  b.elementwise({output, sum}, h.rows(result, rows),
                [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                  return {arith::DivFOp::create(b, v[0], v[1])};
                },
                /*trailing=*/{1});
  b.elementwise({maximum, sum}, h.statistics(logsumexp, rows),
                [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                  return {arith::AddFOp::create(b, v[0], math::LogOp::create(b, v[1]))};
                });
}

void KeyBlock::add(Part rows, bool onDiagonal) {
  StringRef triangle = onDiagonal ? "ij" : "";
  auto whereSeen = [&](ImplicitLocOpBuilder &b, Value seen) { return onDiagonal ? h.whereSeen(b, seen, 0) : seen; };
  Value q = h.copy("q", h.rows(of.query, rows)), dO = h.copy("do", h.rows(of.gradient, rows));
  Value lse = h.statistics(of.logsumexp, rows), delta = b.subview(of.deltas, {rows});
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
  // The gradient of the scores needs what was before dropout.
  Value kept = h.mask ? h.copy("kept", p) : p;
  h.dropout(kept, rows, columns);
  h.dropout(ds, rows, columns);
  b.contract("ij,id->jd", kept, dO, dv, h.computeType, triangle);
  b.elementwise({p, delta}, ds,
                [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                  Formula f{b, h.element};
                  return {whereSeen(b, h.scaled(b, f.mul(v[0], f.sub(v[2], v[1]))))};
                },
                /*trailing=*/{1});
  b.contract("ij,jd->id", ds, k, h.rows(of.dquery, rows), h.computeType, triangle);
  b.contract("ij,id->jd", ds, q, dk, h.computeType, triangle);
}

void sluice::decomposeAttention(BlockedAttentionOp op) {
  BlockBuilder b(op.getLoc(), op);
  auto inputs = op.getInputs();
  Value query = inputs[0], keys = inputs[1], values = inputs[2];
  Head h(b, op, query, inputs.drop_front(3));
  h.forEachPair([&] {
    // Every block of queries reads them again.
    int64_t sequence = h.sizes.sequence, width = h.sizes.width, block = h.sizes.block;
    using Shape = std::array<int64_t, 2>;
    BlockBuffers transposedKeys(b, sequence, block, h.element, [=](int64_t rows) { return Shape{width, rows}; });
    BlockBuffers copiedValues(b, sequence, block, h.element, [=](int64_t rows) { return Shape{rows, width}; });
    h.blocks([&](Part columns) {
      h.transpose(h.rows(keys, columns), transposedKeys.at(columns));
      b.elementwise(h.rows(values, columns), copiedValues.at(columns), convertOf);
    });
    h.blocks([&](Part rows) {
      QueryBlock queries(h, rows, query);
      h.keyBlocks(
          rows, [&](Part columns, bool onDiagonal) { queries.add(transposedKeys, copiedValues, columns, onDiagonal); });
      queries.store(op.getOutputs()[0], op.getOutputs()[1]);
    });
  });
}

void sluice::decomposeAttentionBackward(BlockedAttentionBackwardOp op) {
  BlockBuilder b(op.getLoc(), op);
  auto in = op.getInputs(), out = op.getOutputs();
  Value result = in[4];
  Backward of{/*gradient=*/in[0],  /*query=*/in[1],  /*keys=*/in[2],     /*values=*/in[3],
              /*logsumexp=*/in[5],
              /*dquery=*/out[0],   /*dkeys=*/out[1], /*dvalues=*/out[2], /*deltas=*/{}};
  Head h(b, op, of.query, in.drop_front(6));
  h.forEachPair([&] {
    Part all{b.getIndexAttr(0), h.sizes.sequence};
    b.fill(h.rows(of.dquery, all), 0);
    of.deltas = b.temporary({all.size}, h.element);
    b.fill(of.deltas, 0);
    b.reduceLast({h.rows(of.gradient, all), h.rows(result, all)}, of.deltas,
                 [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                   return {arith::AddFOp::create(b, v[2], arith::MulFOp::create(b, v[0], v[1]))};
                 });
    h.blocks([&](Part columns) {
      KeyBlock keys(h, of, columns);
      h.queryBlocks(columns, [&](Part rows, bool onDiagonal) { keys.add(rows, onDiagonal); });
    });
  });
}

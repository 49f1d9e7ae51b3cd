//===- SluiceTensorOps.cpp - Verifiers and folders of the tensor ops -----------===//
#include "dialects/Sluice/Shapes.h"
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

#define GET_OP_CLASSES
#include "dialects/Sluice/SluiceOps.cpp.inc"

static bool isSuffix(ArrayRef<int64_t> suffix, ArrayRef<int64_t> shape) {
  return suffix.size() <= shape.size() && suffix == shape.take_back(suffix.size());
}

/// A splat of zeros or, for `one`, of ones.
static bool isSplatOf(Value value, double number) {
  if (number == 0 && value.getDefiningOp<ZeroOp>())
    return true;
  return false;
}

static LogicalResult verifyBinary(Operation *op, Value lhs, Value rhs, bool residual) {
  if (failed(expectSameElement(op, {lhs, rhs})))
    return failure();
  if (!isSuffix(shapeOf(rhs), shapeOf(lhs)))
    return op->emitOpError() << "expected a right side whose shape is a suffix of [" << shapeOf(lhs) << "], found ["
                             << shapeOf(rhs) << "]";
  if (residual && lhs.getType() != rhs.getType())
    return op->emitOpError() << "'residual' expected equal shapes, found [" << shapeOf(lhs) << "] and [" << shapeOf(rhs)
                             << "]";
  return success();
}

LogicalResult AddOp::verify() { return verifyBinary(*this, getLhs(), getRhs(), getResidual()); }
LogicalResult BernoulliOp::verify() {
  if (getType().getRank() != 1)
    return emitOpError() << "expected probabilities of rank 1, found " << getType();
  return expectShape(*this, "key", getKey(), {4});
}

LogicalResult ElementOp::verify() {
  auto type = cast<RankedTensorType>(getVector().getType());
  if (type.getRank() != 1 || elementOf(getResult()) != type.getElementType() || !shapeOf(getResult()).empty())
    return emitOpError() << "expected a vector of rank 1 and a result of rank 0 of its element type, found " << type
                         << " and " << getType();
  return expectShape(*this, "index", getIndex(), {1});
}

LogicalResult MulOp::verify() {
  if (getResidual())
    return emitOpError() << "expected no 'residual': only a sum adds a branch";
  return verifyBinary(*this, getLhs(), getRhs(), false);
}

OpFoldResult AddOp::fold(FoldAdaptor) {
  if (isSplatOf(getRhs(), 0))
    return getLhs();
  if (isSplatOf(getLhs(), 0) && getLhs().getType() == getRhs().getType())
    return getRhs();
  return {};
}
OpFoldResult MulOp::fold(FoldAdaptor) {
  if (isSplatOf(getLhs(), 0))
    return getLhs();
  return {};
}
OpFoldResult ScaleOp::fold(FoldAdaptor) {
  if (getFactor().convertToDouble() == 1.0)
    return getInput();
  if (auto inner = getInput().getDefiningOp<ScaleOp>();
      inner && inner.getFactor().convertToDouble() == -1.0 && getFactor().convertToDouble() == -1.0)
    return inner.getInput();
  return {};
}

/// What the draws of a dropout are keyed by.
static LogicalResult verifyDraws(Operation *op, Value key, Value layer, int64_t ordinal) {
  if (ordinal < 0 || ordinal > 255)
    return op->emitOpError() << "expected an ordinal in [0, 255], found " << ordinal;
  if (failed(expectShape(op, "key", key, {4})))
    return failure();
  return expectShape(op, "layer", layer, {1});
}

LogicalResult DropoutOp::verify() { return verifyDraws(*this, getKey(), getLayer(), getOrdinal()); }
OpFoldResult DropoutOp::fold(FoldAdaptor adaptor) {
  auto rate = dyn_cast_or_null<DenseFPElementsAttr>(adaptor.getRate());
  return rate && rate.getSplatValue<APFloat>().isZero() ? OpFoldResult(getInput()) : OpFoldResult();
}

LogicalResult ReshapeOp::verify() {
  auto input = cast<RankedTensorType>(getInput().getType()), result = cast<RankedTensorType>(getType());
  if (failed(expectSameElement(*this, {getInput(), getResult()})))
    return failure();
  if (input.getNumElements() != result.getNumElements())
    return emitOpError() << "expected " << input.getNumElements() << " elements, found " << result.getNumElements();
  return success();
}
OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

static LogicalResult verifyRows(Operation *op, Value table, Value part) {
  if (failed(expectSameElement(op, {table, part})))
    return failure();
  if (shapeOf(table).size() != 2 || shapeOf(part).size() != 2 || shapeOf(table)[1] != shapeOf(part)[1])
    return op->emitOpError() << "expected two tables of one width, found [" << shapeOf(table) << "] and ["
                             << shapeOf(part) << "]";
  if (shapeOf(part)[0] > shapeOf(table)[0])
    return op->emitOpError() << "expected at most " << shapeOf(table)[0] << " rows, found " << shapeOf(part)[0];
  return success();
}
LogicalResult SliceRowsOp::verify() { return verifyRows(*this, getInput(), getResult()); }
LogicalResult PadRowsOp::verify() { return verifyRows(*this, getResult(), getInput()); }
OpFoldResult SliceRowsOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

/// `parts` lie side by side along the last dimension of `whole`.
static LogicalResult verifyParts(Operation *op, Value whole, ValueRange parts) {
  int64_t width = 0;
  for (Value part : parts) {
    if (elementOf(part) != elementOf(whole) || shapeOf(part).size() != shapeOf(whole).size() ||
        shapeOf(part).drop_back() != shapeOf(whole).drop_back())
      return op->emitOpError() << "expected parts that differ from " << whole.getType()
                               << " in the last dimension only, found " << part.getType();
    width += shapeOf(part).back();
  }
  if (width != shapeOf(whole).back())
    return op->emitOpError() << "expected parts whose last dimensions add up to " << shapeOf(whole).back() << ", found "
                             << width;
  return success();
}
LogicalResult SplitOp::verify() { return verifyParts(*this, getInput(), getResults()); }
LogicalResult ConcatOp::verify() { return verifyParts(*this, getResult(), getInputs()); }

LogicalResult SumLeadingOp::verify() {
  if (failed(expectSameElement(*this, {getInput(), getResult()})))
    return failure();
  if (!isSuffix(shapeOf(getResult()), shapeOf(getInput())))
    return emitOpError() << "expected a result whose shape is a suffix of [" << shapeOf(getInput()) << "], found ["
                         << shapeOf(getResult()) << "]";
  return success();
}
OpFoldResult SumLeadingOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput()) : OpFoldResult();
}

static LogicalResult verifyTable(Operation *op, Value indices, Value table, Value rows) {
  if (failed(expectSameElement(op, {table, rows})))
    return failure();
  if (shapeOf(table).size() != 2)
    return op->emitOpError() << "expected a table of rank 2, found " << table.getType();
  SmallVector<int64_t> expected(shapeOf(indices));
  expected.push_back(shapeOf(table)[1]);
  return expectShape(op, "rows", rows, expected);
}
LogicalResult EmbeddingOp::verify() { return verifyTable(*this, getIndices(), getTable(), getResult()); }
LogicalResult EmbeddingBackwardOp::verify() { return verifyTable(*this, getIndices(), getResult(), getGradient()); }

LogicalResult QuantizeOp::verify() {
  if (Type element = getElementTypeOrSelf(getInput()); !element.isF32())
    return emitOpError() << "expected f32, found " << element;
  precision::FloatFormat format = getFormat().getValue();
  if (format.mantissaBits > 22 && format != precision::FloatFormat())
    return emitOpError() << "expected a format of at most 22 mantissa bits, or f32, found " << format.name();
  if (std::optional<ArrayRef<int64_t>> group = getScaled())
    if (group->size() != 2 || llvm::any_of(*group, [](int64_t size) { return size < 0; }))
      return emitOpError() << "expected rows and columns of a group, of at least 0, found [" << *group << "]";
  return success();
}

LogicalResult sluice::verifyAccumulation(Operation *op) {
  auto contraction = cast<AccumulationOpInterface>(op);
  Value key = contraction.getKey(), id = contraction.getId();
  IntegerAttr ordinal = contraction.getOrdinalAttr();
  if (bool(key) != bool(id) || bool(key) != bool(ordinal))
    return op->emitOpError() << "expected all of key, id and ordinal, or none of them";
  if (!key)
    return success();
  AccumulationAttr accumulation = contraction.getAccumulationAttr();
  if (!accumulation || accumulation.getValue().rounding != precision::Rounding::Stochastic)
    return op->emitOpError() << "expected sums that round stochastically beside a key";
  if (failed(expectShape(op, "key", key, {4})) || failed(expectShape(op, "id", id, {2})) ||
      failed(expectOrdinal(op, ordinal.getInt())))
    return failure();
  if (int64_t count = cast<RankedTensorType>(op->getResult(0).getType()).getNumElements(); count >= int64_t(1) << 32)
    return op->emitOpError() << "expected fewer than 2^32 elements to draw for, found " << count;
  return success();
}

LogicalResult LinearOp::verify() {
  SmallVector<Value> values = {getInput(), getWeight(), getResult()};
  if (getBias())
    values.push_back(getBias());
  if (failed(expectSameElement(*this, values)))
    return failure();
  ArrayRef<int64_t> weight = shapeOf(getWeight()), input = shapeOf(getInput());
  if (weight.size() != 2 || input.empty())
    return emitOpError() << "expected a weight of rank 2 and an input of rank 1 or more";
  int64_t inputs = getTransposed() ? weight[1] : weight[0], outputs = getTransposed() ? weight[0] : weight[1];
  if (input.back() != inputs)
    return emitOpError() << "expected an input whose last dimension is " << inputs << ", found " << input.back();
  if (getBias() && failed(expectShape(*this, "bias", getBias(), {outputs})))
    return failure();
  SmallVector<int64_t> expected(input.drop_back());
  expected.push_back(outputs);
  return expectShape(*this, "result", getResult(), expected);
}

LogicalResult MatmulOp::verify() {
  if (failed(expectSameElement(*this, {getLhs(), getRhs(), getResult()})))
    return failure();
  ArrayRef<int64_t> a = shapeOf(getLhs()), b = shapeOf(getRhs());
  if (a.size() < 2 || b.size() < 2)
    return emitOpError() << "expected operands of rank 2 or more, found " << a.size() << " and " << b.size();
  if (b.size() != 2 && a.drop_back(2) != b.drop_back(2))
    return emitOpError() << "expected equal leading dimensions, found [" << a.drop_back(2) << "] and ["
                         << b.drop_back(2) << "]";
  if (getReduceLeading() && a.size() != b.size())
    return emitOpError() << "'reduce_leading' expected operands of one rank, found " << a.size() << " and " << b.size();
  a = a.take_back(2);
  b = b.take_back(2);
  int64_t m = a[getTransposeLhs()], k = a[!getTransposeLhs()], n = b[!getTransposeRhs()], k2 = b[getTransposeRhs()];
  if (k != k2)
    return emitOpError() << "expected equal lengths of the sum, found " << k << " and " << k2;
  SmallVector<int64_t> expected;
  if (!getReduceLeading())
    llvm::append_range(expected, shapeOf(getLhs()).drop_back(2));
  expected.append({m, n});
  return expectShape(*this, "result", getResult(), expected);
}

/// What dropout of the probabilities needs is all there or not at all.
template <typename Attention> static LogicalResult verifyRandomness(Attention op) {
  if (bool(op.getRandomKey()) != bool(op.getLayer()) || bool(op.getLayer()) != bool(op.getRate()))
    return op.emitOpError() << "expected all of random key, layer and rate, or none of them";
  return op.getRandomKey() ? verifyDraws(op, op.getRandomKey(), op.getLayer(), op.getOrdinal()) : success();
}

/// What forward and backward have in common.
template <typename Attention> static LogicalResult verifyAttention(Attention op) {
  ArrayRef<int64_t> query = shapeOf(op.getQuery());
  if (query != shapeOf(op.getKey()) || elementOf(op.getQuery()) != elementOf(op.getKey()) || query.size() != 3)
    return op.emitOpError() << "expected query, key and value of one type [batch, sequence, width], found "
                            << op.getQuery().getType() << " and " << op.getKey().getType();
  int64_t heads = op.getHeads();
  if (query[2] % heads != 0)
    return op.emitOpError() << "expected a width that is a multiple of the " << heads << " heads, found " << query[2];
  if (failed(verifyRandomness(op)))
    return failure();
  return expectShape(op, "log-sum-exp", op.getLogsumexp(), {query[0], heads, query[1]});
}
LogicalResult AttentionOp::verify() { return verifyAttention(*this); }
LogicalResult AttentionBackwardOp::verify() { return verifyAttention(*this); }

/// `others` have the element type of input and weight.
template <typename Head> static LogicalResult verifyHead(Head op, ValueRange others) {
  ArrayRef<int64_t> input = shapeOf(op.getInput()), weight = shapeOf(op.getWeight());
  if (failed(expectSameElement(op, {op.getInput(), op.getWeight()})) ||
      llvm::any_of(others, [&](Value other) { return failed(expectSameElement(op, {op.getInput(), other})); }))
    return failure();
  if (input.size() < 2)
    return op.emitOpError() << "expected an input of rank 2 or more, found [" << input << "]";
  if (weight.size() != 2 || input.back() != weight[1])
    return op.emitOpError() << "expected an input whose last dimension is the weight's, found [" << input << "] and ["
                            << weight << "]";
  return expectShape(op, "targets", op.getTargets(), input.drop_back());
}
LogicalResult LinearCrossEntropyOp::verify() {
  if (failed(verifyHead(*this, {getLoss(), getLogsumexp()})))
    return failure();
  return expectShape(*this, "log-sum-exp", getLogsumexp(), shapeOf(getInput()).drop_back());
}
LogicalResult LinearCrossEntropyBackwardOp::verify() {
  if (failed(verifyHead(*this, {getGradient(), getLogsumexp()})) ||
      failed(expectShape(*this, "gradient", getGradient(), {})))
    return failure();
  return expectShape(*this, "log-sum-exp", getLogsumexp(), shapeOf(getInput()).drop_back());
}
LogicalResult LinearCrossEntropyWithGradientOp::verify() { return verifyHead(*this, {getGradient()}); }

/// What forward and backward have in common.
template <typename Loss> static LogicalResult verifyStandardization(Loss op) {
  ArrayRef<int64_t> input = shapeOf(op.getInput());
  if (input.empty())
    return op.emitOpError() << "expected an input of rank 1 or more";
  if (failed(expectSameElement(op, {op.getInput(), op.getMean()})) ||
      failed(expectPositiveEpsilon(op, op.getEpsilon())) ||
      failed(expectShape(op, "targets", op.getTargets(), input.drop_back())))
    return failure();
  return expectShape(op, "mean", op.getMean(), input.take_back());
}
LogicalResult StandardizationLossOp::verify() {
  if (failed(verifyStandardization(*this)) || failed(expectSameElement(*this, {getInput(), getLoss(), getRange()})))
    return failure();
  return expectShape(*this, "range", getRange(), {4});
}
LogicalResult StandardizationLossBackwardOp::verify() {
  if (failed(verifyStandardization(*this)) || failed(expectSameElement(*this, {getInput(), getGradient()})))
    return failure();
  return expectShape(*this, "gradient", getGradient(), {});
}

static LogicalResult expectScalars(Operation *op, size_t found, size_t expected) {
  if (found == expected)
    return success();
  return op->emitOpError() << "expected " << expected << " scalars, found " << found;
}
LogicalResult AdamWOp::verify() { return expectScalars(*this, getScalars().size(), 8); }
LogicalResult SgdOp::verify() { return expectScalars(*this, getScalars().size(), 4); }

LogicalResult MuonOp::verify() {
  size_t count = getParameters().size();
  if (count == 0 || getGradients().size() != count || getMomenta().size() != count || getResults().size() != 2 * count)
    return emitOpError() << "expected as many gradients and momenta as parameters, at least one, and results for both";
  auto type = cast<RankedTensorType>(getParameters().front().getType());
  for (Type other : llvm::concat<const Type>(getParameters().getTypes(), getGradients().getTypes(),
                                             getMomenta().getTypes(), getResultTypes()))
    if (other != type)
      return emitOpError() << "expected tensors of one type, found " << type << " and " << other;
  if (type.getRank() != 2 || type.getDimSize(1) % getParts() != 0)
    return emitOpError() << "expected matrices of " << getParts() << " equal column blocks, found " << type;
  return expectScalars(*this, getScalars().size(), 4);
}

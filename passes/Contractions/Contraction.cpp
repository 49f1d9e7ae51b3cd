//===- Contraction.cpp - The matrix product inside a contraction ------------------===//
#include "passes/Contractions/Contraction.h"
#include "dialects/Sluice/SluiceStateOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace sluice;

int64_t Contraction::product(ArrayRef<unsigned> dims) const {
  int64_t result = 1;
  for (unsigned dim : dims)
    result *= sizes[dim];
  return result;
}

SmallVector<unsigned> Contraction::dimsAroundA() const {
  SmallVector<unsigned> dims;
  for (unsigned dim : llvm::concat<const unsigned>(outer, outerSums))
    if (llvm::is_contained(a.dims, dim))
      dims.push_back(dim);
  return dims;
}

bool Contraction::isContiguous(const Operand &operand, std::optional<unsigned> dim) const {
  return dim && !operand.dims.empty() && operand.dims.back() == *dim &&
         operand.type.getStridesAndOffset().first.back() == 1;
}

/// The op that a body consists of; null where it is of another kind.
static RoundedSumOp roundedSumOf(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic || generic.getNumDpsInputs() != 2 || generic.getNumDpsInits() != 1)
    return {};
  Block &body = *generic.getBody();
  auto sum = body.getTerminator()->getOperand(0).getDefiningOp<RoundedSumOp>();
  bool isPlain = sum && sum.getLeft() == body.getArgument(0) && sum.getRight() == body.getArgument(1) &&
                 sum.getSum() == body.getArgument(2);
  return isPlain ? sum : RoundedSumOp();
}

bool sluice::isContraction(Operation *op) {
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp || !(linalg::isaContractionOpInterface(linalgOp) || roundedSumOf(op)))
    return false;
  if (!llvm::all_of(op->getOperandTypes(), llvm::IsaPred<MemRefType>))
    return false;
  Type element = getElementTypeOrSelf(linalgOp.getDpsInits().front());
  auto computeType = op->getAttrOfType<TypeAttr>(computeTypeAttrName);
  auto isFactor = [&](Value value) {
    Type type = getElementTypeOrSelf(value);
    return type == element || (element.isF32() && computeType && type == computeType.getValue());
  };
  if (!(element.isF32() || element.isF64()) || !llvm::all_of(linalgOp.getDpsInputs(), isFactor))
    return false;
  if (!isa<linalg::GenericOp>(op) || roundedSumOf(op))
    return true;
  auto dims = linalg::inferContractionDims(linalgOp);
  return succeeded(dims) && !dims->m.empty() && !dims->n.empty() && !dims->k.empty();
}

namespace {
/// Merges iteration dimensions: a group lists dimensions that lie next to each other in every operand that has them.
class Merger {
public:
  Merger(linalg::LinalgOp op) : sizes(op.getStaticLoopRanges()), maps(op.getIndexingMapsArray()) {
    for (unsigned dim = 0; dim < sizes.size(); ++dim)
      groups.push_back({dim});
    for (Value operand : op->getOperands())
      types.push_back(cast<MemRefType>(operand.getType()));
    while (mergeOne())
      ;
  }

  SmallVector<int64_t> sizes;
  SmallVector<AffineMap> maps;
  SmallVector<MemRefType> types;
  SmallVector<SmallVector<unsigned>> groups;

  /// The operands that index by the dimension, one bit each.
  unsigned operandsOf(unsigned dim) const {
    unsigned result = 0;
    for (auto [index, map] : llvm::enumerate(maps))
      if (map.isFunctionOfDim(dim))
        result |= 1u << index;
    return result;
  }

  unsigned position(AffineMap map, unsigned dim) const {
    return *map.getResultPosition(getAffineDimExpr(dim, map.getContext()));
  }

private:
  /// Whether the dimensions of `second` directly follow those of `first` in every operand that has either.
  bool mayMerge(ArrayRef<unsigned> first, ArrayRef<unsigned> second) const {
    unsigned operands = operandsOf(first.front());
    if (operands != operandsOf(second.front()))
      return false;
    for (auto [index, map] : llvm::enumerate(maps)) {
      if (!(operands & 1u << index))
        continue;
      unsigned from = position(map, first.front()), to = position(map, second.back());
      if (position(map, first.back()) + 1 != position(map, second.front()))
        return false;
      SmallVector<ReassociationIndices> reassociation;
      for (unsigned i = 0; i < map.getNumResults(); ++i)
        if (i <= from || i > to)
          reassociation.push_back({i});
        else
          reassociation.back().push_back(i);
      if (!memref::CollapseShapeOp::isGuaranteedCollapsible(types[index], reassociation))
        return false;
    }
    return true;
  }

  bool mergeOne() {
    for (auto &first : groups)
      for (auto &second : groups)
        if (&first != &second && mayMerge(first, second)) {
          llvm::append_range(first, second);
          groups.erase(&second);
          return true;
        }
    return false;
  }
};
} // namespace

/// Stride of the dimension, or nothing where it is dynamic or the operand lacks it.
static std::optional<int64_t> strideOf(const Contraction::Operand &operand, unsigned dim) {
  auto it = llvm::find(operand.dims, dim);
  auto [strides, offset] = operand.type.getStridesAndOffset();
  if (it == operand.dims.end() || ShapedType::isDynamic(strides[it - operand.dims.begin()]))
    return std::nullopt;
  return strides[it - operand.dims.begin()];
}

std::optional<int64_t> Contraction::bytesBetween(const Operand &operand, std::optional<unsigned> dim) const {
  std::optional<int64_t> stride = dim ? strideOf(operand, *dim) : std::nullopt;
  return stride ? std::optional(*stride * bytesOfElement(operand)) : std::nullopt;
}

std::optional<int64_t> Contraction::bytesOfMatrix(const Operand &operand) const {
  int64_t last = 0;
  for (unsigned dim : operand.dims) {
    if (dim != m && dim != n && dim != k)
      continue;
    std::optional<int64_t> stride = strideOf(operand, dim);
    if (!stride)
      return std::nullopt;
    last += (sizes[dim] - 1) * *stride;
  }
  return (last + 1) * bytesOfElement(operand);
}

/// Takes the dimension that the kernel works on: a contiguous one in the operand, else the longest.
static std::optional<unsigned> takeMain(SmallVector<unsigned> &candidates, ArrayRef<int64_t> sizes,
                                        const Contraction::Operand &operand) {
  if (candidates.empty())
    return std::nullopt;
  auto rank = [&](unsigned dim) {
    bool contiguous =
        sizes[dim] > 1 && !operand.dims.empty() && operand.dims.back() == dim && strideOf(operand, dim) == 1;
    return std::pair(contiguous, sizes[dim]);
  };
  auto *best = llvm::max_element(candidates, [&](unsigned x, unsigned y) { return rank(x) < rank(y); });
  unsigned dim = *best;
  candidates.erase(best);
  return dim;
}

/// Reads the type that factors are rounded to.
static LogicalResult readComputeType(Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  Attribute attribute = op->getAttr(computeTypeAttrName);
  if (!attribute)
    return success();
  auto type = dyn_cast<TypeAttr>(attribute);
  if (!type || !isa<BFloat16Type, Float16Type, FloatTF32Type>(type.getValue()) ||
      !getElementTypeOrSelf(op.getDpsInits().front()).isF32())
    return op->emitOpError("expected '") << computeTypeAttrName << "' to be bf16, f16 or tf32, for sums of f32";
  contraction.computeType = cast<FloatType>(type.getValue());
  return success();
}

/// Reads how products are summed.
static LogicalResult readAccumulation(Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  auto accumulation = op->getAttrOfType<AccumulationAttr>(accumulationAttrName);
  if (!accumulation && roundedSumOf(op))
    return op->emitOpError("expected '") << accumulationAttrName << "' beside 'sluice.rounded_sum'";
  if (!accumulation)
    return success();
  auto formats = op->getAttrOfType<ArrayAttr>(formatsAttrName);
  if (!formats || formats.size() != 2 || !llvm::all_of(formats, llvm::IsaPred<FormatAttr>))
    return op->emitOpError("expected '") << formatsAttrName << "' to be two formats, those of its operands";
  if (contraction.computeType || !getElementTypeOrSelf(op.getDpsInits().front()).isF32())
    return op->emitOpError("expected operands and sums of f32 beside an '") << accumulationAttrName << "'";
  for (const precision::FloatFormat &format : {accumulation.getValue().sum, accumulation.getValue().across})
    if (format.mantissaBits > NarrowSums::mostMantissaBits && format != precision::FloatFormat())
      return op->emitOpError("expected sums of at most ")
             << NarrowSums::mostMantissaBits << " mantissa bits, or f32, as this target emulates them, found "
             << format.name();
  RoundedSumOp drawn = roundedSumOf(op);
  bool isStochastic = accumulation.getValue().rounding == precision::Rounding::Stochastic;
  if (isStochastic != bool(drawn))
    return op->emitOpError("expected a body of 'sluice.rounded_sum' exactly where sums round stochastically, found ")
           << (isStochastic ? "another one: sums have no key" : "it beside other sums");
  contraction.narrow = NarrowSums{accumulation.getValue(), cast<FormatAttr>(formats[0]).getValue(),
                                  cast<FormatAttr>(formats[1]).getValue(), std::nullopt};
  if (drawn)
    contraction.narrow->key = SumKey{drawn.getKeyLow(), drawn.getKeyHigh(), int64_t(drawn.getOrdinal())};
  return success();
}

/// Reads which points count; all do where one of the two dimensions was merged with another one.
static LogicalResult readTriangle(Contraction &contraction, const Merger &merger) {
  linalg::LinalgOp op = contraction.op;
  Attribute attribute = op->getAttr(triangleAttrName);
  if (!attribute)
    return success();
  auto isLoop = [&](int64_t dim) { return dim >= 0 && dim < op.getNumLoops(); };
  auto dims = dyn_cast<DenseI64ArrayAttr>(attribute);
  if (!dims || dims.size() != 2 || dims[0] == dims[1] || !isLoop(dims[0]) || !isLoop(dims[1]))
    return op->emitOpError("expected '") << triangleAttrName << "' to be two of its " << op.getNumLoops()
                                         << " loops, as array<i64: row, column>";
  auto groupOf = [&](unsigned dim) {
    return llvm::find_if(merger.groups, [&](auto &group) { return llvm::equal(group, ArrayRef(dim)); });
  };
  auto *row = groupOf(dims[0]), *column = groupOf(dims[1]);
  if (row != merger.groups.end() && column != merger.groups.end())
    contraction.triangle = {row - merger.groups.begin(), column - merger.groups.begin()};
  return success();
}

/// The operand with the merged dimensions in place of those of the op.
static Contraction::Operand collapseOperand(const Merger &merger, Value value, unsigned index) {
  Contraction::Operand operand;
  operand.value = value;
  AffineMap map = merger.maps[index];
  for (unsigned i = 0; i < map.getNumResults(); ++i) {
    unsigned dim = map.getDimPosition(i);
    unsigned group =
        llvm::find_if(merger.groups, [&](auto &g) { return llvm::is_contained(g, dim); }) - merger.groups.begin();
    if (operand.dims.empty() || operand.dims.back() != group) {
      operand.dims.push_back(group);
      operand.reassociation.push_back({});
    }
    operand.reassociation.back().push_back(i);
  }
  operand.type = map.getNumResults() == 0
                     ? merger.types[index]
                     : memref::CollapseShapeOp::computeCollapsedType(merger.types[index], operand.reassociation);
  return operand;
}

/// Sorts the merged dimensions by the operands that have them: one each becomes m, n and k, the others are loops.
static LogicalResult chooseDimensions(Contraction &contraction, const Merger &merger) {
  constexpr unsigned inA = 1, inB = 2, inC = 4;
  SmallVector<unsigned> rows, columns;
  for (auto [index, group] : llvm::enumerate(merger.groups)) {
    switch (merger.operandsOf(group.front())) {
    case inA | inC:
      rows.push_back(index);
      break;
    case inB | inC:
      columns.push_back(index);
      break;
    case inA | inB:
      contraction.outerSums.push_back(index);
      break;
    case inA | inB | inC:
      contraction.outer.push_back(index);
      break;
    default:
      return contraction.op->emitOpError("has a dimension that only one of its operands has");
    }
  }
  contraction.n = takeMain(columns, contraction.sizes, contraction.c);
  contraction.m = takeMain(rows, contraction.sizes, contraction.c);
  contraction.k = takeMain(contraction.outerSums, contraction.sizes, contraction.a);
  llvm::append_range(contraction.outer, rows);
  llvm::append_range(contraction.outer, columns);
  return success();
}

FailureOr<Contraction> sluice::analyzeContraction(linalg::LinalgOp op) {
  if (op.hasDynamicShape())
    return op->emitOpError("has a dynamic shape; contractions are expanded for static shapes only"), failure();
  Merger merger(op);
  Contraction result;
  result.op = op;
  if (failed(readComputeType(result)) || failed(readAccumulation(result)) || failed(readTriangle(result, merger)))
    return failure();
  for (auto &group : merger.groups) {
    int64_t size = 1;
    for (unsigned dim : group)
      size *= merger.sizes[dim];
    result.sizes.push_back(size);
  }
  for (auto [operand, index] : {std::pair(&result.a, 0u), {&result.b, 1u}, {&result.c, 2u}})
    *operand = collapseOperand(merger, op->getOperand(index), index);
  if (failed(chooseDimensions(result, merger)))
    return failure();

  if (result.narrow && !result.outerSums.empty())
    return op->emitOpError("expected operands whose summed dimensions are neighbours in memory, in one order: '")
               << accumulationAttrName << "' sums along one",
           failure();

  auto storesInPlace = [&](std::optional<unsigned> dim) {
    return dim && result.sizes[*dim] > 1 && result.c.dims.back() == *dim && strideOf(result.c, *dim) == 1;
  };
  if (!storesInPlace(result.n) && storesInPlace(result.m)) {
    std::swap(result.m, result.n);
    std::swap(result.a, result.b);
  }
  return result;
}

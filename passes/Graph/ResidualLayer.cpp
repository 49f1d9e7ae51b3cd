//===- ResidualLayer.cpp - A layer that adds branches to a stream -----------------===//
#include "passes/Graph/ResidualLayer.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"
#include <array>

using namespace mlir;
using namespace sluice;

FailureOr<ResidualLayer> sluice::findBranches(LayerOp layer) {
  ResidualLayer result{layer, {}};
  Block &body = layer.getBody().front();
  if (layer.getActivations().empty() || layer.getNumResults() == 0) {
    layer.emitError() << "expected a layer that adds branches to its input, found one without input or result";
    return failure();
  }
  Value stream = body.getTerminator()->getOperand(0);
  while (stream != body.getArgument(0)) {
    Operation *op = stream.getDefiningOp();
    if (auto sum = dyn_cast_or_null<AddOp>(op); sum && sum.getResidual()) {
      result.sums.push_back(sum);
      stream = sum.getLhs();
    } else if (isa_and_nonnull<NormOpInterface>(op)) {
      result.norm = op;
      stream = op->getOperand(0);
    } else {
      InFlightDiagnostic diagnostic = layer.emitError()
                                      << "expected a layer that adds branches to its input, found one that computes";
      diagnostic << " its result otherwise";
      diagnostic.attachNote(stream.getLoc()) << "the stream goes through this";
      return failure();
    }
  }
  std::reverse(result.sums.begin(), result.sums.end());
  return result;
}

namespace {
/// The ops of a layer's body up to one of its sums, as a layer of their own.
class Part {
public:
  Part(LayerOp whole, unsigned number, ArrayRef<Operation *> ops, Value streamBefore, Value streamAfter)
      : whole(whole), number(number), ops(ops), streamBefore(streamBefore), streamAfter(streamAfter) {}

  /// Builds the part before the whole; `stream` is what it takes. Fills the results of the whole that it computes.
  FailureOr<LayerOp> build(Value stream, SmallVectorImpl<Value> &wholeResults) {
    Block &body = whole.getBody().front();
    llvm::SmallPtrSet<Operation *, 16> members(ops.begin(), ops.end());
    llvm::SetVector<Value> used;
    for (Operation *op : ops)
      for (Value operand : op->getOperands()) {
        if (operand == streamBefore || members.contains(operand.getDefiningOp()))
          continue;
        if (!isa<BlockArgument>(operand) || operand == body.getArgument(0)) {
          InFlightDiagnostic diagnostic = op->emitError() << "expected branches that share nothing but the stream";
          diagnostic.attachNote(operand.getLoc()) << "this belongs to another branch";
          return diagnostic;
        }
        used.insert(operand);
      }

    // Operands by group, in the whole's order.
    std::array<SmallVector<Value>, 4> groups;
    groups[0].push_back(stream);
    SmallVector<Value> inside = {streamBefore};
    unsigned index = 0;
    for (auto [group, operands] : llvm::enumerate(std::array<OperandRange, 4>{
             whole.getActivations(), whole.getParameters(), whole.getBroadcasts(), whole.getScalars()}))
      for (Value operand : operands)
        if (Value argument = body.getArgument(index++); used.contains(argument)) {
          groups[group].push_back(operand);
          inside.push_back(argument);
        }
    SmallVector<Value> yielded = {streamAfter};
    SmallVector<unsigned> extra;
    for (auto [position, value] : llvm::enumerate(body.getTerminator()->getOperands()))
      if (position > 0 && members.contains(value.getDefiningOp())) {
        yielded.push_back(value);
        extra.push_back(position);
      }

    OpBuilder builder(whole);
    std::string name = (whole.getName() + "." + Twine(number)).str();
    auto part = LayerOp::create(builder, whole.getLoc(), ValueRange(yielded).getTypes(), groups[0], groups[1],
                                groups[2], groups[3], name, whole.getDepthAttr(), whole.getOfAttr());
    Block *block = builder.createBlock(&part.getBody());
    IRMapping mapping;
    for (auto [value, operand] : llvm::zip_equal(inside, part.getInputs()))
      mapping.map(value, block->addArgument(operand.getType(), operand.getLoc()));
    for (Operation *op : ops)
      builder.clone(*op, mapping);
    YieldOp::create(builder, whole.getLoc(),
                    llvm::map_to_vector(yielded, [&](Value value) { return mapping.lookup(value); }));
    for (auto [position, result] : llvm::zip_equal(extra, part.getResults().drop_front()))
      wholeResults[position] = result;
    return part;
  }

private:
  LayerOp whole;
  unsigned number;
  ArrayRef<Operation *> ops;
  Value streamBefore, streamAfter;
};
} // namespace

FailureOr<SmallVector<ResidualLayer>> sluice::splitBranches(const ResidualLayer &whole) {
  LayerOp layer = whole.layer;
  Block &body = layer.getBody().front();
  SmallVector<Value> results(layer.getNumResults());
  SmallVector<ResidualLayer> parts;
  Value stream = layer.getActivations().front(), before = body.getArgument(0);
  SmallVector<Operation *> ops;
  for (Operation &op : body.without_terminator()) {
    ops.push_back(&op);
    bool isLastSum = parts.size() + 1 == whole.sums.size();
    bool ends = isLastSum ? op.getNextNode() == body.getTerminator() : &op == whole.sums[parts.size()];
    if (!ends)
      continue;
    Value after = isLastSum ? body.getTerminator()->getOperand(0) : op.getResult(0);
    FailureOr<LayerOp> part = Part(layer, parts.size(), ops, before, after).build(stream, results);
    if (failed(part))
      return failure();
    FailureOr<ResidualLayer> branches = findBranches(*part);
    if (failed(branches))
      return failure();
    parts.push_back(*branches);
    stream = part->getResult(0);
    before = after;
    ops.clear();
  }
  results[0] = stream;
  layer.getResults().replaceUsesWithIf(results, [](OpOperand &) { return true; });
  layer.erase();
  return parts;
}

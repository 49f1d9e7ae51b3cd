//===- SluiceStatisticsOps.cpp - What rounding and sums lose ------------------===//
#include "dialects/Sluice/SluiceStatisticsOps.h"
#include "dialects/Sluice/Shapes.h"

using namespace mlir;
using namespace sluice;

#define GET_OP_CLASSES
#include "dialects/Sluice/SluiceStatisticsOps.cpp.inc"

LogicalResult CountRoundingsOp::verify() {
  if (!elementOf(getInput()).isF32())
    return emitOpError() << "expected f32, found " << elementOf(getInput());
  if (precision::FloatFormat format = getFormat().getValue(); format.mantissaBits > 22)
    return emitOpError() << "expected a format of at most 22 mantissa bits, found " << format.name();
  if (std::optional<ArrayRef<int64_t>> group = getScaled())
    if (group->size() != 2 || llvm::any_of(*group, [](int64_t size) { return size < 0; }))
      return emitOpError() << "expected rows and columns of a group, of at least 0, found [" << *group << "]";
  return expectShape(*this, "a result", getResult(), {2});
}

LogicalResult AccumulationErrorOp::verify() {
  if (rankOf(getInput()) == 0 || rankOf(getWeight()) != 2)
    return emitOpError() << "expected an input of at least rank 1 and a matrix, found ranks " << rankOf(getInput())
                         << " and " << rankOf(getWeight());
  int64_t outputs = shapeOf(getWeight())[getTransposed() ? 0 : 1];
  int64_t length = shapeOf(getInput()).back();
  SmallVector<int64_t> weight = {length, outputs}, sums(shapeOf(getInput()).drop_back());
  if (getTransposed())
    std::swap(weight[0], weight[1]);
  sums.push_back(outputs);
  if (failed(expectShape(*this, "weight", getWeight(), weight)) || failed(expectShape(*this, "sums", getSums(), sums)))
    return failure();
  for (Value value : {getInput(), getWeight(), getSums()})
    if (!elementOf(value).isF32())
      return emitOpError() << "expected elements of f32, found " << elementOf(value);
  int64_t count = cast<RankedTensorType>(getSums().getType()).getNumElements() / std::max<int64_t>(outputs, 1);
  if (int64_t rows = getRows(); rows < 1 || rows > count)
    return emitOpError() << "expected 1 to " << count << " rows, found " << rows;
  return expectShape(*this, "a result", getResult(), {2});
}

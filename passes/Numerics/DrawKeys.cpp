//===- DrawKeys.cpp - What functions that round stochastically draw by ----------------===//
#include "passes/Numerics/DrawKeys.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "runtime/Philox.h"

using namespace mlir;
using namespace sluice;

static RankedTensorType wordsOf(MLIRContext *context, int64_t count) {
  return RankedTensorType::get({count}, IntegerType::get(context, 32));
}

DrawKeys::Arguments DrawKeys::addTo(func::FuncOp function) {
  auto add = [&](int64_t words) -> Value {
    unsigned index = function.getNumArguments();
    (void)function.insertArgument(index, wordsOf(function.getContext(), words), {}, function.getLoc());
    return function.getArgument(index);
  };
  Value key = add(4);
  return {key, add(2)};
}

void DrawKeys::appendTo(func::CallOp call, StringRef name) {
  // Outside of branches, as each takes memory.
  Block &entry = call->getParentOfType<func::FuncOp>().getBody().front();
  OpBuilder builder = OpBuilder::atBlockBegin(&entry);
  Value &key = keys[&entry];
  if (!key)
    key = KeyOp::create(builder, call.getLoc(), wordsOf(call.getContext(), 4));
  builder.setInsertionPointAfterValue(key);
  uint64_t hash = runtime::hashName(name);
  Value &id = ids[{&entry, hash}];
  if (!id)
    id = arith::ConstantOp::create(builder, call.getLoc(),
                                   DenseElementsAttr::get(wordsOf(call.getContext(), 2),
                                                          {int32_t(uint32_t(hash)), int32_t(uint32_t(hash >> 32))}));
  call.getOperandsMutable().append({key, id});
}

//===- Loops.cpp - Loops and branches --------------------------------------------===//
#include "passes/Build/Loops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace sluice;

Value sluice::andEqual(ImplicitLocOpBuilder &b, Value condition, Value index, int64_t value) {
  if (!condition)
    return condition;
  Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index, constantIndex(b, value));
  return b.createOrFold<arith::AndIOp>(condition, isThere);
}

Value sluice::takeIndex(ImplicitLocOpBuilder &b, Value &number, int64_t size) {
  if (size == 1)
    return constantIndex(b, 0);
  Value index = b.createOrFold<arith::RemUIOp>(number, constantIndex(b, size));
  number = b.createOrFold<arith::DivUIOp>(number, constantIndex(b, size));
  return index;
}

void sluice::loop(ImplicitLocOpBuilder &b, Value from, Value to, int64_t step, function_ref<void(Value)> body) {
  auto op = scf::ForOp::create(b, from, to, constantIndex(b, step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

void sluice::parallelLoop(ImplicitLocOpBuilder &b, int64_t count, KernelAttr kernel, function_ref<void(Value)> body) {
  auto forall = scf::ForallOp::create(b, ArrayRef<OpFoldResult>{b.getIndexAttr(count)}, ValueRange(), std::nullopt);
  if (kernel)
    forall->setAttr(kernelAttrName, kernel);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forall.getBody());
  body(forall.getInductionVar(0));
}

void sluice::emitIf(ImplicitLocOpBuilder &b, Value condition, function_ref<void()> thenBody,
                    function_ref<void()> elseBody) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/bool(elseBody));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  thenBody();
  if (!elseBody)
    return;
  b.setInsertionPointToStart(branch.elseBlock());
  elseBody();
}

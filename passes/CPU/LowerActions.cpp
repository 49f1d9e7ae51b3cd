//===- LowerActions.cpp - Actions as calls on addresses -----------------------------===//
#include "passes/CPU/LowerActions.h"
#include "dialects/CPU/CPUDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "passes/Table/StepLayout.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

/// Calls of one part.
static constexpr unsigned callsOfPart = 32;

namespace {
/// A place: a byte offset from an argument of the action, or from what the pointer that lies there points to.
struct Address {
  unsigned argument = 0;
  int64_t offset = 0;
  std::optional<int64_t> behindPointer = {};
};

class ActionLowering {
public:
  explicit ActionLowering(func::FuncOp action) : action(action), builder(action.getContext()) {}

  SmallVector<LLVM::LLVMFuncOp> run() {
    Block &entry = action.getBody().front();
    if (!action.getBody().hasOneBlock() || !llvm::all_of(entry.getArgumentTypes(), llvm::IsaPred<MemRefType>))
      return {};
    for (BlockArgument argument : entry.getArguments())
      addresses[argument] = {argument.getArgNumber()};
    beginPart();
    for (Operation &op : entry.without_terminator()) {
      if (failed(lower(&op))) {
        for (LLVM::LLVMFuncOp part : parts)
          part.erase();
        return {};
      }
      // Values never cross from part to part: a number that was loaded before is not found again, and the action is
      // refused.
      if (isa<func::CallOp, scf::IfOp>(op) && ++calls % callsOfPart == 0) {
        endPart();
        beginPart();
      }
    }
    endPart();
    return joinParts();
  }

private:
  LLVM::LLVMFuncOp createFunction(const Twine &name, LLVM::Linkage linkage) {
    auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()),
                                            SmallVector<Type>(action.getNumArguments(), pointer));
    OpBuilder detached(builder.getContext());
    auto function = LLVM::LLVMFuncOp::create(detached, action.getLoc(), name.str(), type, linkage);
    function.setPassthroughAttr(builder.getStrArrayAttr({"noinline", "optnone"}));
    builder.setInsertionPointToStart(function.addEntryBlock(builder));
    return function;
  }

  void beginPart() {
    parts.push_back(createFunction(action.getSymName() + ".part" + Twine(parts.size()), LLVM::Linkage::Internal));
    numbers.clear();
  }
  void endPart() { LLVM::ReturnOp::create(builder, action.getLoc(), ValueRange()); }

  /// A single part is the action; several are called by it.
  SmallVector<LLVM::LLVMFuncOp> joinParts() {
    LLVM::LLVMFuncOp whole = parts.front();
    if (parts.size() > 1) {
      whole = createFunction(action.getSymName(), LLVM::Linkage::External);
      for (LLVM::LLVMFuncOp part : parts)
        LLVM::CallOp::create(builder, action.getLoc(), TypeRange(), part.getSymName(), whole.getArguments());
      endPart();
      parts.push_back(whole);
    }
    whole.setSymName(action.getSymName());
    whole.setLinkage(LLVM::Linkage::External);
    for (NamedAttribute attribute : action->getDiscardableAttrs())
      whole->setDiscardableAttr(attribute.getName(), attribute.getValue());
    return parts;
  }

  /// The pointer to `value`, or null where its place is not known.
  Value pointerTo(Location location, Value value, int64_t offset = 0) {
    auto found = addresses.find(value);
    if (found == addresses.end())
      return {};
    Address address = found->second;
    auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
    Value base = parts.back().getArgument(address.argument);
    auto moved = [&](Value from, int64_t bytes) -> Value {
      if (bytes == 0)
        return from;
      Value distance = LLVM::ConstantOp::create(builder, location, builder.getI64IntegerAttr(bytes));
      return LLVM::GEPOp::create(builder, location, pointer, builder.getI8Type(), from, LLVM::GEPArg(distance));
    };
    if (!address.behindPointer)
      return moved(base, address.offset + offset);
    return moved(LLVM::LoadOp::create(builder, location, pointer, moved(base, address.offset)),
                 *address.behindPointer + offset);
  }

  static std::optional<int64_t> constantOf(Value value) {
    APInt number;
    return matchPattern(value, m_ConstantInt(&number)) ? std::optional(number.getSExtValue()) : std::nullopt;
  }

  /// The pointer to an element at constant indices.
  Value elementPointer(Location location, Value memref, ValueRange indices) {
    auto type = cast<MemRefType>(memref.getType());
    if (!type.getLayout().isIdentity() || !type.hasStaticShape() || !type.getElementType().isIntOrFloat())
      return {};
    int64_t position = 0;
    for (auto [index, size] : llvm::zip_equal(indices, type.getShape())) {
      std::optional<int64_t> constant = constantOf(index);
      if (!constant)
        return {};
      position = position * size + *constant;
    }
    return pointerTo(location, memref, position * (type.getElementTypeBitWidth() / 8));
  }

  Value numberOf(Value value) {
    if (Value number = numbers.lookup(value))
      return number;
    auto constant = value.getDefiningOp<arith::ConstantOp>();
    if (!constant || !constant.getType().isIntOrFloat())
      return {};
    return numbers[value] =
               LLVM::ConstantOp::create(builder, constant.getLoc(), constant.getType(), constant.getValue());
  }

  LogicalResult lower(Operation *op) {
    return TypeSwitch<Operation *, LogicalResult>(op)
        .Case<arith::ConstantOp>([](auto) { return success(); })
        .Case<memref::ViewOp, PointeeOp>([&](auto op) { return findPlace(op); })
        .Case<memref::LoadOp, memref::StoreOp>([&](auto op) { return move(op); })
        .Case<arith::TruncFOp, arith::CmpFOp, arith::OrIOp>([&](auto op) { return compute(op); })
        .Case([&](scf::IfOp ifOp) { return lowerIf(ifOp); })
        .Case([&](func::CallOp call) { return lowerCall(call); })
        .Default([](Operation *) { return failure(); });
  }

  LogicalResult findPlace(memref::ViewOp view) {
    std::optional<int64_t> shift = constantOf(view.getByteShift());
    auto source = addresses.find(view.getSource());
    if (!shift || source == addresses.end() || !view.getSizes().empty())
      return failure();
    Address address = source->second;
    (address.behindPointer ? *address.behindPointer : address.offset) += *shift;
    addresses[view.getResult()] = address;
    return success();
  }

  LogicalResult findPlace(PointeeOp pointee) {
    auto memory = addresses.find(pointee.getMemory());
    if (memory == addresses.end() || memory->second.behindPointer)
      return failure();
    Address address = memory->second;
    addresses[pointee.getResult()] = {address.argument, address.offset + int64_t(pointee.getOffset()), 0};
    return success();
  }

  LogicalResult move(memref::LoadOp load) {
    Value pointer = elementPointer(load.getLoc(), load.getMemRef(), load.getIndices());
    if (!pointer)
      return failure();
    numbers[load.getResult()] = LLVM::LoadOp::create(builder, load.getLoc(), load.getType(), pointer);
    return success();
  }

  LogicalResult move(memref::StoreOp store) {
    Value number = numberOf(store.getValueToStore());
    Value pointer = elementPointer(store.getLoc(), store.getMemRef(), store.getIndices());
    if (!number || !pointer)
      return failure();
    LLVM::StoreOp::create(builder, store.getLoc(), number, pointer);
    return success();
  }

  LogicalResult compute(arith::TruncFOp truncate) {
    Value number = numberOf(truncate.getIn());
    if (!number)
      return failure();
    numbers[truncate.getResult()] = LLVM::FPTruncOp::create(builder, truncate.getLoc(), truncate.getType(), number);
    return success();
  }

  LogicalResult compute(arith::CmpFOp compare) {
    Value lhs = numberOf(compare.getLhs()), rhs = numberOf(compare.getRhs());
    if (!lhs || !rhs)
      return failure();
    auto predicate = LLVM::symbolizeFCmpPredicate(stringifyEnum(compare.getPredicate()));
    numbers[compare.getResult()] = LLVM::FCmpOp::create(builder, compare.getLoc(), *predicate, lhs, rhs);
    return success();
  }

  LogicalResult compute(arith::OrIOp either) {
    Value lhs = numberOf(either.getLhs()), rhs = numberOf(either.getRhs());
    if (!lhs || !rhs)
      return failure();
    numbers[either.getResult()] = LLVM::OrOp::create(builder, either.getLoc(), lhs, rhs);
    return success();
  }

  LogicalResult lowerCall(func::CallOp call) {
    if (call.getNumResults() > 0)
      return failure();
    SmallVector<Value> operands;
    for (Value operand : call.getOperands()) {
      Value value = isa<MemRefType>(operand.getType()) ? pointerTo(call.getLoc(), operand) : numberOf(operand);
      if (!value)
        return failure();
      operands.push_back(value);
    }
    LLVM::CallOp::create(builder, call.getLoc(), TypeRange(), call.getCallee(), operands);
    return success();
  }

  /// A branch around the calls of a dropped layer.
  LogicalResult lowerIf(scf::IfOp ifOp) {
    Value condition = numberOf(ifOp.getCondition());
    if (!condition || ifOp.getNumResults() > 0)
      return failure();
    Block *before = builder.getInsertionBlock();
    Block *after = builder.createBlock(before->getParent(), before->getParent()->end());
    // Numbers of a branch are not known behind it.
    auto outside = numbers;
    auto lowerBranch = [&](Region &region) -> Block * {
      if (region.empty())
        return after;
      Block *block = builder.createBlock(after);
      for (Operation &op : region.front().without_terminator())
        if (failed(lower(&op)))
          return nullptr;
      LLVM::BrOp::create(builder, ifOp.getLoc(), after);
      numbers = outside;
      return block;
    };
    Block *then = lowerBranch(ifOp.getThenRegion());
    Block *otherwise = then ? lowerBranch(ifOp.getElseRegion()) : nullptr;
    if (!otherwise)
      return failure();
    builder.setInsertionPointToEnd(before);
    LLVM::CondBrOp::create(builder, ifOp.getLoc(), condition, then, otherwise);
    builder.setInsertionPointToEnd(after);
    return success();
  }

  func::FuncOp action;
  OpBuilder builder;
  SmallVector<LLVM::LLVMFuncOp> parts;
  llvm::DenseMap<Value, Address> addresses;
  llvm::DenseMap<Value, Value> numbers; // of the part that is being built
  unsigned calls = 0;
};
} // namespace

SmallVector<LLVM::LLVMFuncOp> sluice::lowerAction(func::FuncOp action) { return ActionLowering(action).run(); }

//===- ApproximateMath.cpp - Transcendental functions to what can run ----------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Pass/Pass.h"
#include "passes/Numerics/ApproximateFunctions.h"
#include "llvm/ADT/TypeSwitch.h"

namespace sluice {
#define GEN_PASS_DECL_APPROXIMATEMATH
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The function of the C library for double precision, or an empty name for ops that have instructions of their own.
static StringRef getLibraryName(Operation *op) {
  return TypeSwitch<Operation *, StringRef>(op)
      .Case<math::AcosOp>([](auto) { return "acos"; })
      .Case<math::AcoshOp>([](auto) { return "acosh"; })
      .Case<math::AsinOp>([](auto) { return "asin"; })
      .Case<math::AsinhOp>([](auto) { return "asinh"; })
      .Case<math::AtanOp>([](auto) { return "atan"; })
      .Case<math::AtanhOp>([](auto) { return "atanh"; })
      .Case<math::Atan2Op>([](auto) { return "atan2"; })
      .Case<math::CbrtOp>([](auto) { return "cbrt"; })
      .Case<math::CosOp>([](auto) { return "cos"; })
      .Case<math::CoshOp>([](auto) { return "cosh"; })
      .Case<math::ErfOp>([](auto) { return "erf"; })
      .Case<math::ErfcOp>([](auto) { return "erfc"; })
      .Case<math::ExpOp>([](auto) { return "exp"; })
      .Case<math::Exp2Op>([](auto) { return "exp2"; })
      .Case<math::ExpM1Op>([](auto) { return "expm1"; })
      .Case<math::LogOp>([](auto) { return "log"; })
      .Case<math::Log10Op>([](auto) { return "log10"; })
      .Case<math::Log1pOp>([](auto) { return "log1p"; })
      .Case<math::Log2Op>([](auto) { return "log2"; })
      .Case<math::PowFOp>([](auto) { return "pow"; })
      .Case<math::SinOp>([](auto) { return "sin"; })
      .Case<math::SinhOp>([](auto) { return "sinh"; })
      .Case<math::TanOp>([](auto) { return "tan"; })
      .Case<math::TanhOp>([](auto) { return "tanh"; })
      .Default(StringRef());
}

namespace {
struct ApproximateMath : sluice::impl::ApproximateMathBase<ApproximateMath> {
  using ApproximateMathBase::ApproximateMathBase;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<math::RsqrtOp>(op) || !getLibraryName(op).empty())
        ops.push_back(op);
    });
    symbols.emplace(getOperation());
    for (Operation *op : ops) {
      OpBuilder builder(op);
      Value result = lower(builder, op);
      if (!result)
        return signalPassFailure();
      op->getResult(0).replaceAllUsesWith(result);
      op->erase();
    }
  }

private:
  /// Null after an error.
  Value lower(OpBuilder &builder, Operation *op) {
    Type type = op->getResult(0).getType(), element = getElementTypeOrSelf(type);
    auto vector = dyn_cast<VectorType>(type);
    if (!isa<FloatType>(element) || element.getIntOrFloatBitWidth() > 64 || (!vector && isa<ShapedType>(type)) ||
        (vector && vector.isScalable())) {
      op->emitOpError() << "expected floats of at most 64 bits or vectors of fixed length of them, got " << type;
      return {};
    }
    SmallVector<Value> operands(op->getOperands());
    bool isNarrow = element.getIntOrFloatBitWidth() < 32;
    Type computeElement = isNarrow ? builder.getF32Type() : element;
    Type computeType = vector ? Type(vector.clone(computeElement)) : computeElement;
    if (isNarrow)
      for (Value &operand : operands)
        operand = arith::ExtFOp::create(builder, op->getLoc(), computeType, operand);
    Value result = compute(builder, op, operands, computeType);
    if (result && isNarrow)
      result = arith::TruncFOp::create(builder, op->getLoc(), type, result);
    return result;
  }

  Value compute(OpBuilder &builder, Operation *op, ArrayRef<Value> operands, Type type) {
    if (isa<math::RsqrtOp>(op)) {
      TypedAttr one = builder.getFloatAttr(getElementTypeOrSelf(type), 1.0);
      if (auto vector = dyn_cast<VectorType>(type))
        one = DenseElementsAttr::get(vector, Attribute(one));
      Value root = math::SqrtOp::create(builder, op->getLoc(), operands[0]);
      return arith::DivFOp::create(builder, op->getLoc(), arith::ConstantOp::create(builder, op->getLoc(), one), root);
    }
    if (getElementTypeOrSelf(type).isF32())
      if (Value result = approximateFunction(builder, op, operands[0]))
        return result;
    if (libm)
      return callLibrary(builder, op, operands, type);
    if (getElementTypeOrSelf(type).isF64())
      if (Value result = approximateDouble(builder, op, operands[0]))
        return result;
    op->emitOpError() << "expected a function that the target has without a C library, found one of " << type;
    return {};
  }

  /// Calls the C library for every lane.
  Value callLibrary(OpBuilder &builder, Operation *op, ArrayRef<Value> operands, Type type) {
    func::FuncOp callee = getCallee(op, getElementTypeOrSelf(type));
    if (!callee)
      return {};
    auto vector = dyn_cast<VectorType>(type);
    if (!vector)
      return func::CallOp::create(builder, op->getLoc(), callee, operands).getResult(0);
    Value result = arith::ConstantOp::create(builder, op->getLoc(), builder.getZeroAttr(type));
    for (int64_t number = 0; number < vector.getNumElements(); ++number) {
      SmallVector<int64_t> position(vector.getRank());
      int64_t rest = number;
      for (int64_t dim = vector.getRank() - 1; dim >= 0; --dim) {
        position[dim] = rest % vector.getDimSize(dim);
        rest /= vector.getDimSize(dim);
      }
      SmallVector<Value> scalars;
      for (Value operand : operands)
        scalars.push_back(vector::ExtractOp::create(builder, op->getLoc(), operand, position));
      Value scalar = func::CallOp::create(builder, op->getLoc(), callee, scalars).getResult(0);
      result = vector::InsertOp::create(builder, op->getLoc(), scalar, result, position);
    }
    return result;
  }

  func::FuncOp getCallee(Operation *op, Type element) {
    std::string name = getLibraryName(op).str() + (element.isF32() ? "f" : "");
    auto type = FunctionType::get(&getContext(), SmallVector<Type>(op->getNumOperands(), element), element);
    if (Operation *existing = symbols->lookup(name)) {
      auto function = dyn_cast<func::FuncOp>(existing);
      if (function && function.getFunctionType() == type)
        return function;
      op->emitOpError() << "needs the C library's function '" << name
                        << "', but the module has something else of that name";
      return {};
    }
    auto function = func::FuncOp::create(op->getLoc(), name, type);
    function.setPrivate();
    function->setAttr(LLVM::LLVMDialect::getReadnoneAttrName(), UnitAttr::get(&getContext()));
    symbols->insert(function, getOperation().getBody()->begin());
    return function;
  }

  std::optional<SymbolTable> symbols;
};
} // namespace

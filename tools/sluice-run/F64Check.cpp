//===- F64Check.cpp - Functions against themselves in f64 -----------------------------------===//
#include "tools/sluice-run/F64Check.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "runtime/Error.h"
#include "tools/sluice-run/CardFunction.h"
#include "tools/sluice-run/GradientCheck.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace sluice;

/// Bits of a fraction that a type has in memory, if it is one that ops round to.
static std::optional<int64_t> fractionBitsOf(Type type) {
  return llvm::TypeSwitch<Type, std::optional<int64_t>>(type)
      .Case([](BFloat16Type) { return 7; })
      .Case<Float16Type, FloatTF32Type>([](auto) { return 10; })
      .Default([](Type) { return std::nullopt; });
}

/// Rounds f64 to the fraction of a type as ops do, by its bits, with an exponent that has no bounds: to the nearest and
/// of two that are as near to the even one, for tf32 toward zero.
static Value roundFraction(ImplicitLocOpBuilder &b, Value x, Type to) {
  auto type = cast<RankedTensorType>(x.getType());
  auto words = type.clone(b.getI64Type());
  auto constant = [&](int64_t word) {
    return arith::ConstantOp::create(b, DenseElementsAttr::get(words, b.getI64IntegerAttr(word).getValue()));
  };
  int64_t dropped = 52 - *fractionBitsOf(to);
  Value bits = arith::BitcastOp::create(b, words, x), mask = constant(-(int64_t(1) << dropped));
  if (to.isTF32())
    return arith::BitcastOp::create(b, type, arith::AndIOp::create(b, bits, mask));
  Value isOdd = arith::AndIOp::create(b, arith::ShRUIOp::create(b, bits, constant(dropped)), constant(1));
  Value half = arith::AddIOp::create(b, isOdd, constant((int64_t(1) << (dropped - 1)) - 1));
  Value sum = arith::AddIOp::create(b, bits, half);
  Value rounded = arith::AndIOp::create(b, sum, mask);
  return arith::BitcastOp::create(b, type, rounded);
}

/// Has operands that ops in f64 would round be rounded by ops of their own. What an op computes first and then rounds
/// stays as it is.
static LogicalResult roundApart(ModuleOp module) {
  WalkResult result = module.walk([](ComputeTypeOpInterface op) {
    TypeAttr type = op.getComputeTypeAttr();
    if (!type)
      return WalkResult::advance();
    if (!fractionBitsOf(type.getValue()))
      return WalkResult(op->emitOpError("rounds to ") << type.getValue() << ", which is not compared with f64");
    ImplicitLocOpBuilder b(op->getLoc(), op);
    for (OpOperand &operand : op->getOpOperands())
      if (op.isOnlyRounded(operand))
        operand.set(roundFraction(b, operand.get(), type.getValue()));
    op.setComputeTypeAttr({});
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  // Those of buffers have their operands in memory as they are.
  module.walk([](linalg::LinalgOp op) { op->removeAttr(computeTypeAttrName); });
  PassManager manager(module.getContext());
  manager.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
  return manager.run(module);
}

/// The function's results in f64, from values of `operands`.
static llvm::Expected<std::vector<std::vector<double>>>
computeReference(ModuleOp module, StringRef name, const Operands &operands, const F64CheckOptions &options) {
  OwningOpRef<ModuleOp> wide = module.clone();
  // Only this one is computed, whatever is wrong with others.
  if (failed(isolateFunction(*wide, name)))
    return llvm::createStringError("the reference has no function '" + name + "'");
  promoteToF64(*wide);
  if (failed(roundApart(*wide)))
    return llvm::createStringError("'" + name + "' has no reference in f64");
  auto function = cast<func::FuncOp>(wide->lookupSymbol(name));
  addStep(function);
  Signature signature = Signature::take(function);
  llvm::Expected<Operands> wideOperands = operands.converted(signature);
  if (!wideOperands)
    return wideOperands.takeError();
  if (failed(lowerForHost(*wide, signature.onBuffers, /*fromLinalg=*/true, options.cpu)))
    return llvm::createStringError("'" + name + "' has no code in f64");
  if (llvm::Error error = runOnHost(*wide, name, signature, *wideOperands, options.processor, options.threads))
    return std::move(error);
  std::vector<std::vector<double>> results;
  for (size_t number = 0; number < wideOperands->results().size(); ++number) {
    const Operands::Operand &result = wideOperands->result(number);
    std::optional<uint32_t> element = elementOf(result.type.getElementType());
    if (!element)
      return llvm::createStringError("result " + Twine(number) + " has elements that cannot be compared");
    std::vector<double> &values = results.emplace_back();
    for (int64_t i = 0; i < result.type.getNumElements(); ++i)
      values.push_back(valueOf(result.memory.data() + i * bytesOfElement(*element), *element));
  }
  return results;
}

/// Has the function run where the options say, and its results in `operands`.
static llvm::Error run(ModuleOp module, StringRef name, const Signature &signature, const Operands &operands,
                       double tolerance, const std::vector<std::vector<double>> &expected,
                       const F64CheckOptions &options) {
  if (!options.onCard) {
    if (failed(lowerForHost(module, signature.onBuffers, /*fromLinalg=*/true, options.cpu)))
      return llvm::createStringError("'" + name + "' has no code");
    return runOnHost(module, name, signature, operands, options.processor, options.threads);
  }
  llvm::Expected<KernelCase> launches = lowerForCard(module, name, signature, operands, options.architecture);
  if (!launches)
    return launches.takeError();
  if (!options.saveFolder.empty()) {
    launches->tolerance = tolerance;
    for (auto [number, operand] : llvm::enumerate(operands.results()))
      launches->operands[operand].expected = expected[number];
    try {
      launches->write(options.saveFolder + "/" + name.str() + ".case");
    } catch (const runtime::RunError &error) {
      return llvm::createStringError(error.what());
    }
  }
  return runOnCard(*launches, operands);
}

llvm::Expected<bool> sluice::checkAgainstF64(ModuleOp module, ModuleOp reference, StringRef name,
                                             const F64CheckOptions &options) {
  OwningOpRef<ModuleOp> own = module.clone();
  if (failed(isolateFunction(*own, name)))
    return llvm::createStringError("the module has no function '" + name + "'");
  auto function = cast<func::FuncOp>(own->lookupSymbol(name));
  addStep(function);
  Signature signature = Signature::take(function);
  auto stated = function->getAttrOfType<FloatAttr>(toleranceAttrName);
  double tolerance = stated ? stated.getValueAsDouble() : options.tolerance;
  llvm::Expected<Operands> operands = Operands::create(signature, options.seed);
  if (!operands)
    return operands.takeError();
  auto expected = computeReference(reference, name, *operands, options);
  if (!expected)
    return expected.takeError();
  if (expected->size() != operands->results().size())
    return llvm::createStringError("the reference of '" + name + "' has other results");
  if (llvm::Error error = run(*own, name, signature, *operands, tolerance, *expected, options))
    return std::move(error);
  KernelError worst;
  for (size_t number = 0; number < expected->size(); ++number) {
    const Operands::Operand &result = operands->result(number);
    KernelError error =
        compareResult(result.memory.data(), *elementOf(result.type.getElementType()), (*expected)[number], number);
    if (error.largest > worst.largest)
      worst = error;
  }
  bool isClose = worst.largest <= tolerance;
  llvm::outs() << name << ": error " << llvm::format("%.1e", worst.largest) << ", at most "
               << llvm::format("%.1e", tolerance) << (isClose ? "" : ": failed, " + worst.place) << "\n";
  return isClose;
}

//===- MeasureContractions.cpp - What generated code loses in sums of products -------------===//
#include "tools/sluicec/MeasureContractions.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/PassManager.h"
#include "runtime/Philox.h"
#include "tools/Jit.h"
#include <cmath>
#include <thread>

using namespace mlir;
using namespace sluice;

/// Rows of the left operand and columns of the right one.
static constexpr int64_t extent = 64;
static constexpr StringLiteral functionName = "contraction", segmentsName = "operandSegmentSizes";

namespace {
/// A matrix of 64 vectors of a contraction's length.
class Operand {
public:
  /// `sumsRows`: elements of a vector lie below each other. `seed` numbers the operands.
  Operand(int64_t length, bool sumsRows, uint32_t seed)
      : length(length), sumsRows(sumsRows), given(length * extent), rounded(given.size()) {
    for (size_t i = 0; i < given.size(); i += 2) {
      std::array<double, 2> pair = runtime::normalPair(runtime::philox({uint32_t(i), seed, 0, 0}, {22, 0}));
      given[i] = float(pair[0]);
      given[i + 1] = float(pair[1]);
    }
  }

  RankedTensorType type(Type element) const {
    SmallVector<int64_t> shape = {sumsRows ? length : extent, sumsRows ? extent : length};
    return RankedTensorType::get(shape, element);
  }

  /// For contractions that round their operands themselves.
  void roundBy(const precision::FloatFormat &format) {
    precision::Rounder rounder(format, precision::Rounding::NearestEven);
    llvm::transform(given, rounded.begin(), [&](float value) { return float(rounder.saturate(value)); });
  }

  float at(int64_t vector, int64_t k) const { return rounded[sumsRows ? k * extent + vector : vector * length + k]; }

  float *data() { return given.data(); }
  float *roundedData() { return rounded.data(); }

private:
  int64_t length;
  bool sumsRows;
  std::vector<float> given, rounded;
};

/// A contraction of a kind by itself: its operands in memory and the function that computes it.
class Trial {
public:
  explicit Trial(const ContractionKind &kind)
      : kind(kind), left(kind.length, sumsRows(kind.example, 0), 0), right(kind.length, sumsRows(kind.example, 1), 1) {}

  /// C, and each operand that a `sluice.quantize` rounds, rounded.
  OwningOpRef<ModuleOp> build();
  /// Runs the function and compares it with f64.
  llvm::Expected<double> measure(JitFunction &function);

private:
  static bool sumsRows(Operation *op, unsigned number);

  const ContractionKind &kind;
  Operand left, right;
  bool roundsLeft = false, roundsRight = false; // of operands that the contraction does not round itself
  bool draws = false;                           // by the words
  std::array<uint32_t, 4> keyWords = {22, 0, 0, 0};
  std::array<uint32_t, 2> idWords = {};
};
} // namespace

/// Whether the summed index of an operand counts rows, not columns.
bool Trial::sumsRows(Operation *op, unsigned number) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return number == 1 && !linear.getTransposed();
  auto product = cast<MatmulOp>(op);
  return number == 0 ? product.getTransposeLhs() : !product.getTransposeRhs();
}

OwningOpRef<ModuleOp> Trial::build() {
  Operation *op = kind.example;
  OwningOpRef<ModuleOp> module = ModuleOp::create(op->getLoc());
  ImplicitLocOpBuilder builder = ImplicitLocOpBuilder::atBlockEnd(op->getLoc(), module->getBody());
  Type f32 = builder.getF32Type();
  SmallVector<Type> results = {RankedTensorType::get({extent, extent}, f32)};
  SmallVector<Type> arguments = {left.type(f32), right.type(f32)};
  auto linear = dyn_cast<LinearOp>(op);
  draws = bool(linear ? linear.getKey() : cast<MatmulOp>(op).getKey());
  if (draws)
    for (int64_t words : {keyWords.size(), idWords.size()})
      arguments.push_back(RankedTensorType::get({words}, builder.getI32Type()));
  auto roundingOf = [&](unsigned number) { return op->getOperand(number).getDefiningOp<QuantizeOp>(); };
  roundsLeft = bool(roundingOf(0));
  roundsRight = bool(roundingOf(1));
  for (unsigned number : {0, 1})
    if (roundingOf(number))
      results.push_back(arguments[number]);
  auto function = func::FuncOp::create(builder, functionName, builder.getFunctionType(arguments, results));
  builder.setInsertionPointToStart(function.addEntryBlock());
  SmallVector<Value> operands(function.getArguments()), rounded;
  for (unsigned number : {0, 1})
    if (auto quantize = roundingOf(number)) {
      operands[number] =
          QuantizeOp::create(builder, operands[number], quantize.getFormatAttr(), quantize.getScaledAttr());
      rounded.push_back(operands[number]);
    }
  // A bias is no part of the sum, and leading dimensions that are summed as well are part of its length.
  int32_t drawn = draws;
  SmallVector<int32_t> segments = {1, 1, drawn, drawn};
  if (linear)
    segments.insert(segments.begin() + 2, 0);
  OperationState state(op->getLoc(), op->getName());
  state.addOperands(operands);
  state.addTypes(results.front());
  for (NamedAttribute attribute : op->getAttrs())
    if (attribute.getName() != "reduce_leading" && attribute.getName() != segmentsName)
      state.addAttribute(attribute.getName(), attribute.getValue());
  state.addAttribute(segmentsName, builder.getDenseI32ArrayAttr(segments));
  SmallVector<Value> values = {builder.create(state)->getResult(0)};
  llvm::append_range(values, rounded);
  func::ReturnOp::create(builder, values);
  return module;
}

llvm::Expected<double> Trial::measure(JitFunction &function) {
  std::vector<float> sums(extent * extent);
  SmallVector<void *> data = {left.data(), right.data()};
  if (draws)
    data.append({keyWords.data(), idWords.data()});
  data.push_back(sums.data());
  if (roundsLeft)
    data.push_back(left.roundedData());
  else
    left.roundBy(kind.formats.left);
  if (roundsRight)
    data.push_back(right.roundedData());
  else
    right.roundBy(kind.formats.right);
  if (llvm::Error error = function.call(data))
    return error;
  double errors = 0, squares = 0;
  for (int64_t m = 0; m < extent; ++m)
    for (int64_t n = 0; n < extent; ++n) {
      double exact = 0;
      for (int64_t k = 0; k < kind.length; ++k)
        exact += double(left.at(m, k)) * double(right.at(n, k));
      double error = sums[m * extent + n] - exact;
      errors += error * error;
      squares += exact * exact;
    }
  return std::sqrt(errors / squares);
}

llvm::Error sluice::measureContractions(MutableArrayRef<ContractionKind> kinds, const LoweringOptions &lowering,
                                        const Processor &processor) {
  for (ContractionKind &kind : kinds) {
    Trial trial(kind);
    OwningOpRef<ModuleOp> module = trial.build();
    PassManager manager(module->getContext());
    buildLoweringPipeline(manager, lowering);
    if (failed(manager.run(*module)))
      return llvm::createStringError("cannot compile a contraction of " + std::to_string(kind.length) + " products");
    llvm::Expected<JitFunction> function = JitFunction::create(*module, functionName, processor);
    if (!function)
      return function.takeError();
    function->startPool(std::max(1u, std::thread::hardware_concurrency()));
    llvm::Expected<double> error = trial.measure(*function);
    if (!error)
      return error.takeError();
    kind.observed = *error;
  }
  return llvm::Error::success();
}

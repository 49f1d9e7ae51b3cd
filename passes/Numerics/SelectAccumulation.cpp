//===- SelectAccumulation.cpp - The narrowest sums that keep their variance -----------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Remarks.h"
#include "passes/Numerics/Passes.h"
#include "passes/Numerics/SimulatedRetention.h"
#include "passes/Numerics/VarianceRetention.h"
#include "llvm/Support/Format.h"
#include <map>

namespace sluice {
#define GEN_PASS_DEF_SELECTACCUMULATION
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using precision::Accumulation;
using precision::FloatFormat;
using precision::Products;

/// Exponent bits of the sums, as in the experiments of the theory (Sakr et al., ICLR 2019).
static constexpr int exponentBits = 6;
/// Of a simulation: its error decides between neighbouring widths only where both do.
static constexpr int64_t trialCount = 400;

namespace {
/// The widths that both models ask for, and the chunk; 0 where a model finds none. With them n (1 - retention), which
/// is suitable below precision::logSuitable, and the standard error of the simulated one.
struct Selection {
  int analyticBits = 0, simulatedBits = 0;
  double analyticLost = 0, simulatedLost = 0, simulatedError = 0;
  int64_t chunk = 1;
};

struct SelectAccumulation : sluice::impl::SelectAccumulationBase<SelectAccumulation> {
  using SelectAccumulationBase::SelectAccumulationBase;

  void runOnOperation() override {
    if (failed(checkOptions()))
      return signalPassFailure();
    WalkResult result = getOperation().walk([&](AccumulationOpInterface op) {
      return op.isOfLayer() && failed(selectFor(op)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    BinaryFacts facts = BinaryFacts::of(getOperation());
    facts.accumulation = StringAttr::get(&getContext(), "auto, " + model);
    facts.set(getOperation());
  }

private:
  LogicalResult checkOptions() {
    if (model != "analytic" && model != "simulated")
      return getOperation().emitError() << "expected model analytic or simulated, found '" << model << "'";
    if (chunk < 0)
      return getOperation().emitError() << "expected a chunk of at least 1, or 0 to choose one, found "
                                        << chunk.getValue();
    if (!(nonZeroRatio > 0 && nonZeroRatio <= 1))
      return getOperation().emitError() << "expected a non-zero-ratio above 0 and at most 1, found "
                                        << nonZeroRatio.getValue();
    return success();
  }

  LogicalResult selectFor(AccumulationOpInterface op);
  Selection select(const Products &products);

  std::map<std::pair<int64_t, int>, Selection> selections; // by the count and the bits of products
};
} // namespace

static std::string threeDigits(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.3g", value);
  return text;
}

/// Mantissa bits of what an operand was rounded to.
static int mantissaBitsOf(Value operand) {
  auto quantize = operand.getDefiningOp<QuantizeOp>();
  return (quantize ? quantize.getFormat().getValue() : FloatFormat()).mantissaBits;
}

Selection SelectAccumulation::select(const Products &products) {
  auto [entry, isNew] = selections.try_emplace({products.count, products.mantissaBits});
  Selection &selection = entry->second;
  if (!isNew)
    return selection;
  if (chunk > 0)
    selection.chunk = chunk;
  else if (std::optional<precision::Choice> choice = precision::chooseChunk(products))
    selection.chunk = choice->chunk;
  if (auto bits = precision::smallestSumBits(products, selection.chunk)) {
    selection.analyticBits = *bits;
    selection.analyticLost = precision::logVarianceLost(products, *bits, selection.chunk);
  }
  Accumulation accumulation;
  accumulation.sum = accumulation.across = FloatFormat::ieee(exponentBits, 9);
  accumulation.chunk = selection.chunk;
  if (auto found = precision::smallestSimulatedSumBits(products, accumulation, {trialCount, /*seed=*/0})) {
    selection.simulatedBits = found->sumBits;
    selection.simulatedLost = found->logVarianceLost;
    selection.simulatedError = found->standardError;
  }
  return selection;
}

LogicalResult SelectAccumulation::selectFor(AccumulationOpInterface op) {
  Products products;
  products.count = cast<ContractionOpInterface>(op.getOperation()).getForwardLength();
  products.mantissaBits = mantissaBitsOf(op->getOperand(0)) + mantissaBitsOf(op->getOperand(1)) + 1;
  products.nonZeroRatio = nonZeroRatio;
  Selection selection = select(products);
  int bits = model == "analytic" ? selection.analyticBits : selection.simulatedBits;
  if (bits == 0)
    return op.emitOpError() << "has a sum of " << products.count
                            << " products whose variance no format of at most 23 mantissa bits keeps";
  bits = std::clamp<int>(bits + spareBits, 1, 21);
  Accumulation accumulation;
  accumulation.sum = accumulation.across = FloatFormat::ieee(exponentBits, bits);
  accumulation.chunk = selection.chunk;
  op.setAccumulationAttr(AccumulationAttr::get(op->getContext(), accumulation));
  remark::analysis(op->getLoc(), remark::RemarkOpts::name("SelectAccumulation").category("numerics"))
      << remark::metric("products", products.count) << remark::metric("product_bits", products.mantissaBits)
      << remark::metric("chunk", selection.chunk) << remark::metric("analytic_bits", selection.analyticBits)
      << remark::metric("analytic_lost", threeDigits(selection.analyticLost))
      << remark::metric("simulated_bits", selection.simulatedBits)
      << remark::metric("simulated_lost", threeDigits(selection.simulatedLost))
      << remark::metric("simulated_lost_error", threeDigits(selection.simulatedError))
      << remark::metric("sum_bits", bits);
  return success();
}

//===- GradientCheck.cpp - Gradients against central differences -------------------------===//
#include "tools/sluice-run/GradientCheck.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "llvm/Support/Format.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace sluice;

void sluice::promoteToF64(ModuleOp module) {
  auto wide = Float64Type::get(module.getContext());
  AttrTypeReplacer replacer;
  replacer.addReplacement([&](Float32Type) -> Type { return wide; });
  replacer.addReplacement([&](FloatAttr attribute) -> std::optional<std::pair<Attribute, WalkResult>> {
    if (!attribute.getType().isF32())
      return std::nullopt;
    return std::make_pair(FloatAttr::get(wide, attribute.getValueAsDouble()), WalkResult::skip());
  });
  replacer.addReplacement([&](DenseFPElementsAttr attribute) -> std::optional<std::pair<Attribute, WalkResult>> {
    if (!attribute.getElementType().isF32())
      return std::nullopt;
    auto promote = [](const llvm::APFloat &value) { return llvm::APFloat(value.convertToDouble()).bitcastToAPInt(); };
    return std::make_pair(attribute.mapValues(wide, promote), WalkResult::skip());
  });
  replacer.recursivelyReplaceElementsIn(module, /*replaceAttrs=*/true, /*replaceLocs=*/false, /*replaceTypes=*/true);
  // Casts between the two widths are between equal types now.
  module.walk([](Operation *op) {
    if (!isa<arith::TruncFOp, arith::ExtFOp>(op) || op->getOperand(0).getType() != op->getResult(0).getType())
      return;
    op->getResult(0).replaceAllUsesWith(op->getOperand(0));
    op->erase();
  });
}

namespace {
/// The element with the largest relative error so far.
struct Worst {
  double error = -1, gradient = 0, difference = 0;
  const char *parameter = "";
  int64_t index = 0;
};
} // namespace

bool sluice::checkGradients(Model &model, const GradientCheckOptions &options) {
  const sluice_binary &binary = model.binary;
  const sluice_graph &train = binary.graphs[0];
  auto loss = [&] {
    model.runForwardAndBackward();
    return *reinterpret_cast<double *>(model.frameAt(train.result.offset));
  };
  model.runForwardAndBackward();
  // Evaluating the loss computes them again.
  auto *gradientsInBlock = reinterpret_cast<const double *>(model.persistentAt(binary.gradient_offset));
  std::vector<double> all(gradientsInBlock, gradientsInBlock + binary.gradient_bytes / sizeof(double));

  Worst worst;
  int64_t checked = 0;
  for (uint32_t i = 0; i < binary.parameter_count; ++i) {
    const sluice_parameter &parameter = binary.parameters[i];
    if (parameter.gradient < 0)
      continue;
    int64_t count = parameter.tensor.bytes / int64_t(sizeof(double));
    const double *gradients = all.data() + (parameter.gradient - binary.gradient_offset) / sizeof(double);
    auto *values = reinterpret_cast<double *>(model.parameterAt(parameter.tensor.offset));
    double largest = 0;
    for (int64_t index = 0; index < count; ++index)
      largest = std::max(largest, std::fabs(gradients[index]));
    int64_t stride = options.samples > 0 ? std::max<int64_t>(1, count / options.samples) : 1;
    for (int64_t index = 0; index < count; index += stride, ++checked) {
      double value = values[index], width = 1e-5 * std::max(1.0, std::fabs(value));
      values[index] = value + width;
      double above = loss();
      values[index] = value - width;
      double below = loss();
      values[index] = value;
      double difference = (above - below) / (2 * width);
      // Each loss may be off by some units in its last place; what is small beside the parameter's other gradients has
      // no digits of its own.
      double rounding = 4 * std::numeric_limits<double>::epsilon() * std::fabs(above) / width;
      double scale = std::max({std::fabs(gradients[index]), std::fabs(difference), 1e-3 * largest, 1e-6});
      double error = std::fabs(gradients[index] - difference);
      error = std::isfinite(error) ? std::max(0.0, error - rounding) / scale : HUGE_VAL;
      if (error > worst.error)
        worst = {error, gradients[index], difference, parameter.tensor.name, index};
    }
  }
  if (checked > 0 && worst.error <= options.tolerance) {
    llvm::outs() << "gradient check passed: " << checked << " elements, max relative error "
                 << llvm::format("%.1e", worst.error) << "\n";
    return true;
  }
  llvm::outs() << "gradient check failed: ";
  if (checked == 0)
    llvm::outs() << "no parameter has a gradient\n";
  else
    llvm::outs() << worst.parameter << "[" << worst.index << "] has gradient " << llvm::format("%.9g", worst.gradient)
                 << ", central difference " << llvm::format("%.9g", worst.difference) << ", relative error "
                 << llvm::format("%.1e", worst.error) << "\n";
  return false;
}

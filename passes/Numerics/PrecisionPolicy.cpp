//===- PrecisionPolicy.cpp - What contractions compute in, by name -----------------===//
#include "passes/Numerics/PrecisionPolicy.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

namespace {
/// A policy by the names of its formats; an empty one is none.
struct NamedPolicy {
  StringRef name, values, errors, accumulation;
  bool hasScales;
  StringRef lossScale, state = "f32";
};
} // namespace

// fp8-2018: Wang et al., arXiv 1812.08011. hfp8: Sun et al., NeurIPS 2019. hopper-fp8: what DeepSeek-V3 (arXiv
// 2412.19437) trains in: every 128 terms the sum of the tensor core is added to one of f32. Narrow gradients without a
// scale of their own come with one of the loss.
static constexpr NamedPolicy policies[] = {
    {"f32", "", "", "", false, "none"},
    {"bf16", "", "", "", false, "none"},
    {"tf32", "tf32", "tf32", "", false, "none"},
    {"f16", "f16", "f16", "", false, "1024"},
    {"f8E5M2", "f8E5M2", "f8E5M2", "", false, "1024"},
    {"f8E4M3FN", "f8E4M3FN", "f8E4M3FN", "", false, "1024"},
    {"e4m3b4", "e4m3b4", "e4m3b4", "", false, "1024"},
    {"fp8-2018", "f8E5M2", "f8E5M2", "e6m9, chunk = 64", false, "1000", "e6m9"},
    {"hfp8", "e4m3b4", "f8E5M2", "e6m9, chunk = 64", false, "1024"},
    {"hopper-fp8", "f8E4M3FN", "f8E4M3FN",
     "e8m13, chunk = 128, across = f32, rounding = toward_zero, order = hopper_fp8", true, "none"},
};

/// The attribute, or null and an error in a line.
static AccumulationAttr parseAccumulation(MLIRContext *context, StringRef text, std::string &error) {
  std::string attribute = ("#sluice.accumulation<" + text + ">").str();
  llvm::replace(attribute, '-', '_');
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (error.empty())
      error = diagnostic.str();
    return success();
  });
  context->loadDialect<SluiceDialect>();
  return dyn_cast_or_null<AccumulationAttr>(parseAttribute(attribute, context));
}

static std::optional<FloatFormat> formatOf(StringRef name) {
  std::string ignored;
  return name.empty() ? std::nullopt : FloatFormat::parse(std::string_view(name.data(), name.size()), ignored);
}

std::optional<PrecisionPolicy> sluice::findPrecisionPolicy(MLIRContext *context, StringRef compute,
                                                           StringRef accumulate, std::string &error) {
  const auto *found = llvm::find_if(policies, [&](const NamedPolicy &policy) { return policy.name == compute; });
  if (found == std::end(policies)) {
    llvm::raw_string_ostream stream(error);
    stream << "expected one of ";
    llvm::interleaveComma(policies, stream, [&](const NamedPolicy &policy) { stream << policy.name; });
    stream << " to compute in, found '" << compute << "'";
    return std::nullopt;
  }
  PrecisionPolicy policy;
  policy.values = formatOf(found->values);
  policy.errors = formatOf(found->errors);
  policy.hasScales = found->hasScales;
  policy.lossScale = found->lossScale;
  policy.state = found->state;
  StringRef sums = accumulate.empty() ? found->accumulation : accumulate;
  if (!sums.empty() && !(policy.accumulation = parseAccumulation(context, sums, error)))
    return std::nullopt;
  bool isNarrow = policy.values && policy.values->storageBits() <= 8;
  if (compute == "bf16" || isNarrow)
    policy.native = BFloat16Type::get(context);
  // Emulated sums take operands that are rounded before.
  if (compute == "bf16" && policy.accumulation)
    policy.values = policy.errors = FloatFormat::ieee(8, 7);
  return policy;
}

std::optional<FloatFormat> sluice::findStateFormat(StringRef name, std::string &error) {
  std::string problem;
  std::optional<FloatFormat> format = FloatFormat::parse(std::string_view(name.data(), name.size()), problem);
  if (!format || !format->hasInfinity() || format->mantissaBits > 21) {
    error = "expected a format of weights with infinities and at most 21 mantissa bits, such as e6m9, found '" +
            name.str() + "'";
    if (!format)
      error += ": " + problem;
    return std::nullopt;
  }
  return format;
}

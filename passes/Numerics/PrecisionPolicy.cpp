//===- PrecisionPolicy.cpp - What contractions compute in, by name -----------------===//
#include "passes/Numerics/PrecisionPolicy.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

namespace {
/// A policy by the names of its formats; an empty one is none.
struct NamedPolicy {
  StringRef name, values, errors, accumulation;
  Scaling scaling;
  StringRef lossScale, state = "f32";
};
} // namespace

// fp8-2018: Wang et al., arXiv 1812.08011. hfp8: Sun et al., NeurIPS 2019. hopper-fp8: what DeepSeek-V3 (arXiv
// 2412.19437) trains in: every 128 terms the sum of the tensor core is added to one of f32. Narrow gradients without a
// scale of their own come with one of the loss.
static constexpr NamedPolicy policies[] = {
    {"f32", "", "", "", Scaling::None, "none"},
    {"bf16", "", "", "", Scaling::None, "none"},
    {"tf32", "tf32", "tf32", "", Scaling::None, "none"},
    {"f16", "f16", "f16", "", Scaling::None, "1024"},
    {"f8E5M2", "f8E5M2", "f8E5M2", "", Scaling::None, "1024"},
    {"f8E4M3FN", "f8E4M3FN", "f8E4M3FN", "", Scaling::None, "1024"},
    {"e4m3b4", "e4m3b4", "e4m3b4", "", Scaling::None, "1024"},
    {"fp8-2018", "f8E5M2", "f8E5M2", "e6m9, chunk = 64", Scaling::None, "1000", "e6m9"},
    {"hfp8", "e4m3b4", "f8E5M2", "e6m9, chunk = 64", Scaling::None, "1024"},
    {"hopper-fp8", "f8E4M3FN", "f8E4M3FN",
     "e8m13, chunk = 128, across = f32, rounding = toward_zero, order = hopper_fp8", Scaling::Blocks, "none"},
};

/// Reads what is behind the name of a policy; where it is no `scale=...`, `error` says so.
static std::optional<Scaling> parseScaling(StringRef compute, StringRef option, bool rounds, std::string &error) {
  StringRef value = option;
  std::optional<Scaling> scaling;
  if (value.consume_front("scale="))
    scaling = llvm::StringSwitch<std::optional<Scaling>>(value)
                  .Case("none", Scaling::None)
                  .Case("tensor", Scaling::Tensor)
                  .Case("blocks", Scaling::Blocks)
                  .Default(std::nullopt);
  if (!scaling)
    error = ("expected " + compute + ",scale=none, tensor or blocks, found '" + compute + "," + option + "'").str();
  else if (!rounds && *scaling != Scaling::None) {
    error = ("expected a policy that rounds to a format beside scale=" + value + ", found " + compute).str();
    scaling.reset();
  }
  return scaling;
}

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

std::optional<PrecisionPolicy> sluice::findPrecisionPolicy(MLIRContext *context, StringRef text, StringRef accumulate,
                                                           std::string &error) {
  auto [compute, option] = text.split(',');
  const auto *found =
      llvm::find_if(policies, [name = compute](const NamedPolicy &policy) { return policy.name == name; });
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
  policy.scaling = found->scaling;
  policy.lossScale = found->lossScale;
  if (compute.size() != text.size()) {
    std::optional<Scaling> scaling = parseScaling(compute, option, policy.values.has_value(), error);
    if (!scaling)
      return std::nullopt;
    policy.scaling = *scaling;
    // Gradients that are scaled where they are rounded need no scale of the loss, others do.
    policy.lossScale = *scaling != Scaling::None ? "none" : found->scaling != Scaling::None ? "1024" : found->lossScale;
  }
  policy.state = found->state;
  StringRef sums = accumulate.empty() ? found->accumulation : accumulate;
  if (!sums.empty() && !(policy.accumulation = parseAccumulation(context, sums, error)))
    return std::nullopt;
  bool isNarrow = policy.values && policy.values->storageBits() <= 8;
  if (compute == "bf16" || isNarrow)
    policy.native = BFloat16Type::get(context);
  else if (compute == "f16")
    policy.native = Float16Type::get(context);
  else if (compute == "tf32")
    policy.native = FloatTF32Type::get(context);
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

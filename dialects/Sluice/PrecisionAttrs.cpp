//===- PrecisionAttrs.cpp - Formats of operands and of sums --------------------===//
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;
using precision::Accumulation;
using precision::FloatFormat;
using precision::Order;
using precision::Rounding;

FailureOr<FloatFormat> sluice::parseFloatFormat(AsmParser &parser) {
  llvm::SMLoc location = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  std::string problem;
  std::optional<FloatFormat> format = FloatFormat::parse(std::string_view(name.data(), name.size()), problem);
  if (!format)
    return parser.emitError(location, problem), failure();
  return *format;
}

/// A keyword with hyphens for its underscores, which is what the name of a rounding or of an order has.
static FailureOr<std::string> parseName(AsmParser &parser) {
  StringRef keyword;
  if (parser.parseKeyword(&keyword))
    return failure();
  std::string name = keyword.str();
  llvm::replace(name, '_', '-');
  return name;
}

static std::string keywordOf(std::string name) {
  llvm::replace(name, '-', '_');
  return name;
}

/// Parses the value of one key.
static ParseResult parseEntry(AsmParser &parser, Accumulation &accumulation, bool &hasAcross) {
  llvm::SMLoc location = parser.getCurrentLocation();
  StringRef key;
  if (parser.parseKeyword(&key) || parser.parseEqual())
    return failure();
  if (key == "chunk")
    return parser.parseInteger(accumulation.chunk);
  if (key == "across") {
    FailureOr<FloatFormat> format = parseFloatFormat(parser);
    if (failed(format))
      return failure();
    accumulation.across = *format;
    hasAcross = true;
    return success();
  }
  if (key != "rounding" && key != "order")
    return parser.emitError(location) << "expected chunk, across, rounding or order, found '" << key << "'";
  FailureOr<std::string> name = parseName(parser);
  if (failed(name))
    return failure();
  if (key == "rounding") {
    std::optional<Rounding> rounding = precision::parseRounding(*name);
    if (!rounding)
      return parser.emitError(location) << "expected rounding nearest_even, toward_zero or stochastic, found '"
                                        << keywordOf(*name) << "'";
    accumulation.rounding = *rounding;
    return success();
  }
  std::string problem;
  std::optional<Order> order = Order::parse(*name, problem);
  if (!order)
    return parser.emitError(location) << problem;
  accumulation.order = *order;
  return success();
}

Attribute AccumulationAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<FloatFormat> sum = parseFloatFormat(parser);
  if (failed(sum))
    return {};
  Accumulation accumulation;
  accumulation.sum = *sum;
  bool hasAcross = false;
  while (succeeded(parser.parseOptionalComma()))
    if (parseEntry(parser, accumulation, hasAcross))
      return {};
  if (!hasAcross)
    accumulation.across = accumulation.sum;
  if (parser.parseGreater())
    return {};
  return parser.getChecked<AccumulationAttr>(parser.getContext(), accumulation);
}

std::string sluice::textOf(const Accumulation &accumulation) {
  std::string text = accumulation.sum.bits();
  if (accumulation.chunked())
    text += ", chunk = " + std::to_string(accumulation.chunk);
  if (accumulation.across != accumulation.sum)
    text += ", across = " + accumulation.across.bits();
  if (accumulation.rounding != Rounding::NearestEven)
    text += ", rounding = " + keywordOf(precision::nameOf(accumulation.rounding));
  if (!accumulation.order.sequential())
    text += ", order = " + keywordOf(accumulation.order.name());
  return text;
}

void AccumulationAttr::print(AsmPrinter &printer) const { printer << "<" << textOf(getValue()) << ">"; }

LogicalResult AccumulationAttr::verify(function_ref<InFlightDiagnostic()> emitError, Accumulation accumulation) {
  if (std::optional<std::string> problem = accumulation.check())
    return emitError() << *problem;
  for (const FloatFormat &format : {accumulation.sum, accumulation.across})
    if (!format.hasInfinity())
      return emitError() << "expected a format of sums with infinities, found " << format.name();
  if (!accumulation.chunked() && accumulation.across != accumulation.sum)
    return emitError() << "expected no format across chunks, as there are none, found " << accumulation.across.bits();
  return success();
}

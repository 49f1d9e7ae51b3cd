//===- ContractionReport.cpp - Errors of sums, for people and for programs -----------------===//
#include "dialects/Sluice/PrecisionAttrs.h"
#include "tools/sluicec/Contractions.h"
#include "tools/sluicec/TextTable.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

/// Names of weights without layers' numbers and without the ending that all have.
static std::string patternsOf(const std::set<std::string> &parameters) {
  std::set<std::string> patterns;
  for (StringRef name : parameters) {
    name.consume_back(".weight");
    SmallVector<StringRef> parts;
    name.split(parts, '.');
    for (StringRef &part : parts)
      if (llvm::all_of(part, llvm::isDigit))
        part = "*";
    patterns.insert(llvm::join(parts, "."));
  }
  return llvm::join(patterns, ", ");
}

static std::string operandsText(const precision::OperandFormats &formats) {
  std::string left = formats.left.name(), right = formats.right.name();
  return left == right ? left : left + " x " + right;
}

std::string ContractionReport::drawText() const {
  bool isMeasured = llvm::any_of(kinds, [](const ContractionKind &kind) { return kind.observed.has_value(); });
  std::vector<Row> rows = {{"count", "pass", "products", "operands", "sum", "predicted", "variance lost", "weights"}};
  if (isMeasured)
    rows.front().insert(rows.front().begin() + 6, "observed");
  for (const ContractionKind &kind : kinds) {
    std::optional<double> lost = kind.logVarianceLost();
    rows.push_back({std::to_string(kind.count), kind.pass.str(), std::to_string(kind.length),
                    operandsText(kind.formats), textOf(kind.accumulation()), formatted("%.1e", kind.predicted.value),
                    lost ? formatted("%.2g", *lost) : "-", patternsOf(kind.parameters)});
    if (isMeasured)
      rows.back().insert(rows.back().begin() + 6, kind.observed ? formatted("%.1e", *kind.observed) : "-");
  }
  std::string text = "products of the layers' matrices, of a micro-batch:\n\n";
  text += drawTable(rows, {1, 3, 4, rows.front().size() - 1});
  text += "\nErrors are relative to f64 sums of the same rounded operands, normal ones; predicted by trials";
  text += isMeasured ? ", and observed in generated code.\n" : ".\n";
  text += "Variance lost is n (1 - retention) by theory, below " + formatted("%.1f", precision::logSuitable) +
          " suitable; - where it does not apply.\n";
  SmallVector<std::string> others;
  for (const ExceptionKind &exception : exceptions)
    others.push_back(std::to_string(exception.count) + " " + exception.op + " in " + exception.operands);
  if (!others.empty())
    text += "Exceptions, summed in f32: " + llvm::join(others, ", ") + ".\n";
  return text;
}

/// A number that JSON has, or null.
static void writeNumber(llvm::json::OStream &json, StringRef name, std::optional<double> value) {
  json.attribute(name, value && std::isfinite(*value) ? llvm::json::Value(*value) : llvm::json::Value(nullptr));
}

static void writeKind(llvm::json::OStream &json, const ContractionKind &kind) {
  precision::Accumulation sums = kind.accumulation();
  json.object([&] {
    json.attribute("pass", kind.pass);
    json.attribute("count", kind.count);
    json.attribute("products", kind.length);
    json.attributeArray("operands", [&] {
      for (const FloatFormat *format : {&kind.formats.left, &kind.formats.right})
        json.value(format->name());
    });
    json.attribute("sum", sums.sum.bits());
    json.attribute("chunk", sums.chunk);
    json.attribute("across", sums.across.bits());
    json.attribute("rounding", precision::nameOf(sums.rounding));
    json.attribute("order", kind.declared ? sums.order.name() : "kernel");
    writeNumber(json, "predicted_error", kind.predicted.value);
    writeNumber(json, "predicted_error_deviation", kind.predicted.standardError);
    if (kind.observed)
      writeNumber(json, "observed_error", kind.observed);
    std::optional<double> lost = kind.logVarianceLost();
    writeNumber(json, "variance_lost", lost);
    writeNumber(json, "retention", lost ? std::optional(1 - *lost / double(kind.length)) : std::nullopt);
    json.attributeArray("weights", [&] {
      for (const std::string &name : kind.parameters)
        json.value(llvm::json::fixUTF8(name));
    });
  });
}

void ContractionReport::writeJson(llvm::json::OStream &json) const {
  json.attributeArray("contractions", [&] {
    for (const ContractionKind &kind : kinds)
      writeKind(json, kind);
  });
  json.attributeArray("exceptions", [&] {
    for (const ExceptionKind &exception : exceptions)
      json.object([&] {
        json.attribute("op", exception.op);
        json.attribute("count", exception.count);
        json.attribute("operands", exception.operands);
      });
  });
}

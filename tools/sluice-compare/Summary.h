//===- Summary.h - Runs compared -------------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_SUMMARY_H
#define SLUICE_TOOLS_SLUICE_COMPARE_SUMMARY_H

#include "tools/sluice-compare/Plan.h"
#include <functional>

namespace sluice::compare {

/// Mean and spread over seeds.
struct Statistic {
  double mean = 0;
  std::optional<double> deviation; ///< of the sample; nothing for a single value
  size_t count = 0;
};

/// Of at least one value.
Statistic statisticOf(llvm::ArrayRef<double> values);

/// Where the losses of all variants are compared.
struct Comparison {
  CurvePoint least; ///< that any run of a best point spent
  /// Curves are validation losses; else means of so many training losses in a row.
  bool onValidation = false;
  size_t window = 1;

  Curve curveOf(const RunLog &log) const { return onValidation ? log.validation : smooth(log.training, window); }
};

/// One number of a run that tables show.
struct Column {
  std::string key, title; // in JSON, in Markdown
  const char *format;     // printf's, of a number
  bool ofTarget;          // nothing means that the target was not reached, where the point has one
  std::function<std::optional<double>(const Point &, const RunLog &)> value;
};

/// A variant's best point, or its first where none is done.
struct VariantSummary {
  const Variant *variant;
  const Point *best;
  PointList points;
};

/// The losses that points are to reach.
struct Targets {
  const Variant *first;                      // of the study
  std::vector<std::optional<double>> losses; // by variant of the study

  std::optional<double> of(const Point &point) const { return losses[static_cast<size_t>(point.variant - first)]; }
};

struct Summary {
  const Study *study;
  std::vector<VariantSummary> variants;
  Comparison comparison;
  Targets targets;
  std::vector<Column> columns; // those that some run has a value for
  std::vector<std::string> machines;
};

Summary summarize(const Plan &plan);

/// printf for one number.
std::string formatNumber(const char *format, double value);

/// The values of a column in the runs of a point that are done.
llvm::SmallVector<double> valuesOf(const Point &point, const Column &column);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_SUMMARY_H

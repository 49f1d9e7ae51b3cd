//===- Chart.h - Curves as SVG -----------------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_CHART_H
#define SLUICE_TOOLS_SLUICE_COMPARE_CHART_H

#include "tools/sluice-compare/RunLog.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>

namespace sluice::compare {

/// Mean and spread of a variant's seeds at one place of the axis.
struct BandPoint {
  double place, mean, deviation;
};

struct Series {
  std::string name;
  std::vector<BandPoint> points;
};

struct Chart {
  std::string title, axisTitle;
  std::vector<Series> series;
};

/// The mean of curves, each linear between its points, wherever all of them are.
std::vector<BandPoint> bandOf(llvm::ArrayRef<Curve> curves, Axis axis);

/// Ticks at round numbers, at least two of them, that lie within [low, high].
std::vector<double> ticks(double low, double high);

/// A number in few characters: 1500000 is "1.5M".
std::string tickLabel(double value);

/// An SVG image that needs nothing beside itself.
std::string toSvg(const Chart &chart);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_CHART_H

//===- Chart.cpp - Curves as SVG ---------------------------------------------------===//
#include "tools/sluice-compare/Chart.h"
#include "tools/sluice-compare/Summary.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cmath>

using namespace sluice::compare;
using llvm::StringRef;

/// Colours that people who see few of them tell apart too.
static constexpr StringRef colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                        "#e69f00", "#56b4e9", "#7f3c8d", "#666666"};
/// Series with the same colour differ by their dashes.
static constexpr StringRef dashes[] = {"none", "6 3", "2 3", "8 3 2 3"};

static constexpr double width = 860, height = 460, plotLeft = 64, plotRight = 610, plotTop = 40, plotBottom = 400;

std::vector<BandPoint> sluice::compare::bandOf(llvm::ArrayRef<Curve> curves, Axis axis) {
  std::vector<double> places;
  double first = 0, last = std::numeric_limits<double>::infinity();
  for (const Curve &curve : curves) {
    if (curve.empty())
      return {};
    for (const CurvePoint &point : curve)
      places.push_back(point.*axis);
    first = std::max(first, curve.front().*axis);
    last = std::min(last, curve.back().*axis);
  }
  llvm::erase_if(places, [&](double place) { return place < first || place > last; });
  llvm::sort(places);
  places.erase(llvm::unique(places), places.end());
  // More points than the image has columns make large files and no better picture.
  constexpr size_t mostPoints = 300;
  size_t stride = places.size() / mostPoints + 1;
  std::vector<BandPoint> band;
  for (size_t i = 0; i < places.size(); ++i) {
    if (i % stride != 0 && i + 1 != places.size())
      continue;
    llvm::SmallVector<double> losses;
    for (const Curve &curve : curves)
      losses.push_back(*lossAt(curve, axis, places[i]));
    Statistic statistic = statisticOf(losses);
    band.push_back({places[i], statistic.mean, statistic.deviation.value_or(0)});
  }
  return band;
}

std::vector<double> sluice::compare::ticks(double low, double high) {
  constexpr double wanted = 6;
  double coarse = (high - low) / wanted;
  double power = std::pow(10, std::floor(std::log10(coarse)));
  double factor = coarse / power;
  double step = power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
  std::vector<double> result;
  // Multiples, not sums: a sum of tenths would miss the round numbers.
  constexpr double rounding = 1e-9;
  for (double i = std::ceil(low / step - rounding); i * step <= high + rounding * step; ++i)
    result.push_back(i == 0 ? 0 : i * step);
  return result;
}

std::string sluice::compare::tickLabel(double value) {
  for (const char *unit : {"", "k", "M", "G", "T", "P"}) {
    if (std::abs(value) < 1000)
      return formatNumber("%.4g", value) + unit;
    value /= 1000;
  }
  return formatNumber("%.4g", value) + "E";
}

namespace {

/// The part of the plane that is drawn.
struct View {
  double left = 0, right = 1, bottom = 0, top = 1;

  explicit View(llvm::ArrayRef<Series> series);
  double x(double place) const { return plotLeft + (place - left) / (right - left) * (plotRight - plotLeft); }
  double y(double loss) const { return plotBottom - (loss - bottom) / (top - bottom) * (plotBottom - plotTop); }
};

} // namespace

View::View(llvm::ArrayRef<Series> series) {
  double last = 0, least = std::numeric_limits<double>::infinity(), most = -least;
  for (const Series &one : series)
    if (!one.points.empty())
      last = std::max(last, one.points.back().place);
  // The steep start of training would press what matters together: it may leave the image.
  for (const Series &one : series)
    for (const BandPoint &point : one.points) {
      least = std::min(least, point.mean - point.deviation);
      if (point.place >= last / 10 || &point == &one.points.back())
        most = std::max(most, point.mean + point.deviation);
    }
  if (last == 0)
    return;
  right = last;
  double margin = most > least ? (most - least) / 20 : 0.5;
  bottom = least - margin;
  top = most + margin;
}

static void writeText(llvm::raw_ostream &out, double x, double y, StringRef attributes, StringRef text) {
  out << "<text x=\"" << formatNumber("%.1f", x) << "\" y=\"" << formatNumber("%.1f", y) << "\" " << attributes << ">";
  llvm::printHTMLEscaped(text, out);
  out << "</text>\n";
}

static void writeLine(llvm::raw_ostream &out, double x1, double y1, double x2, double y2, StringRef attributes) {
  out << "<line x1=\"" << formatNumber("%.1f", x1) << "\" y1=\"" << formatNumber("%.1f", y1) << "\" x2=\""
      << formatNumber("%.1f", x2) << "\" y2=\"" << formatNumber("%.1f", y2) << "\" " << attributes << "/>\n";
}

static void writeAxes(llvm::raw_ostream &out, const Chart &chart, const View &view) {
  constexpr StringRef grid = "stroke=\"#dddddd\"", frame = "stroke=\"#333333\"";
  for (double place : ticks(view.left, view.right)) {
    writeLine(out, view.x(place), plotTop, view.x(place), plotBottom, grid);
    writeText(out, view.x(place), plotBottom + 18, "text-anchor=\"middle\"", tickLabel(place));
  }
  for (double loss : ticks(view.bottom, view.top)) {
    writeLine(out, plotLeft, view.y(loss), plotRight, view.y(loss), grid);
    writeText(out, plotLeft - 8, view.y(loss) + 4, "text-anchor=\"end\"", tickLabel(loss));
  }
  writeLine(out, plotLeft, plotBottom, plotRight, plotBottom, frame);
  writeLine(out, plotLeft, plotTop, plotLeft, plotBottom, frame);
  double middle = (plotLeft + plotRight) / 2, centre = (plotTop + plotBottom) / 2;
  writeText(out, middle, plotBottom + 42, "text-anchor=\"middle\"", chart.axisTitle);
  writeText(out, middle, plotTop - 16, "text-anchor=\"middle\" font-size=\"15\"", chart.title);
  writeText(out, 18, centre, "text-anchor=\"middle\" transform=\"rotate(-90 18 " + formatNumber("%.1f", centre) + ")\"",
            "loss, nats a token");
}

static void writePoint(llvm::raw_ostream &out, const View &view, double place, double loss) {
  out << formatNumber("%.1f", view.x(place)) << "," << formatNumber("%.1f", view.y(loss)) << " ";
}

static void writeSeries(llvm::raw_ostream &out, const Series &series, const View &view, StringRef colour,
                        StringRef dash) {
  if (llvm::any_of(series.points, [](const BandPoint &point) { return point.deviation > 0; })) {
    out << "<polygon fill=\"" << colour << "\" fill-opacity=\"0.15\" points=\"";
    for (const BandPoint &point : series.points)
      writePoint(out, view, point.place, point.mean + point.deviation);
    for (const BandPoint &point : llvm::reverse(series.points))
      writePoint(out, view, point.place, point.mean - point.deviation);
    out << "\"/>\n";
  }
  out << "<polyline fill=\"none\" stroke=\"" << colour << "\" stroke-width=\"1.8\" stroke-dasharray=\"" << dash
      << "\" points=\"";
  for (const BandPoint &point : series.points)
    writePoint(out, view, point.place, point.mean);
  out << "\"/>\n";
}

static void writeLegend(llvm::raw_ostream &out, const Series &series, size_t row, StringRef colour, StringRef dash) {
  constexpr double left = plotRight + 16, lineHeight = 20;
  constexpr size_t longestName = 30;
  double y = plotTop + 8 + lineHeight * static_cast<double>(row);
  writeLine(out, left, y, left + 22, y,
            ("stroke=\"" + colour + "\" stroke-width=\"3\" stroke-dasharray=\"" + dash + "\"").str());
  std::string name = series.name;
  if (name.size() > longestName)
    name = name.substr(0, longestName - 3) + "...";
  writeText(out, left + 28, y + 4, "", series.points.empty() ? name + " (failed)" : name);
}

std::string sluice::compare::toSvg(const Chart &chart) {
  View view(chart.series);
  constexpr double lineHeight = 20;
  // A legend with many rows makes the image longer.
  double bottom = std::max(height, plotTop + lineHeight * static_cast<double>(chart.series.size() + 1));
  std::string text;
  llvm::raw_string_ostream out(text);
  std::string size = formatNumber("%.0f", width) + " " + formatNumber("%.0f", bottom);
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << size << "\" width=\""
      << formatNumber("%.0f", width) << "\" height=\"" << formatNumber("%.0f", bottom)
      << "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n"
      << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<clipPath id=\"plot\"><rect x=\""
      << formatNumber("%.0f", plotLeft) << "\" y=\"" << formatNumber("%.0f", plotTop) << "\" width=\""
      << formatNumber("%.0f", plotRight - plotLeft) << "\" height=\"" << formatNumber("%.0f", plotBottom - plotTop)
      << "\"/></clipPath>\n";
  writeAxes(out, chart, view);
  auto style = [](size_t index) {
    constexpr size_t count = std::size(colours);
    return std::make_pair(colours[index % count], dashes[index / count % std::size(dashes)]);
  };
  out << "<g clip-path=\"url(#plot)\">\n";
  for (auto [index, series] : llvm::enumerate(chart.series))
    if (!series.points.empty())
      writeSeries(out, series, view, style(index).first, style(index).second);
  out << "</g>\n";
  for (auto [index, series] : llvm::enumerate(chart.series))
    writeLegend(out, series, index, style(index).first, style(index).second);
  out << "</svg>\n";
  return text;
}

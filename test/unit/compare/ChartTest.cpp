//===- ChartTest.cpp ------------------------------------------------------===//
#include "tools/sluice-compare/Chart.h"

#include <gtest/gtest.h>

using namespace sluice::compare;

namespace {

TEST(ChartTest, TicksAreRoundAndWithin) {
  EXPECT_EQ(ticks(0, 1000), std::vector<double>({0, 200, 400, 600, 800, 1000}));
  EXPECT_EQ(ticks(0, 5), std::vector<double>({0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(ticks(7, 8.9), std::vector<double>({7, 7.5, 8, 8.5}));
}

TEST(ChartTest, LabelsOfTicksAreShort) {
  EXPECT_EQ(tickLabel(0), "0");
  EXPECT_EQ(tickLabel(0.25), "0.25");
  EXPECT_EQ(tickLabel(1500000), "1.5M");
  EXPECT_EQ(tickLabel(2e12), "2T");
  EXPECT_EQ(tickLabel(3e18), "3E");
}

TEST(ChartTest, ABandIsWhereAllCurvesAre) {
  Curve a = {{0, 0, 0, 4}, {10, 0, 0, 2}}, b = {{5, 0, 0, 5}, {20, 0, 0, 2}};
  std::vector<BandPoint> band = bandOf({a, b}, &CurvePoint::steps);
  ASSERT_EQ(band.size(), 2u);
  EXPECT_EQ(band[0].place, 5);
  EXPECT_EQ(band[0].mean, 4);
  EXPECT_NEAR(band[0].deviation, 1.41421356, 1e-8);
  EXPECT_EQ(band[1].place, 10);
  EXPECT_EQ(band[1].mean, 3);
  EXPECT_TRUE(bandOf({a, Curve()}, &CurvePoint::steps).empty());
}

TEST(ChartTest, ABandKeepsTheEndsOfALongCurve) {
  Curve curve;
  for (int step = 1; step <= 10000; ++step)
    curve.push_back({static_cast<double>(step), 0, 0, 1});
  std::vector<BandPoint> band = bandOf(curve, &CurvePoint::steps);
  EXPECT_LE(band.size(), 400u);
  EXPECT_EQ(band.front().place, 1);
  EXPECT_EQ(band.back().place, 10000);
  EXPECT_EQ(band.back().deviation, 0);
}

TEST(ChartTest, NamesAreEscapedAndALineStandsForEverySeries) {
  std::string svg = toSvg({"a < b", "steps", {{"x & y", {{1, 4, 0.5}, {2, 3, 0.5}}}, {"none", {}}}});
  EXPECT_EQ(svg.find("<svg xmlns=\"http://www.w3.org/2000/svg\""), 0u);
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_NE(svg.find("x &amp; y"), std::string::npos);
  EXPECT_NE(svg.find("none (failed)"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  size_t first = svg.find("<polyline");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(svg.find("<polyline", first + 1), std::string::npos);
  EXPECT_NE(svg.find("<polygon"), std::string::npos);
}

TEST(ChartTest, AChartWithoutPointsIsAnEmptyOne) {
  std::string svg = toSvg({"nothing", "steps", {{"none", {}}}});
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_EQ(svg.find("<polyline"), std::string::npos);
}

} // namespace

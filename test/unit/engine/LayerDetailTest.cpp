//===- LayerDetailTest.cpp - Tests of what a step tells of its layers -----===//

#include "runtime/engine/LayerDetail.h"

#include "FakeProgram.h"

#include <gtest/gtest.h>

using namespace sluice::runtime;

namespace {

static sluice_parameter parameterAt(const char *name, int64_t offset) {
  sluice_parameter parameter = {};
  parameter.tensor.name = name;
  parameter.tensor.element = SLUICE_F32;
  parameter.tensor.rank = 1;
  parameter.tensor.shape[0] = 2;
  parameter.tensor.offset = offset;
  parameter.tensor.bytes = 2 * sizeof(float);
  parameter.copy_of = -1;
  return parameter;
}

TEST(LayerDetailTest, ALayerIsItsOwnParametersAlone) {
  const sluice_layer layers[] = {{"h.1"}, {"h.10"}};
  const sluice_parameter parameters[] = {parameterAt("h.1.w", 0), parameterAt("h.10.w", 8), parameterAt("h.10.b", 16)};
  sluice_binary program = sluice_program;
  program.layer_count = 2;
  program.layers = layers;
  program.gate_count = 0;
  program.parameter_count = 3;
  program.parameters = parameters;
  program.norms_offset = 0;

  const float before[] = {3, 4, 6, 8, 0, 0}, after[] = {3, 5, 6, 8, 0, 5};
  StepSums sums(program);
  sums.squares = {4, 9, 16};
  std::vector<LayerDetail> details =
      describeLayers(program, reinterpret_cast<const char *>(before), reinterpret_cast<const char *>(after), sums, {});
  ASSERT_EQ(details.size(), 2u);
  EXPECT_EQ(details[0].name, "h.1");
  EXPECT_DOUBLE_EQ(details[0].gradientNorm, 2);
  EXPECT_DOUBLE_EQ(details[0].updateRatio, 1.0 / 5);
  EXPECT_EQ(details[1].name, "h.10");
  EXPECT_DOUBLE_EQ(details[1].gradientNorm, 5);
  EXPECT_DOUBLE_EQ(details[1].updateRatio, 5.0 / 10);
  EXPECT_EQ(details[0].kept, 1);
}

} // namespace

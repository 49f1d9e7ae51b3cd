//===- ScalarsTest.cpp - Tests of run-time scalars ------------------------===//

#include "runtime/engine/Scalars.h"

#include "FakeProgram.h"
#include "runtime/Error.h"
#include "runtime/engine/Engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

using namespace sluice::runtime;

namespace {

TEST(ScalarsTest, ScalarsThatTheRuntimeComputesCannotBeSet) {
  Engine engine(sluice_program, 1);
  EXPECT_THROW(engine.scalars().setByUser("learning_rate", 1), Error);
  EXPECT_THROW(engine.scalars().setByUser("unknown", 1), Error);
}

TEST(ScalarsTest, ScalarsStayInTheirRange) {
  Engine engine(sluice_program, 1);
  for (auto [name, value, message] :
       {std::tuple("loss_scale", 0.0, "expected loss_scale in (0, inf), found 0"),
        {"loss_scale", 1000.0, "expected loss_scale as a power of two, such as 512 or 1024, found 1000"},
        {"share", 1.0, "expected share in [0, 1), found 1"},
        {"share", -0.5, "expected share in [0, 1), found -0.5"},
        {"share", std::nan(""), "expected share in [0, 1), found nan"}})
    try {
      engine.scalars().setByUser(name, value);
      FAIL() << message;
    } catch (const Error &error) {
      EXPECT_STREQ(error.what(), message);
    }
  EXPECT_EQ(defaultText(sluice_program.scalars[sluice_program.scalar_count - 1]), "auto");
  engine.scalars().setByUser("share", 0);
  EXPECT_EQ(engine.scalars().get("share"), 0);
}

} // namespace

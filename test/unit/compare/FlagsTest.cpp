//===- FlagsTest.cpp ------------------------------------------------------===//
#include "tools/sluice-compare/Flags.h"

#include <gtest/gtest.h>

using namespace sluice::compare;

namespace {

TEST(FlagsTest, NamesOfFlags) {
  EXPECT_EQ(flagName("--lr=0.001"), "lr");
  EXPECT_EQ(flagName("--quiet"), "quiet");
  EXPECT_EQ(flagName("--set=lambda=0.1"), "set.lambda");
  EXPECT_EQ(flagName("--layer-drop=theta=0.5,gamma=0.1"), "layer-drop");
  for (const char *noFlag : {"", "lr", "-lr", "--", "--=1", "--set", "--set=", "--set==1"})
    EXPECT_EQ(flagName(noFlag), "") << noFlag;
}

TEST(FlagsTest, ALaterFlagTakesThePlaceOfAnEqualOne) {
  Flags flags, others;
  flags.add("--lr=0.001");
  flags.add("--set=lambda=1");
  flags.add("--set=theta=0.5");
  others.add("--lr=0.003");
  others.add("--set=theta=1");
  others.add("--warmup=10");
  flags.add(others);
  EXPECT_EQ(flags.text(), "--lr=0.003 --set=lambda=1 --set=theta=1 --warmup=10");
}

} // namespace

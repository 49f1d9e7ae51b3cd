//===- EngineFlagsTest.cpp - Tests of the flags of the engine -------------===//

#include "runtime/cli/EngineFlags.h"

#include "FakeProgram.h"
#include "TestFiles.h"

using namespace sluice::runtime;

namespace {

/// A verb with --threads, --set, and the flags of a scalar that the program has and of one that it has not.
class EngineFlagsTest : public ::testing::Test {
protected:
  EngineFlagsTest() : flags(sluice_program) {
    flags.declareThreads(verb);
    flags.declareSet(verb);
    flags.declareScalar(verb, "--beta1", "beta1", "Decay");
    flags.declareScalar(verb, "--momentum", "momentum", "Decay");
  }

  /// The value of a scalar of the engine that these arguments ask for.
  double valueAfter(const std::string &arguments, const char *scalar) {
    verb.parse(arguments);
    return flags.makeEngine()->scalars().get(scalar);
  }

  CLI::App verb;
  EngineFlags flags;
};

TEST_F(EngineFlagsTest, EnginesHaveTheCompiledDefaults) { EXPECT_EQ(valueAfter("", "beta1"), 0.9); }

TEST_F(EngineFlagsTest, AFlagSetsItsScalar) { EXPECT_EQ(valueAfter("--beta1=0.5", "beta1"), 0.5); }

TEST_F(EngineFlagsTest, SetTakesAnyScalarInEitherSpelling) {
  EXPECT_EQ(valueAfter("--set loss-scale=4 --set weight_decay=0.25", "loss_scale"), 4);
  EXPECT_EQ(flags.makeEngine()->scalars().get("weight_decay"), 0.25);
}

TEST_F(EngineFlagsTest, ThreadsAreThoseOfTheEngine) {
  verb.parse("--threads 3");
  EXPECT_EQ(flags.threads(), 3u);
  EXPECT_EQ(flags.makeEngine()->threads().size(), 3u);
}

TEST_F(EngineFlagsTest, RefusesThreadsOutOfRange) {
  EXPECT_THROW(verb.parse("--threads 0"), CLI::ValidationError);
  EXPECT_THROW(verb.parse("--threads 4097"), CLI::ValidationError);
}

TEST_F(EngineFlagsTest, RefusesAFlagWhoseScalarTheProgramLacks) {
  EXPECT_EQ(messageOf([&] { valueAfter("--momentum=0.5", "beta1"); }),
            "--momentum: this program's optimizer, adamw, has no momentum");
}

TEST_F(EngineFlagsTest, RefusesToSetAScalarTwice) {
  EXPECT_EQ(messageOf([&] { valueAfter("--beta1=0.5 --set beta1=0.6", "beta1"); }),
            "--set beta1 and --beta1 set the same scalar");
}

TEST_F(EngineFlagsTest, RefusesWhatIsNoSetting) {
  EXPECT_EQ(messageOf([&] { valueAfter("--set beta1", "beta1"); }), "--set: expected NAME=VALUE, got 'beta1'");
}

TEST_F(EngineFlagsTest, RefusesWhatIsNoNumber) {
  EXPECT_EQ(messageOf([&] { valueAfter("--set beta1=x", "beta1"); }), "--set beta1: 'x' is not a number");
}

} // namespace

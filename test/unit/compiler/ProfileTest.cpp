//===- ProfileTest.cpp - What programs measured of their stages -------------------------===//
#include "passes/Stages/Profile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace sluice;

/// The error of a file with this text; empty where it is a profile.
static std::string errorOf(llvm::StringRef text) {
  llvm::SmallString<128> path;
  EXPECT_FALSE(llvm::sys::fs::createTemporaryFile("profile", "json", path));
  llvm::FileRemover remover(path);
  std::error_code code;
  llvm::raw_fd_ostream(path, code) << text;
  llvm::Expected<Profile> profile = Profile::read(path);
  if (profile)
    return "";
  std::string whole = llvm::toString(profile.takeError());
  llvm::StringRef message(whole);
  EXPECT_TRUE(message.consume_front(("profile '" + path + "' expected ").str())) << whole;
  return message.str();
}

/// A profile with these stages and messages.
static std::string textOf(const std::string &stages, const std::string &messages = "") {
  return R"({"sluice_profile": 1, "model": "m", "parameters": 3, "optimizer": "sgd", "compute": "f32", "batch": 1,
             "sequence": 2, "stages": [)" +
         stages + R"(], "messages": [)" + messages + "]}";
}

static std::string stageOf(const std::string &layers, const std::string &forward) {
  return R"({"layers": )" + layers + R"(, "embeddings": false, "head": true, "forward": )" + forward +
         R"(, "backward": 2, "tied": 0, "norm": 0, "update": 1})";
}

TEST(ProfileTest, RefusesWhatIsNoProfile) {
  EXPECT_EQ(errorOf(textOf(stageOf("2", "1"), R"({"bytes": 8, "seconds": 0.5})")), "");
  EXPECT_EQ(errorOf("no"), "JSON, found: [1:2, byte=2]: Invalid JSON value (null?)");
  EXPECT_EQ(errorOf("[]"), "the fields that --bench --profile writes, found: expected object when parsing profile");
  EXPECT_EQ(errorOf(R"({"sluice_profile": 2})"),
            "the fields that --bench --profile writes, found: expected version 1 at profile.sluice_profile");
  EXPECT_EQ(errorOf(R"({"sluice_profile": 1})"),
            "the fields that --bench --profile writes, found: missing value at profile.model");
  EXPECT_EQ(errorOf(textOf(stageOf("\"two\"", "1"))),
            "the fields that --bench --profile writes, found: expected integer at profile.stages[0].layers");
  EXPECT_EQ(errorOf(textOf("", R"({"bytes": 8})")),
            "the fields that --bench --profile writes, found: missing value at profile.messages[0].seconds");
}

TEST(ProfileTest, RefusesNumbersOutOfTheirRange) {
  EXPECT_EQ(errorOf(textOf(stageOf("2", "1") + ", " + stageOf("2", "-1"))),
            "times of at least 0 seconds, found -1 on stage 1");
  EXPECT_EQ(errorOf(textOf(stageOf("-1", "1"))),
            "a layer, the embeddings or the head on every stage, found none on stage 0");
  EXPECT_EQ(errorOf(textOf("", R"({"bytes": 0, "seconds": 1})")),
            "messages of at least 1 byte and 0 seconds, found 0 and 1");
  EXPECT_EQ(errorOf(textOf("", R"({"bytes": 1, "seconds": -1})")),
            "messages of at least 1 byte and 0 seconds, found 1 and -1");
}

TEST(ProfileTest, DividesWhatAStageTookOverItsUnits) {
  Profile profile;
  profile.stages.push_back({/*layers=*/2, /*hasEmbeddings=*/true, /*hasHead=*/false, {8, 16, 4, 6, 12}});
  profile.stages.push_back({/*layers=*/1, /*hasEmbeddings=*/false, /*hasHead=*/true, {5, 7, 3, 2, 1}});
  EXPECT_EQ(profile.units(), 5);
  auto times = profile.divide({{2, 3, 1}, {3, 1, 0}, {3, 2, 0}, {0, 0, 0}, {0, 0, 2}});
  ASSERT_EQ(times.size(), 5u);
  double forward[] = {2, 3, 3, 2.5, 2.5}, backward[] = {4, 6, 6, 3.5, 3.5}, tied[] = {4, 0, 0, 0, 3};
  double norm[] = {3, 1, 2, 1, 1}, update[] = {6, 2, 4, 0.5, 0.5};
  for (size_t unit = 0; unit < 5; ++unit) {
    EXPECT_DOUBLE_EQ(times[unit].forward, forward[unit]) << unit;
    EXPECT_DOUBLE_EQ(times[unit].backward, backward[unit]) << unit;
    EXPECT_DOUBLE_EQ(times[unit].tied, tied[unit]) << unit;
    EXPECT_DOUBLE_EQ(times[unit].norm, norm[unit]) << unit;
    EXPECT_DOUBLE_EQ(times[unit].update, update[unit]) << unit;
  }
}

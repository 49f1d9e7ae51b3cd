//===- Profile.cpp - What a program measured of its stages ------------------------------===//
#include "passes/Stages/Profile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace sluice;
using llvm::ArrayRef;
using llvm::SmallVector;
namespace json = llvm::json;

static constexpr int64_t version = 1;

namespace sluice {
// Found by their arguments' types.
static bool fromJSON(const json::Value &value, ProfiledStage &stage, json::Path path) {
  json::ObjectMapper map(value, path);
  StageSeconds &seconds = stage.seconds;
  return map && map.map("layers", stage.layers) && map.map("embeddings", stage.hasEmbeddings) &&
         map.map("head", stage.hasHead) && map.map("recomputed", stage.isRecomputed) &&
         map.map("forward", seconds.forward) && map.map("backward", seconds.backward) &&
         map.map("tied", seconds.tied) && map.map("norm", seconds.norm) && map.map("update", seconds.update);
}

static bool fromJSON(const json::Value &value, ProfiledMessage &message, json::Path path) {
  json::ObjectMapper map(value, path);
  return map && map.map("bytes", message.bytes) && map.map("seconds", message.seconds);
}

static bool fromJSON(const json::Value &value, Profile &profile, json::Path path) {
  json::ObjectMapper map(value, path);
  int64_t found = 0;
  std::vector<ProfiledStage> stages;
  std::vector<ProfiledMessage> messages;
  if (!map || !map.map("sluice_profile", found))
    return false;
  if (found != version) {
    path.field("sluice_profile").report("expected version 1");
    return false;
  }
  if (!map.map("model", profile.model) || !map.map("optimizer", profile.optimizer) ||
      !map.map("compute", profile.compute) || !map.map("accumulation", profile.accumulation) ||
      !map.map("parameters", profile.parameters) || !map.map("batch", profile.batch) ||
      !map.map("sequence", profile.sequence) || !map.map("stages", stages) || !map.map("messages", messages))
    return false;
  profile.stages.assign(stages.begin(), stages.end());
  profile.messages.assign(messages.begin(), messages.end());
  return true;
}
} // namespace sluice

static std::string numberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%g", value);
  return text;
}

/// What is wrong with the numbers of a profile; empty where nothing is.
static std::string checkNumbers(const Profile &profile) {
  for (auto [number, stage] : llvm::enumerate(profile.stages)) {
    if (stage.layers < 0 || stage.units() < 1)
      return ("a layer, the embeddings or the head on every stage, found none on stage " + llvm::Twine(number)).str();
    const StageSeconds &seconds = stage.seconds;
    for (double time : {seconds.forward, seconds.backward, seconds.tied, seconds.norm, seconds.update})
      if (!(time >= 0) || std::isinf(time))
        return ("times of at least 0 seconds, found " + numberText(time) + " on stage " + llvm::Twine(number)).str();
  }
  for (const ProfiledMessage &message : profile.messages)
    if (message.bytes < 1 || !(message.seconds >= 0) || std::isinf(message.seconds))
      return ("messages of at least 1 byte and 0 seconds, found " + llvm::Twine(message.bytes) + " and " +
              numberText(message.seconds))
          .str();
  return "";
}

llvm::Expected<Profile> Profile::read(llvm::StringRef path) {
  auto complain = [&](const llvm::Twine &expected) {
    return llvm::createStringError("profile '" + path + "' expected " + expected);
  };
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!file)
    return complain("a file to read, found: " + file.getError().message());
  llvm::Expected<json::Value> value = json::parse((*file)->getBuffer());
  if (!value)
    return complain("JSON, found: " + llvm::toString(value.takeError()));
  Profile profile;
  json::Path::Root root("profile");
  if (!fromJSON(*value, profile, root))
    return complain("the fields that --bench --profile writes, found: " + llvm::toString(root.getError()));
  if (std::string problem = checkNumbers(profile); !problem.empty())
    return complain(problem);
  return profile;
}

int64_t Profile::units() const {
  int64_t count = 0;
  for (const ProfiledStage &stage : stages)
    count += stage.units();
  return count;
}

/// Divides one time over the units of a stage; evenly where none of them weighs anything.
static void divideTime(double StageSeconds::*time, const StageSeconds &whole, ArrayRef<UnitWeights> weights,
                       double UnitWeights::*weight, llvm::MutableArrayRef<StageSeconds> parts) {
  double sum = 0;
  for (const UnitWeights &unit : weights)
    sum += unit.*weight;
  for (auto [unit, part] : llvm::zip_equal(weights, parts))
    part.*time = whole.*time * (sum > 0 ? unit.*weight / sum : 1 / double(weights.size()));
}

SmallVector<StageSeconds> Profile::divide(ArrayRef<UnitWeights> weights) const {
  SmallVector<StageSeconds> times(weights.size());
  size_t first = 0;
  for (const ProfiledStage &stage : stages) {
    size_t count = stage.units();
    auto parts = llvm::MutableArrayRef(times).slice(first, count);
    ArrayRef<UnitWeights> ofStage = weights.slice(first, count);
    divideTime(&StageSeconds::forward, stage.seconds, ofStage, &UnitWeights::forward, parts);
    divideTime(&StageSeconds::backward, stage.seconds, ofStage, &UnitWeights::forward, parts);
    divideTime(&StageSeconds::tied, stage.seconds, ofStage, &UnitWeights::tied, parts);
    divideTime(&StageSeconds::norm, stage.seconds, ofStage, &UnitWeights::parameters, parts);
    divideTime(&StageSeconds::update, stage.seconds, ofStage, &UnitWeights::parameters, parts);
    first += count;
  }
  return times;
}

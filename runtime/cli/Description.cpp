//===- Description.cpp - What the model's description says of a run -------===//

#include "runtime/cli/Description.h"

#include <cstring>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

/// Default for programs whose optimizer is Muon: its steps have a length of their own.
static constexpr double kMuonLearningRate = 0.02;

DescribedTraining readDescription(const sluice_binary &program) {
  // Sizes may be expressions there; the compiler has used those up, what a run needs are plain numbers.
  nlohmann::json description = nlohmann::json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  nlohmann::json block = nlohmann::json::object();
  if (description.is_object() && description["training"].is_object())
    block = description["training"];
  DescribedTraining described;
  LearningRateSchedule &schedule = described.optimizer.learningRate;
  auto read = [&](const char *key, auto &into) {
    auto found = block.find(key);
    bool given = found != block.end() && found->is_number();
    if (given)
      found->get_to(into);
    return given;
  };
  bool isMuon = std::strcmp(program.optimizer, "muon") == 0;
  bool isForMuon = isMuon && block["optimizer"].is_object() && block["optimizer"]["type"] == "muon";
  if (isForMuon)
    schedule.peak = kMuonLearningRate;
  bool hasPeak = read("lr", schedule.peak);
  read("min_lr", schedule.minimum);
  if (isMuon && !isForMuon) {
    // What was described for another optimizer is for AdamW beside Muon.
    if (hasPeak)
      described.optimizer.adamwPeak = schedule.peak;
    schedule = schedule.scaledTo(kMuonLearningRate);
  }
  read("adamw_lr", described.optimizer.adamwPeak);
  read("warmup", schedule.warmup);
  described.hasSteps = read("steps", schedule.steps);
  if (auto name = block.find("lr_schedule"); name != block.end() && name->is_string())
    described.shape = *name;
  return described;
}

} // namespace sluice::runtime

//===- Identity.cpp - What a run can be told by ---------------------------===//

#include "runtime/train/Identity.h"
#include "runtime/Error.h"
#include "runtime/Philox.h"
#include "runtime/engine/LossScale.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

static std::string hashText(const std::string &bytes) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hashName(bytes)));
  return text;
}

/// Leaves what computes with the parameters: how they begin, how they are trained and what people call them is no part
/// of a model.
static void keepModel(nlohmann::json &description) {
  if (description.is_array())
    for (nlohmann::json &item : description)
      keepModel(item);
  if (!description.is_object())
    return;
  for (const char *key : {"$schema", "comment", "name", "training", "init", "residual_init", "embedding_init"})
    description.erase(key);
  // Of Hugging Face's: rates are run-time scalars, the others say who wrote the file.
  for (const char *key : {"_name_or_path", "architectures", "attn_pdrop", "dtype", "embd_pdrop", "initializer_range",
                          "resid_pdrop", "torch_dtype", "transformers_version", "use_cache"})
    description.erase(key);
  for (auto &[key, value] : description.items())
    keepModel(value);
}

ModelIdentity identityOf(const sluice_binary &program) {
  std::string text = std::to_string(program.vocabulary);
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_tensor &tensor = program.parameters[i].tensor;
    if (program.parameters[i].copy_of >= 0)
      continue; // where stages are cut makes no other model
    text += "\n" + std::string(tensor.name) + " " + std::to_string(tensor.element) + " " + shapeText(shapeOf(tensor));
  }
  nlohmann::json description = nlohmann::json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  keepModel(description);
  if (!description.is_discarded())
    text += "\n" + description.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return {program.model, parameterElements(program), hashText(text)};
}

std::vector<DataFileIdentity> identitiesOf(const std::vector<std::string> &paths) {
  // More than any header, and than what two texts have in common by chance.
  constexpr size_t kHeadBytes = 65536;
  std::vector<DataFileIdentity> files;
  for (const std::string &path : paths) {
    std::ifstream stream(path, std::ios::binary);
    std::string head(kHeadBytes, '\0');
    stream.read(head.data(), kHeadBytes);
    head.resize(static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    std::error_code failure;
    uint64_t bytes = std::filesystem::file_size(path, failure);
    if (failure || (stream.fail() && !stream.eof()))
      throw Error("cannot read " + path + (failure ? ": " + failure.message() : ""));
    std::string absolute = std::filesystem::absolute(path, failure).lexically_normal().string();
    // Lists of files have commas between them.
    bool isNamable = !failure && absolute.find(',') == std::string::npos;
    files.push_back({isNamable ? absolute : path, bytes, hashText(head)});
  }
  return files;
}

std::map<std::string, std::string> compiledSettings(const sluice_binary &program) {
  std::string techniques;
  for (const char *const *technique = sluice_techniques; technique && *technique; ++technique)
    techniques += (techniques.empty() ? "" : " ") + std::string(*technique);
  return {{"batch", std::to_string(program.batch)},
          {"sequence", std::to_string(program.sequence)},
          {"micro-batches", std::to_string(program.micro_batches)},
          // Which sums have the same bits depends on it, and on stages and replicas nothing.
          {"reduction groups", std::to_string(program.reduction_groups)},
          {"optimizer", program.optimizer},
          {"compute", program.compute},
          {"accumulation", program.accumulation},
          {"loss scale", lossScaleText(program)},
          {"techniques", techniques.empty() ? "none" : techniques}};
}

std::string pipelineFingerprint(const sluice_binary &program) {
  std::string text = std::string(program.schedule) + " " + program.compute + " " + program.accumulation;
  // Frames of cards have another layout.
  if (runsOnCards(program))
    text += std::string(" ") + program.target;
  auto add = [&text](auto... numbers) { ((text += " " + std::to_string(numbers)), ...); };
  add(program.batch, program.sequence, program.micro_batches, program.replicas, program.parameter_bytes,
      program.persistent_bytes);
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    add(program.parameters[i].tensor.offset, program.parameters[i].stage, program.parameters[i].in_place);
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    const sluice_stage &stage = program.stages[i];
    add(stage.frame_bytes, stage.frames, stage.device, stage.delay, stage.versions, stage.weights_bytes,
        stage.predicts);
  }
  for (uint32_t i = 0; i < program.action_count; ++i) {
    const sluice_action &action = program.actions[i];
    add(action.kind, action.stage, action.micro_batch, action.iteration, action.channel, action.into);
  }
  for (uint32_t i = 0; i < program.channel_count; ++i)
    add(program.channels[i].from, program.channels[i].to, program.channels[i].capacity);
  for (uint32_t i = 0; i < program.transfer_count; ++i)
    add(program.transfers[i].source, program.transfers[i].target, program.transfers[i].bytes);
  for (uint32_t i = 0; i < program.held_gradient_count; ++i)
    add(program.held_gradients[i].offset, program.held_gradients[i].bytes);
  return hashText(text);
}

} // namespace sluice::runtime

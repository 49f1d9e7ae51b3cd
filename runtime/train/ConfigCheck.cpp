//===- ConfigCheck.cpp - Whether weights are of this model ----------------===//

#include "runtime/train/ConfigCheck.h"
#include "runtime/Error.h"
#include "runtime/HuggingFaceKeys.h"
#include "runtime/InputFile.h"
#include "runtime/train/DescribedOps.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace sluice::runtime {

namespace fs = std::filesystem;
using nlohmann::json;

/// One line, whatever bytes it holds.
static std::string textOf(const json &value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

static bool isOneOf(const std::string &word, std::string_view words) {
  std::istringstream stream{std::string(words)};
  for (std::string next; stream >> next;)
    if (next == word)
      return true;
  return false;
}

//===-- Configurations of Hugging Face ---------------------------------------------------===//

namespace {

/// A configuration of GPT-2, compared with the ops of the program.
class HuggingFaceCheck {
public:
  HuggingFaceCheck(const std::string &path, const json &config, const std::vector<DescribedOp> &ops)
      : path(path), config(config), ops(ops) {}

  void run() const;

private:
  /// The value of a key; null where it has none, since transformers take both alike.
  const json &at(std::string_view key) const;
  [[noreturn]] void refuse(std::string_view key, const std::string &expected, const std::string &found) const;
  template <typename IsSame>
  void compare(std::string_view key, const json &otherwise, const std::string &expected, IsSame isSame) const;
  void compareNumber(std::string_view key, double otherwise, const std::string &expected) const;
  void compareHeads(const std::string &expected) const;
  void compareActivation(const DescribedOp &op) const;
  void checkNeutral() const;

  const std::string &path;
  const json &config;
  const std::vector<DescribedOp> &ops;
};

} // namespace

const json &HuggingFaceCheck::at(std::string_view key) const {
  static const json none;
  auto found = config.find(std::string(key));
  return found == config.end() ? none : *found;
}

void HuggingFaceCheck::refuse(std::string_view key, const std::string &expected, const std::string &found) const {
  throw Error(path + ": key '" + std::string(key) + "': expected " + expected + ", as this program's model has it, " +
              "found " + found);
}

/// Under any of the key's names; where it is nowhere, the default of transformers is what was found.
template <typename IsSame>
void HuggingFaceCheck::compare(std::string_view key, const json &otherwise, const std::string &expected,
                               IsSame isSame) const {
  std::vector<std::string> names = {std::string(key)};
  for (std::string_view line : configSpellings)
    if (line.substr(0, line.find(' ')) == key) {
      std::istringstream stream{std::string(line)};
      names.assign(std::istream_iterator<std::string>(stream), {});
    }
  bool isThere = std::any_of(names.begin(), names.end(), [&](const std::string &name) { return !at(name).is_null(); });
  for (auto [name, original] : configMirrors)
    if (original == key)
      names.emplace_back(name);
  for (const std::string &name : names)
    if (const json &value = at(name); !value.is_null() && !isSame(value))
      refuse(name, expected, textOf(value));
  if (!isThere && !isSame(otherwise))
    refuse(key, expected, "none, which means " + textOf(otherwise));
}

void HuggingFaceCheck::compareNumber(std::string_view key, double otherwise, const std::string &expected) const {
  compare(key, otherwise, expected, [&](const json &value) {
    return value.is_number() && value.get<double>() == std::strtod(expected.c_str(), nullptr);
  });
}

void HuggingFaceCheck::compareHeads(const std::string &expected) const {
  constexpr double otherwise = 12, otherwiseWidth = 768;
  compareNumber("n_head", otherwise, expected);
  for (std::string_view key : configHeadCounts)
    if (const json &value = at(key); !value.is_null() && textOf(value) != expected)
      refuse(key, expected, textOf(value));
  double width = otherwiseWidth;
  for (const char *name : {"hidden_size", "n_embd"})
    if (at(name).is_number())
      width = at(name).get<double>();
  double headWidth = width / std::strtod(expected.c_str(), nullptr);
  for (std::string_view key : configHeadWidths)
    if (const json &value = at(key); !value.is_null() && !(value.is_number() && value.get<double>() == headWidth))
      refuse(key, textOf(headWidth), textOf(value));
}

void HuggingFaceCheck::compareActivation(const DescribedOp &op) const {
  std::string form = op.keys.empty() ? "" : op.keys.front().second;
  for (const ConfigActivation &activation : configActivations)
    if (activation.op == op.kind && activation.form == form)
      compare(
          "activation_function", "gelu_new", std::string(activation.names.substr(0, activation.names.find(' '))),
          [&](const json &value) { return value.is_string() && isOneOf(value.get<std::string>(), activation.names); });
}

void HuggingFaceCheck::checkNeutral() const {
  for (auto [key, words] : neutralConfigValues) {
    const json &value = at(key);
    bool isEmpty = value.is_structured() && value.empty() && isOneOf("{}", words);
    std::string text = value.is_string() ? value.get<std::string>() : textOf(value);
    // 1 and 1.0 are one number.
    if (value.is_number() && value.get<double>() == std::trunc(value.get<double>()))
      text = textOf(static_cast<int64_t>(value.get<double>()));
    if (!value.is_null() && !isEmpty && !isOneOf(text, words))
      refuse(key, words.empty() ? "null" : std::string(words.substr(0, words.find(' '))), textOf(value));
  }
}

void HuggingFaceCheck::run() const {
  constexpr double epsilon = 1e-5;
  for (const DescribedOp &op : ops) {
    for (const auto &[key, value] : op.keys) {
      if (key == "heads" && !value.empty())
        compareHeads(value);
      if (key == "epsilon" && !value.empty())
        compareNumber("layer_norm_epsilon", epsilon, value);
    }
    compareActivation(op);
  }
  checkNeutral();
}

//===-- Descriptions ------------------------------------------------------------------------===//

static void compareOps(const std::string &path, const std::vector<DescribedOp> &expected,
                       const std::vector<DescribedOp> &found) {
  static const DescribedOp end{"", "end of the model"};
  for (size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    const DescribedOp &mine = i < expected.size() ? expected[i] : end, &theirs = i < found.size() ? found[i] : end;
    auto refuse = [&](const std::string &key, const std::string &want, const std::string &have) {
      const std::string &place = mine.place.empty() ? theirs.place : mine.place;
      throw Error(path + ": key '" + key + "' of '" + place + "': expected " + want +
                  ", as this program's model has it, found " + have);
    };
    if (mine.kind != theirs.kind)
      refuse("op", textOf(mine.kind), textOf(theirs.kind));
    for (size_t k = 0; k < mine.keys.size(); ++k) {
      const auto &[key, want] = mine.keys[k];
      const std::string &have = theirs.keys[k].second;
      if (!want.empty() && want != have)
        refuse(key, want, have.empty() ? "a value that makes no sense" : have);
    }
  }
}

void checkConfigBeside(const sluice_binary &program, const std::string &weights) {
  std::error_code ignored;
  fs::path folder = fs::is_directory(weights, ignored) ? fs::path(weights) : fs::path(weights).parent_path();
  std::string path = (folder / "config.json").string();
  json description = json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  std::vector<DescribedOp> ops = describedOps(description);
  if (ops.empty() || !fs::is_regular_file(path, ignored))
    return;
  json config = json::parse(InputFile(path).readAll(), nullptr, /*allow_exceptions=*/false);
  if (!config.is_object())
    return;
  if (config.contains("model"))
    return compareOps(path, ops, describedOps(config));
  // A configuration of another family may lie beside weights that a description of one's own has the names of.
  auto type = config.find("model_type");
  if (type == config.end() || (*type != "gpt2" && !description.contains("hugging_face")))
    return;
  if (*type != "gpt2")
    throw Error(path + ": key 'model_type': expected \"gpt2\", as this program's model has it, found " + textOf(*type));
  HuggingFaceCheck(path, config, ops).run();
}

} // namespace sluice::runtime

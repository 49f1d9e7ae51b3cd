//===- DescribedOps.cpp - What a description computes ---------------------===//

#include "runtime/train/DescribedOps.h"
#include "runtime/Expression.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

using nlohmann::json;

namespace {

/// Of any JSON: what is no description has no ops.
class OpReader {
public:
  explicit OpReader(const json &description) : description(description) {}

  std::vector<DescribedOp> run();

private:
  // Beyond what any model has; the compiler refuses it.
  static constexpr size_t mostOps = size_t(1) << 18;
  static constexpr int mostDepth = 64;

  static std::string textAt(const json &value, const char *key, const std::string &otherwise = "");
  std::optional<double> number(const json &value, int depth = 0) const;
  std::string numberAt(const json &value, const char *key, double otherwise) const;
  void addList(const json &list, const std::string &prefix, int depth);
  void addRepeated(const json &item, int depth);
  void addOp(const json &item, const std::string &prefix, size_t index);

  const json &description;
  std::vector<DescribedOp> ops;
  /// Dimensions that refer to each other twice over could take forever.
  mutable int lookupsLeft = 100000;
};

} // namespace

std::string OpReader::textAt(const json &value, const char *key, const std::string &otherwise) {
  auto found = value.find(key);
  return found == value.end() ? otherwise : found->is_string() ? found->get<std::string>() : "";
}

std::optional<double> OpReader::number(const json &value, int depth) const {
  if (value.is_number())
    return value.get<double>();
  if (!value.is_string() || depth == mostDepth)
    return std::nullopt;
  std::string error;
  LookupName lookup = [&](std::string_view name, std::string &) -> std::optional<int64_t> {
    auto dimensions = description.find("dimensions");
    if (dimensions == description.end() || !dimensions->is_object() || lookupsLeft-- <= 0)
      return std::nullopt;
    auto found = dimensions->find(std::string(name));
    std::optional<double> size = found == dimensions->end() ? std::nullopt : number(*found, depth + 1);
    // Sizes are whole, and below what a double holds exactly.
    bool isSize = size && *size >= 1 && *size < 0x1p53;
    return isSize ? std::optional<int64_t>(static_cast<int64_t>(*size)) : std::nullopt;
  };
  return ExpressionEvaluator<double>(value.get_ref<const std::string &>(), lookup, error).run();
}

std::string OpReader::numberAt(const json &value, const char *key, double otherwise) const {
  auto found = value.find(key);
  std::optional<double> known = found == value.end() ? otherwise : number(*found);
  // Whole numbers without a point.
  bool isWhole = known && std::abs(*known) < 0x1p53 && *known == std::trunc(*known);
  return !known ? "" : isWhole ? std::to_string(static_cast<int64_t>(*known)) : json(*known).dump();
}

void OpReader::addOp(const json &item, const std::string &prefix, size_t index) {
  std::string name = textAt(item, "name"), kind = textAt(item, "op");
  std::string place =
      name.empty() ? prefix + "[" + std::to_string(index) + "]" : prefix + (prefix.empty() ? "" : ".") + name;
  DescribedOp op{place, kind};
  if (kind == "attention") {
    auto causal = item.find("causal");
    op.keys = {{"heads", numberAt(item, "heads", 0)}, {"causal", causal == item.end() ? "true" : causal->dump()}};
  }
  if (kind == "layer_norm" || kind == "rms_norm")
    op.keys = {{"epsilon", numberAt(item, "epsilon", 1e-5)}};
  if (kind == "gelu")
    op.keys = {{"form", textAt(item, "form", "tanh")}};
  ops.push_back(std::move(op));
}

void OpReader::addRepeated(const json &item, int depth) {
  std::optional<double> count = number(item["repeat"]);
  std::string name = textAt(item, "name");
  if (!item.contains("body") || !count)
    return;
  for (int64_t i = 0; i < static_cast<int64_t>(*count) && ops.size() < mostOps; ++i)
    addList(item["body"], name + "." + std::to_string(i), depth + 1);
}

void OpReader::addList(const json &list, const std::string &prefix, int depth) {
  if (!list.is_array() || depth == mostDepth)
    return;
  size_t index = 0;
  for (const json &item : list) {
    if (ops.size() >= mostOps)
      return;
    if (!item.is_object() || textAt(item, "op") == "dropout")
      continue;
    if (item.contains("repeat")) {
      addRepeated(item, depth);
    } else if (item.contains("residual")) {
      std::string place = prefix + "[" + std::to_string(index) + "]";
      ops.push_back({place, "residual"});
      addList(item["residual"], prefix, depth + 1);
      ops.push_back({place, "end of the residual branch"});
    } else {
      addOp(item, prefix, index);
    }
    ++index;
  }
}

std::vector<DescribedOp> OpReader::run() {
  if (!description.is_object() || !description.contains("model"))
    return {};
  addList(description["model"], "", 0);
  auto objective = description.find("objective");
  if (objective != description.end() && objective->is_object())
    ops.push_back({"objective", textAt(*objective, "op"), {{"scale", numberAt(*objective, "scale", 1)}}});
  return std::move(ops);
}

std::vector<DescribedOp> describedOps(const json &description) { return OpReader(description).run(); }

} // namespace sluice::runtime

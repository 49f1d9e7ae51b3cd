//===- WeightFiles.cpp - The tensors of a model's weights -----------------===//
#include "runtime/checkpoint/WeightFiles.h"

#include "runtime/Error.h"
#include "runtime/InputFile.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

namespace fs = std::filesystem;

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

static std::string quote(const std::string &name) { return "'" + name + "'"; }

//===-- Files ------------------------------------------------------------------------===//

WeightFiles::WeightFiles(const std::string &given) : path(given) {
  constexpr const char *plain = "model.safetensors", *index = "model.safetensors.index.json";
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    fs::path folder = path;
    // The plain file first, as transformers does.
    if (fs::exists(folder / plain, ignored))
      path = (folder / plain).string();
    else if (fs::exists(folder / index, ignored))
      path = (folder / index).string();
    else
      throw Error(path + ": expected a folder with " + plain + " or " + index + ", found neither");
  }
  if (endsWith(path, ".json"))
    readIndex(path);
  else
    files.emplace_back(path);
}

void WeightFiles::readIndex(const std::string &index) {
  auto root = nlohmann::json::parse(InputFile(index).readAll(), nullptr, /*allow_exceptions=*/false);
  bool isIndex =
      root.is_object() && root.contains("weight_map") && root["weight_map"].is_object() && !root["weight_map"].empty();
  if (!isIndex)
    throw Error(index + ": expected an index of shards, a JSON object with a key 'weight_map'");
  std::map<std::string, std::vector<std::string>> shards;
  for (const auto &[tensor, shard] : root["weight_map"].items()) {
    std::string name = shard.is_string() ? shard.get<std::string>() : "";
    // A shard lies beside its index.
    if (name.empty() || name.find('/') != std::string::npos || !endsWith(name, ".safetensors"))
      throw Error(index + ": expected the name of a .safetensors file for " + quote(tensor) + ", found " +
                  shard.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    shards[name].push_back(tensor);
  }
  for (const auto &[name, tensors] : shards) {
    files.emplace_back((fs::path(index).parent_path() / name).string());
    std::set<std::string> present;
    for (const SafetensorsFile::Entry &entry : files.back().entries())
      present.insert(entry.name);
    for (const std::string &tensor : tensors)
      if (!present.count(tensor))
        throw Error(files.back().path() + ": expected the tensor " + quote(tensor) + ", as " + index +
                    " says, found none");
  }
}

std::vector<std::string> inputFilesOf(const std::string &path) {
  std::error_code ignored;
  bool isFolder = fs::is_directory(path, ignored);
  if (!isFolder && !endsWith(path, ".json"))
    return {path};
  fs::path folder = isFolder ? fs::path(path) : fs::path(path).parent_path();
  std::vector<std::string> found;
  if (!isFolder)
    found.push_back(path);
  for (const fs::directory_entry &entry : fs::directory_iterator(folder.empty() ? "." : folder, ignored)) {
    std::string name = entry.path().filename().string();
    if (endsWith(name, ".safetensors") || endsWith(name, ".json"))
      found.push_back(entry.path().string());
  }
  return found;
}

//===-- Names ------------------------------------------------------------------------===//

/// True for the causal mask that GPT-2 saves beside the parameters of every layer.
static bool isMask(const std::string &name, const std::vector<int64_t> &shape) {
  if (endsWith(name, ".attn.masked_bias"))
    return std::all_of(shape.begin(), shape.end(), [](int64_t size) { return size == 1; });
  size_t rank = shape.size();
  return endsWith(name, ".attn.bias") && rank >= 2 && shape[rank - 1] == shape[rank - 2] &&
         std::all_of(shape.begin(), shape.end() - 2, [](int64_t size) { return size == 1; });
}

static const char headName[] = "lm_head.weight";

/// Takes out the words that wrappers put anywhere into a name; `removed` gets them.
static std::string withoutWrappers(std::string name, std::set<std::string> &removed) {
  for (const char *wrapper : {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"}) {
    std::string word = std::string(wrapper) + ".";
    for (size_t at = 0; (at = name.find(word, at)) != std::string::npos;) {
      // A whole word, not the end of one.
      if (at != 0 && name[at - 1] != '.') {
        at += word.size();
        continue;
      }
      name.erase(at, word.size());
      removed.insert(word);
    }
  }
  return name;
}

/// The name under which the model knows a tensor, or the given one where there is none. `removed` gets what was taken
/// out of it, unless that is `transformer.` alone, under which Hugging Face's models with a head have their body.
template <typename IsKnown>
static std::string knownName(const std::string &given, IsKnown isKnown, std::set<std::string> &removed) {
  if (isKnown(given))
    return given;
  std::set<std::string> words;
  std::string name = withoutWrappers(given, words);
  while (!isKnown(name)) {
    size_t dot = name.find('.');
    std::string first = name.substr(0, dot == std::string::npos ? 0 : dot);
    bool isPrefix = first == "transformer" || first == "module" || first == "model" || first == "base_model";
    if (!isPrefix)
      return given;
    if (first != "transformer")
      words.insert(first + ".");
    name.erase(0, dot + 1);
  }
  removed.insert(words.begin(), words.end());
  return name;
}

std::vector<WeightFiles::Found> WeightFiles::resolve(const WantedWeights &wanted,
                                                     std::set<std::string> &removed) const {
  std::set<std::string> known;
  for (const TensorView &parameter : wanted.parameters)
    known.insert(parameter.name);
  if (!wanted.tiedHead.empty())
    known.insert(headName);
  std::vector<Found> all;
  for (const SafetensorsFile &file : files)
    for (const SafetensorsFile::Entry &entry : file.entries()) {
      auto isKnown = [&](const std::string &name) { return known.count(name) || isMask(name, entry.shape); };
      all.push_back({&file, &entry, knownName(entry.name, isKnown, removed)});
    }
  return all;
}

std::string WeightFiles::note(const WantedWeights &wanted) const {
  std::set<std::string> removed;
  resolve(wanted, removed);
  std::string words;
  for (const std::string &word : removed)
    words += (words.empty() ? "'" : ", '") + word + "'";
  return words.empty() ? "" : path + ": names of tensors are read without " + words;
}

//===-- Values -----------------------------------------------------------------------===//

/// Whether two tensors hold equal values, in whatever types. Their shapes are equal.
static bool holdEqualValues(const SafetensorsFile &fileA, const SafetensorsFile::Entry &a, const SafetensorsFile &fileB,
                            const SafetensorsFile::Entry &b) {
  // As they are where both have one type, which need not be one of floats; else as f32.
  const bool isOneType = a.type == b.type;
  if (isOneType && a.bytes != b.bytes)
    return false; // of a type that is not known: the others have the size of their shape
  int64_t total = isOneType ? a.bytes : TensorView{a.name, SLUICE_F32, a.shape, nullptr}.bytes();
  constexpr int64_t blockBytes = int64_t(1) << 18;
  std::vector<char> first(static_cast<size_t>(std::min(total, blockBytes))), second(first.size());
  auto readPart = [&](const SafetensorsFile &file, const SafetensorsFile::Entry &entry, int64_t begin, int64_t bytes,
                      char *out) {
    constexpr int64_t size = sizeof(float);
    if (isOneType)
      file.readBytes(entry, begin, bytes, out);
    else
      file.readElements(entry, begin / size, bytes / size, SLUICE_F32, out);
  };
  for (int64_t begin = 0; begin < total; begin += blockBytes) {
    int64_t bytes = std::min(total - begin, blockBytes);
    readPart(fileA, a, begin, bytes, first.data());
    readPart(fileB, b, begin, bytes, second.data());
    if (std::memcmp(first.data(), second.data(), static_cast<size_t>(bytes)) != 0)
      return false;
  }
  return true;
}

void WeightFiles::load(const WantedWeights &wanted) const {
  std::set<std::string> removed;
  std::vector<Found> all = resolve(wanted, removed);
  std::map<std::string, const Found *> byName;
  for (const Found &found : all)
    byName.emplace(found.name, &found);

  // The order of these checks matters for the message: a file of another model mostly has both kinds of fault, and a
  // wrong shape or a missing tensor says more about it than a tensor too many.
  for (const TensorView &parameter : wanted.parameters) {
    auto found = byName.find(parameter.name);
    if (found == byName.end())
      throw Error(path + ": tensor \"" + parameter.name + "\" is missing");
    found->second->file->read(*found->second->entry, parameter);
  }
  auto requireEqual = [&](const Found &copy, const Found &original, const std::string &meaning) {
    std::string where = copy.file->path() + ": tensor " + quote(copy.entry->name);
    if (copy.entry->shape != original.entry->shape)
      throw Error(where + " has shape " + shapeText(copy.entry->shape) + ", expected " +
                  shapeText(original.entry->shape) + meaning + quote(original.entry->name));
    if (!holdEqualValues(*copy.file, *copy.entry, *original.file, *original.entry))
      throw Error(where + " has other values than " + quote(original.entry->name) + ", expected the same" + meaning +
                  quote(original.entry->name));
  };
  for (const Found &found : all) {
    const Found &first = *byName[found.name];
    if (isMask(found.name, found.entry->shape))
      continue;
    if (&first != &found)
      requireEqual(found, first, ", as it is the parameter " + quote(found.name) + " of ");
    else if (found.name == headName && !wanted.tiedHead.empty())
      requireEqual(found, *byName[wanted.tiedHead], ", as the head of the model '" + wanted.model + "' is tied to ");
    else if (std::none_of(wanted.parameters.begin(), wanted.parameters.end(),
                          [&](const TensorView &parameter) { return parameter.name == found.name; }))
      throw Error(found.file->path() + ": tensor " + quote(found.entry->name) + " of shape " +
                  shapeText(found.entry->shape) + " is no parameter of the model '" + wanted.model + "'");
  }
}

} // namespace sluice::runtime

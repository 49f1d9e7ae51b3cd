//===- Study.cpp - Reads and checks a study ------------------------------------===//
#include "tools/sluice-compare/Study.h"
#include "mlir/IR/Diagnostics.h"
#include "passes/Import/DiagnosticPrinter.h"
#include "passes/Import/Reader.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/xxhash.h"
#include <cmath>
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace sluice;
using namespace sluice::compare;
using nlohmann::ordered_json;

namespace {

/// What the tool gives to the programs itself.
constexpr StringRef ownRunFlags[] = {
    "data",   "val-data", "steps", "seed",    "eval-every", "log", "checkpoint-dir", "checkpoint-every",
    "resume", "threads",  "quiet", "dry-run", "help"};
constexpr StringRef ownCompileFlags[] = {"o", "emit", "explain", "help"};

class StudyReader {
public:
  StudyReader(StringRef path, const JsonValue &root, StringRef text, MLIRContext *context)
      : reader(path, context), root(root), document(nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false)),
        folder(llvm::sys::path::parent_path(path)) {
    study.name = llvm::sys::path::stem(path);
  }

  std::optional<Study> run(StringRef data);

private:
  void readVariants(const JsonValue &value);
  void readVariant(const JsonValue &value, Variant &variant);
  void readFlags(const JsonValue *value, bool ofCompiler, Flags &flags);
  void readGrid(const JsonValue &value, Variant &variant);
  void checkCycles(const JsonValue &value);

  bool checkFlag(const JsonValue &value, StringRef name, bool ofCompiler);
  int64_t integer(const JsonValue &value, int64_t minimum);
  std::vector<uint64_t> seeds(const JsonValue &value);
  size_t variantNamed(const JsonValue &value);
  DataFile dataFile(const JsonValue &value);
  void readDescription(const JsonValue &value, Variant &variant);
  void changeDescription(const JsonValue &value, Variant &variant);
  std::string resolved(const JsonValue &value);
  /// The value once more, as the library that merges patches has it.
  const nlohmann::json &plain(const JsonValue &value) const {
    return document.at(nlohmann::json::json_pointer(value.pointer));
  }

  Reader reader;
  const JsonValue &root;
  nlohmann::json document;
  StringRef folder;
  Variant common; // what variants have where they say nothing else
  Study study;
};

/// Text as it is read from a file of the study, or nothing after an error at `value`.
std::unique_ptr<llvm::MemoryBuffer> readFile(Reader &reader, const JsonValue &value, StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer) {
    reader.fail(value, "expected to read '" + path + "': " + buffer.getError().message());
    return nullptr;
  }
  return std::move(*buffer);
}

} // namespace

std::string sluice::compare::hashOf(StringRef content) {
  return llvm::utohexstr(llvm::xxh3_64bits(content), /*LowerCase=*/true, /*Width=*/16);
}

std::string StudyReader::resolved(const JsonValue &value) {
  llvm::SmallString<256> path(reader.string(value));
  if (!llvm::sys::path::is_absolute(path)) {
    path = folder;
    llvm::sys::path::append(path, value.text);
  }
  llvm::sys::fs::make_absolute(path);
  return std::string(path);
}

int64_t StudyReader::integer(const JsonValue &value, int64_t minimum) {
  if (value.kind != JsonValue::Kind::Integer || value.integer < minimum)
    reader.expected(value, "an integer of at least " + Twine(minimum));
  return value.integer;
}

std::vector<uint64_t> StudyReader::seeds(const JsonValue &value) {
  std::vector<uint64_t> seeds;
  if (!value.isArray() || value.items.empty())
    reader.expected(value, "an array of at least one seed");
  for (const JsonValue &item : value.items) {
    uint64_t seed = static_cast<uint64_t>(integer(item, 0));
    if (llvm::is_contained(seeds, seed))
      reader.fail(item, "expected every seed once, found " + item.describe() + " again");
    seeds.push_back(seed);
  }
  return seeds;
}

DataFile StudyReader::dataFile(const JsonValue &value) {
  DataFile file{resolved(value), ""};
  if (reader.failed())
    return file;
  if (auto buffer = readFile(reader, value, file.path))
    file.hash = hashOf(buffer->getBuffer());
  return file;
}

void StudyReader::readDescription(const JsonValue &value, Variant &variant) {
  std::string path = resolved(value);
  if (reader.failed())
    return;
  auto buffer = readFile(reader, value, path);
  if (!buffer)
    return;
  if (!ordered_json::parse(buffer->getBuffer(), nullptr, /*allow_exceptions=*/false).is_object())
    reader.fail(value, "expected '" + path + "' to hold a JSON object");
  variant.descriptionFile = llvm::sys::path::filename(path);
  study.descriptionPaths.push_back(path);
  variant.description = buffer->getBuffer().str();
}

void StudyReader::changeDescription(const JsonValue &value, Variant &variant) {
  ordered_json changes = ordered_json::object();
  if (const JsonValue *dimensions = value.find("dimensions")) {
    if (!dimensions->isObject())
      return reader.expected(*dimensions, "an object of dimensions");
    changes["dimensions"] = plain(*dimensions);
  }
  if (const JsonValue *patch = value.find("patch")) {
    if (!patch->isObject())
      return reader.expected(*patch, "an object that is merged into the description");
    // Not by merging the patch into the changes: that would carry out its nulls, which are for the description.
    changes.update(plain(*patch), /*merge_objects=*/true);
  }
  // A description that nothing changes is compiled as it stands, so that errors in it name its lines.
  if (changes.empty())
    return;
  ordered_json merged = ordered_json::parse(variant.description, nullptr, /*allow_exceptions=*/false);
  merged.merge_patch(changes);
  variant.changes = changes.dump();
  variant.description = merged.dump(2) + "\n";
}

bool StudyReader::checkFlag(const JsonValue &value, StringRef name, bool ofCompiler) {
  ArrayRef<StringRef> own = ofCompiler ? ArrayRef(ownCompileFlags) : ArrayRef(ownRunFlags);
  if (llvm::is_contained(own, name))
    reader.fail(value, "expected flags that sluice-compare does not set itself, found '--" + name + "'");
  return !reader.failed();
}

void StudyReader::readFlags(const JsonValue *value, bool ofCompiler, Flags &flags) {
  if (!value)
    return;
  if (!value->isArray())
    reader.expected(*value, "an array of flags");
  for (const JsonValue &item : value->items) {
    std::string name = item.isString() ? flagName(item.text) : "";
    if (name.empty())
      reader.expected(item, "a flag such as '--name=value'");
    if (!checkFlag(item, name, ofCompiler))
      return;
    flags.add(item.text);
  }
}

void StudyReader::readGrid(const JsonValue &value, Variant &variant) {
  if (!value.isObject())
    reader.expected(value, "an object of flags and their values");
  for (const auto &[key, member] : value.members) {
    StringRef name = key;
    bool ofCompiler = name.consume_front("compile.");
    if (!checkFlag(member, name, ofCompiler))
      return;
    if (!member.isArray() || member.items.empty())
      return reader.expected(member, "an array of at least one value");
    GridAxis axis{key, {}};
    for (const JsonValue &item : member.items) {
      if (!item.isNumber() && !item.isString())
        return reader.expected(item, "a number or a string");
      // One spelling for equal numbers: points of two variants are matched by it.
      std::string text = item.text;
      if (item.isNumber())
        text = plain(item).dump();
      if (llvm::is_contained(axis.values, text))
        return reader.fail(item, "expected every value once, found " + item.describe() + " again");
      axis.values.push_back(text);
    }
    variant.grid.push_back(std::move(axis));
  }
}

size_t StudyReader::variantNamed(const JsonValue &value) {
  SmallVector<StringRef> names;
  for (const Variant &variant : study.variants)
    names.push_back(variant.name);
  std::string name = reader.choice(value, "one of the variants", names);
  return static_cast<size_t>(llvm::find(names, name) - names.begin());
}

void StudyReader::readVariant(const JsonValue &value, Variant &variant) {
  if (!reader.object(value, "a variant",
                     {"compile", "run", "description", "dimensions", "patch", "grid", "seeds", "steps",
                      "equal-flops-of", "best-of", "target-of"}))
    return;
  std::string name = std::move(variant.name);
  variant = common;
  variant.name = std::move(name);
  const JsonValue *steps = value.find("steps");
  const JsonValue *equalFlops = value.find("equal-flops-of");
  if (const JsonValue *best = value.find("best-of")) {
    for (const auto &[key, member] : value.members)
      if (key != "best-of" && key != "seeds" && key != "target-of" && key != "comment")
        return reader.fail(member, "expected only 'seeds' and 'target-of' beside 'best-of', found '" + key + "'");
    variant.bestOf = variantNamed(*best);
  }
  if (steps && equalFlops)
    return reader.fail(*steps, "expected 'equal-flops-of' to give the steps, found 'steps' beside it");
  if (equalFlops)
    variant.equalFlopsOf = variantNamed(*equalFlops);
  if (const JsonValue *target = value.find("target-of"))
    variant.targetOf = variantNamed(*target);
  if (steps)
    variant.steps = integer(*steps, 1);
  if (const JsonValue *own = value.find("seeds"))
    variant.seeds = seeds(*own);
  if (const JsonValue *file = value.find("description"))
    readDescription(*file, variant);
  if (!reader.failed())
    changeDescription(value, variant);
  readFlags(value.find("compile"), /*ofCompiler=*/true, variant.compileFlags);
  readFlags(value.find("run"), /*ofCompiler=*/false, variant.runFlags);
  if (const JsonValue *grid = value.find("grid"))
    readGrid(*grid, variant);
}

void StudyReader::checkCycles(const JsonValue &value) {
  for (size_t start = 0; start < study.variants.size(); ++start) {
    std::string path = "'" + study.variants[start].name + "'";
    std::optional<size_t> next = study.variants[start].reference();
    for (size_t length = 0; next && length < study.variants.size(); ++length) {
      path += " -> '" + study.variants[*next].name + "'";
      if (*next == start)
        return reader.fail(value.members[start].second,
                           "expected a variant that does not refer to itself, found " + path);
      next = study.variants[*next].reference();
    }
  }
}

void StudyReader::readVariants(const JsonValue &value) {
  if (!value.isObject() || value.members.empty())
    return reader.expected(value, "an object of at least one variant");
  for (const auto &[name, member] : value.members) {
    if (name.empty() || name.find_first_of(",\n") != std::string::npos)
      return reader.fail(member, "expected a variant's name without commas and line ends, found '" + name + "'");
    study.variants.emplace_back().name = name;
  }
  for (const auto &[variant, member] : llvm::zip(study.variants, llvm::make_second_range(value.members)))
    if (!reader.failed())
      readVariant(member, variant);
  if (!reader.failed())
    checkCycles(value);
}

std::optional<Study> StudyReader::run(StringRef data) {
  if (!reader.object(root, "a study",
                     {"$schema", "description", "data", "val_data", "compile", "run", "seeds", "steps", "target",
                      "eval_every", "variants"}))
    return std::nullopt;
  auto require = [&](StringRef key) { return reader.failed() ? nullptr : reader.require(root, key, "a study"); };
  if (const JsonValue *value = require("description"))
    readDescription(*value, common);
  if (!data.empty()) {
    JsonValue given;
    given.kind = JsonValue::Kind::String;
    llvm::SmallString<256> path(data);
    llvm::sys::fs::make_absolute(path);
    given.text = std::string(path);
    study.data = dataFile(given);
  } else if (const JsonValue *value = require("data")) {
    study.data = dataFile(*value);
  }
  if (const JsonValue *value = root.find("val_data"))
    study.validationData = dataFile(*value);
  readFlags(root.find("compile"), /*ofCompiler=*/true, common.compileFlags);
  readFlags(root.find("run"), /*ofCompiler=*/false, common.runFlags);
  if (const JsonValue *value = require("seeds"))
    common.seeds = seeds(*value);
  if (const JsonValue *value = require("steps"))
    common.steps = integer(*value, 1);
  if (const JsonValue *value = root.find("eval_every"))
    study.evalEvery = integer(*value, 0);
  if (const JsonValue *value = root.find("target"))
    study.target = reader.number(*value, 0, HUGE_VAL);
  if (const JsonValue *value = require("variants"))
    readVariants(*value);
  return reader.failed() ? std::nullopt : std::optional<Study>(std::move(study));
}

std::optional<Study> sluice::compare::readStudy(StringRef path, StringRef data, MLIRContext *context) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer) {
    emitError(UnknownLoc::get(context)) << "expected to read '" << path << "': " << buffer.getError().message();
    return std::nullopt;
  }
  llvm::SourceMgr sources;
  StringRef text = (*buffer)->getBuffer();
  sources.AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  DiagnosticPrinter printer(sources, context);
  std::unique_ptr<JsonValue> root = parseJson(text, path, context);
  return root ? StudyReader(path, *root, text, context).run(data) : std::nullopt;
}

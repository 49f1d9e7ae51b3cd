//===- Plan.cpp - The runs that a study asks for ------------------------------===//
#include "tools/sluice-compare/Plan.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace sluice::compare;
using llvm::StringRef;
using nlohmann::ordered_json;

/// The object that a file holds; an empty one where there is none.
static ordered_json readObject(const std::string &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return ordered_json::object();
  ordered_json value = ordered_json::parse((*buffer)->getBuffer(), nullptr, /*allow_exceptions=*/false);
  return value.is_object() ? value : ordered_json::object();
}

void sluice::compare::loadBinary(Binary &binary) {
  ordered_json info = readObject(binary.folder + "/info.json");
  binary.isCompiled = info.contains("flops_per_step") && info["flops_per_step"].is_number();
  if (binary.isCompiled)
    binary.flopsPerStep = info["flops_per_step"];
}

void sluice::compare::loadRun(TrainingRun &run) {
  ordered_json done = readObject(run.folder + "/done.json");
  if (!done.contains("key") || done["key"].dump() != run.key)
    return;
  llvm::Expected<RunLog> log = readRunLog(run.logFile(), run.binary->flopsPerStep);
  if (!log)
    return llvm::consumeError(log.takeError()); // the log is gone: the run is made again
  run.log = std::move(*log);
  run.machine = done.value("machine", "");
  run.state = TrainingRun::State::Done;
}

bool TrainingRun::hasCheckpoint() const { return llvm::sys::fs::exists(checkpoint() + "/checkpoint.json"); }

double Point::meanFinalLoss() const {
  double sum = 0;
  for (const SeedRun &run : runs)
    sum += run.run->log.end.loss;
  return sum / static_cast<double>(runs.size());
}

const Point *sluice::compare::bestOf(llvm::ArrayRef<const Point *> points) {
  const Point *best = nullptr;
  for (const Point *point : points)
    if (point->isDone() && (!best || point->meanFinalLoss() < best->meanFinalLoss()))
      best = point;
  return best;
}

Plan::Plan(const Study &study, llvm::ArrayRef<std::string> only, unsigned threads, OutputFolder &folder)
    : study(study), threads(threads), folder(folder) {
  llvm::SmallSet<size_t, 16> wanted;
  for (size_t index = 0; index < study.variants.size(); ++index)
    if (only.empty() || llvm::is_contained(only, study.variants[index].name))
      for (std::optional<size_t> next = index; next; next = study.variants[*next].reference())
        wanted.insert(*next);
  for (size_t index = 0; index < study.variants.size(); ++index)
    if (wanted.contains(index))
      addPoints(study.variants[index]);
}

/// The flag that a grid's key and value stand for.
static std::string gridFlag(StringRef key, StringRef value) {
  key.consume_front("compile.");
  return (key.consume_front("set.") ? "--set=" + key + "=" + value : "--" + key + "=" + value).str();
}

static std::string pointName(const Variant &variant, const Point &point) {
  std::string name = variant.name;
  for (const auto &[key, value] : point.grid)
    name += (&key == &point.grid.front().first ? "[" : ",") + key + "=" + value;
  return name + (point.grid.empty() ? "" : "]");
}

void Plan::addPoints(const Variant &variant) {
  size_t count = 1;
  for (const GridAxis &axis : variant.grid)
    count *= axis.values.size();
  for (size_t index = 0; index < count; ++index) {
    Point &point = points.emplace_back();
    point.variant = point.source = &variant;
    Flags compileFlags = variant.compileFlags;
    point.flags = variant.runFlags;
    // The last axis varies fastest, as the digits of a number do.
    size_t stride = count;
    for (const GridAxis &axis : variant.grid) {
      stride /= axis.values.size();
      const std::string &value = axis.values[index / stride % axis.values.size()];
      point.grid.emplace_back(axis.key, value);
      (StringRef(axis.key).starts_with("compile.") ? compileFlags : point.flags).add(gridFlag(axis.key, value));
    }
    point.name = pointName(variant, point);
    if (!variant.bestOf)
      point.binary = binaryOf(variant.description, compileFlags);
  }
}

Binary *Plan::binaryOf(const std::string &description, const Flags &flags) {
  for (Binary &binary : binaries)
    if (binary.description == description && binary.flags.list() == flags.list())
      return &binary;
  Binary &binary = binaries.emplace_back();
  binary.description = description;
  binary.flags = flags;
  binary.folder = folder.binary(hashOf(description + '\0' + flags.text()));
  loadBinary(binary);
  return &binary;
}

TrainingRun *Plan::runOf(const Point &point, uint64_t seed, int64_t steps) {
  Flags flags = point.flags;
  flags.add("--steps=" + std::to_string(steps));
  flags.add("--threads=" + std::to_string(threads));
  if (study.evalEvery > 0)
    flags.add("--eval-every=" + std::to_string(study.evalEvery));
  ordered_json key = {{"description", hashOf(point.binary->description)},
                      {"compile", point.binary->flags.list()},
                      {"run", flags.list()},
                      {"data", study.data.hash}};
  if (study.validationData)
    key["val_data"] = study.validationData->hash;
  std::string hash = hashOf(key.dump());
  key["seed"] = seed;
  for (TrainingRun &run : runs)
    if (run.key == key.dump())
      return &run;
  TrainingRun &run = runs.emplace_back();
  run.name = point.name;
  run.binary = point.binary;
  run.flags = flags;
  run.seed = seed;
  run.steps = steps;
  run.key = key.dump();
  run.folder = folder.run(point.name, hash, seed);
  loadRun(run);
  return &run;
}

llvm::SmallVector<const Variant *> Plan::variants() const {
  llvm::SmallVector<const Variant *> variants;
  for (const Point &point : points)
    if (variants.empty() || variants.back() != point.variant)
      variants.push_back(point.variant);
  return variants;
}

PointList Plan::pointsOf(const Variant &variant) const {
  PointList result;
  for (const Point &point : points)
    if (point.variant == &variant)
      result.push_back(&point);
  return result;
}

size_t Plan::expectedRuns() const {
  size_t count = runs.size();
  for (const Point &point : points)
    if (point.runs.empty())
      count += point.variant->seeds.size();
  return count;
}

/// Whether two points have equal values for all keys that both grids have.
static bool agree(const Point &a, const Point &b) {
  return llvm::all_of(a.grid, [&](const auto &assigned) {
    return llvm::all_of(
        b.grid, [&](const auto &other) { return assigned.first != other.first || assigned.second == other.second; });
  });
}

std::optional<double> Plan::equalFlops(const Point &point, uint64_t seed) const {
  PointList candidates = pointsOf(study.variants[*point.source->equalFlopsOf]), agreeing;
  llvm::copy_if(candidates, std::back_inserter(agreeing), [&](const Point *other) { return agree(point, *other); });
  const Point *reference = bestOf(agreeing.empty() ? candidates : agreeing);
  if (!reference)
    return std::nullopt;
  double sum = 0;
  for (const SeedRun &run : reference->runs) {
    if (run.seed == seed)
      return run.run->log.end.flops;
    sum += run.run->log.end.flops;
  }
  return sum / static_cast<double>(reference->runs.size());
}

void Plan::resolvePoint(Point &point) {
  auto failAll = [&](const std::string &failure) {
    for (uint64_t seed : point.variant->seeds)
      point.runs.push_back({seed, nullptr, failure});
  };
  if (point.variant->bestOf) {
    const Variant &other = study.variants[*point.variant->bestOf];
    const Point *best = bestOf(pointsOf(other));
    if (!best)
      return failAll("no point of '" + other.name + "' has all of its runs done");
    point.source = best->source;
    point.grid = best->grid;
    point.flags = best->flags;
    point.binary = best->binary;
    point.name = pointName(*point.variant, point);
  }
  if (!point.binary->failure.empty())
    return failAll(point.binary->failure);
  bool hasEqualFlops = point.source->equalFlopsOf.has_value();
  // Without its FLOPs a step, which the binary tells, the number of steps is not known.
  if (hasEqualFlops && !point.binary->isCompiled)
    return;
  for (uint64_t seed : point.variant->seeds) {
    int64_t steps = point.source->steps;
    if (hasEqualFlops) {
      std::optional<double> flops = equalFlops(point, seed);
      if (!flops) {
        point.runs.push_back(
            {seed, nullptr,
             "no point of '" + study.variants[*point.source->equalFlopsOf].name + "' has all of its runs done"});
        continue;
      }
      steps = std::max<int64_t>(1, std::llround(*flops / point.binary->flopsPerStep));
    }
    point.runs.push_back({seed, runOf(point, seed, steps), ""});
  }
}

void Plan::resolve() {
  for (bool changed = true; changed;) {
    changed = false;
    for (Point &point : points) {
      std::optional<size_t> reference = point.variant->reference();
      bool isReady = point.runs.empty() && (!reference || llvm::all_of(pointsOf(study.variants[*reference]),
                                                                       [](const Point *p) { return p->hasEnded(); }));
      if (!isReady)
        continue;
      resolvePoint(point);
      changed |= !point.runs.empty();
    }
  }
}

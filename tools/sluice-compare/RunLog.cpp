//===- RunLog.cpp - What a run's log says ----------------------------------------===//
#include "tools/sluice-compare/RunLog.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <nlohmann/json.hpp>

using namespace sluice::compare;
using llvm::StringRef;

static nlohmann::json parseLine(StringRef line) {
  return nlohmann::json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
}

/// The number of that name; nothing where there is none, or null: what is not finite is written as null.
static std::optional<double> number(const nlohmann::json &line, const char *key) {
  auto found = line.find(key);
  return found != line.end() && found->is_number() ? std::optional(found->get<double>()) : std::nullopt;
}

llvm::Expected<RunLog> sluice::compare::readRunLog(StringRef path, double flopsPerStep) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError("expected to read '" + path + "': " + buffer.getError().message());
  RunLog log;
  CurvePoint spent;
  double layersKept = 0;
  size_t gatedSteps = 0;
  for (StringRef text : llvm::split((*buffer)->getBuffer().rtrim(), '\n')) {
    nlohmann::json line = parseLine(text);
    std::optional<double> step = line.is_object() ? number(line, "step") : std::nullopt;
    if (!step)
      return llvm::createStringError("expected '" + path + "' to hold lines with a step, found '" + text + "'");
    spent.steps = *step;
    // The validation loss is that of the weights before the step of its line.
    std::optional<double> validationLoss = number(line, "val_loss"), loss = number(line, "loss");
    if (validationLoss) {
      log.validation.push_back(spent);
      log.validation.back().loss = *validationLoss;
    }
    log.isComplete = validationLoss && !loss;
    if (!loss)
      continue;
    spent.steps += 1;
    spent.flops += number(line, "flops").value_or(flopsPerStep);
    spent.seconds += number(line, "ms").value_or(0) / 1e3;
    log.training.push_back(spent);
    log.training.back().loss = *loss;
    if (std::optional<double> kept = number(line, "layers_kept")) {
      layersKept += *kept;
      ++gatedSteps;
    }
  }
  log.end = spent;
  if (!log.validation.empty())
    log.end.loss = log.validation.back().loss;
  if (gatedSteps > 0)
    log.layersKept = layersKept / static_cast<double>(gatedSteps);
  return log;
}

std::optional<CurvePoint> sluice::compare::lastStepOf(StringRef path) {
  constexpr uint64_t tail = 4096; // longer than a line
  uint64_t size = 0;
  if (llvm::sys::fs::file_size(path, size))
    return std::nullopt;
  uint64_t start = size > tail ? size - tail : 0;
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, size - start, static_cast<int64_t>(start));
  if (!buffer)
    return std::nullopt;
  llvm::SmallVector<StringRef> lines;
  (*buffer)->getBuffer().split(lines, '\n');
  for (StringRef text : llvm::reverse(lines)) {
    nlohmann::json line = parseLine(text);
    if (!line.is_object() || !number(line, "step") || !number(line, "loss"))
      continue;
    CurvePoint last;
    last.steps = *number(line, "step") + 1;
    last.loss = *number(line, "loss");
    return last;
  }
  return std::nullopt;
}

Curve sluice::compare::smooth(const Curve &training, size_t window) {
  Curve smoothed;
  double sum = 0;
  for (size_t i = 0; i < training.size(); ++i) {
    sum += training[i].loss - (i >= window ? training[i - window].loss : 0);
    if (i + 1 < window)
      continue;
    smoothed.push_back(training[i]);
    smoothed.back().loss = sum / static_cast<double>(window);
  }
  return smoothed;
}

/// The value of `wanted` between two points, where `along` has the value `place`.
static double between(const CurvePoint &a, const CurvePoint &b, Axis along, double place, Axis wanted) {
  double width = b.*along - a.*along;
  double part = width == 0 ? 1 : (place - a.*along) / width;
  return a.*wanted + part * (b.*wanted - a.*wanted);
}

std::optional<double> sluice::compare::lossAt(const Curve &curve, Axis axis, double place) {
  if (curve.empty() || place < curve.front().*axis || place > curve.back().*axis)
    return std::nullopt;
  auto after = llvm::find_if(curve, [&](const CurvePoint &point) { return point.*axis >= place; });
  return after == curve.begin() ? after->loss : between(*std::prev(after), *after, axis, place, &CurvePoint::loss);
}

std::optional<double> sluice::compare::firstBelow(const Curve &curve, Axis axis, double loss) {
  auto after = llvm::find_if(curve, [&](const CurvePoint &point) { return point.loss <= loss; });
  if (after == curve.end())
    return std::nullopt;
  return after == curve.begin() ? (*after).*axis : between(*std::prev(after), *after, &CurvePoint::loss, loss, axis);
}

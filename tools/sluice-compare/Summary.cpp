//===- Summary.cpp - Runs compared -----------------------------------------------===//
#include "tools/sluice-compare/Summary.h"
#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace sluice::compare;

Statistic sluice::compare::statisticOf(llvm::ArrayRef<double> values) {
  Statistic statistic;
  statistic.count = values.size();
  double count = static_cast<double>(values.size());
  for (double value : values)
    statistic.mean += value / count;
  if (values.size() < 2)
    return statistic;
  double squares = 0;
  for (double value : values)
    squares += (value - statistic.mean) * (value - statistic.mean);
  statistic.deviation = std::sqrt(squares / (count - 1));
  return statistic;
}

llvm::SmallVector<double> sluice::compare::valuesOf(const Point &point, const Column &column) {
  llvm::SmallVector<double> values;
  for (const SeedRun &run : point.runs)
    if (run.isDone())
      if (std::optional<double> value = column.value(point, run.run->log))
        values.push_back(*value);
  return values;
}

static Comparison comparisonOf(const Study &study, llvm::ArrayRef<VariantSummary> variants) {
  Comparison comparison;
  CurvePoint &least = comparison.least;
  bool isFirst = true;
  for (const VariantSummary &variant : variants)
    for (const SeedRun &run : variant.best->runs) {
      if (!run.isDone())
        continue;
      for (Axis axis : {&CurvePoint::steps, &CurvePoint::flops, &CurvePoint::seconds})
        least.*axis = isFirst ? run.run->log.end.*axis : std::min(least.*axis, run.run->log.end.*axis);
      isFirst = false;
    }
  comparison.onValidation = study.evalEvery > 0;
  // A twentieth of a run smooths the noise of batches and is short against what is learned meanwhile.
  comparison.window = static_cast<size_t>(std::clamp(least.steps / 20, 1.0, 100.0));
  return comparison;
}

/// By variant: the final loss of the one that it names, or the study's target.
static Targets targetsOf(const Plan &plan) {
  const Study &study = plan.getStudy();
  Targets targets{study.variants.data(), {}};
  for (const Variant &variant : study.variants) {
    std::optional<double> target = study.target;
    if (variant.targetOf) {
      const Point *best = bestOf(plan.pointsOf(study.variants[*variant.targetOf]));
      target = best ? std::optional(best->meanFinalLoss()) : std::nullopt;
    }
    targets.losses.push_back(target);
  }
  return targets;
}

/// Columns of losses, then of what was spent, then of what it took to reach the target.
static std::vector<Column> makeColumns(const Summary &summary) {
  const Comparison &at = summary.comparison;
  std::vector<Column> columns;
  auto add = [&](std::string key, std::string title, const char *format, auto value, bool ofTarget = false) {
    columns.push_back({std::move(key), std::move(title), format, ofTarget, value});
  };
  add("final_validation_loss", "final validation loss", "%.4f",
      [](const Point &, const RunLog &log) { return std::optional(log.end.loss); });

  struct Spent {
    const char *key, *title, *format;
    Axis axis;
  };
  const Spent spent[] = {{"steps", "steps", "%.0f", &CurvePoint::steps},
                         {"flops", "FLOPs", "%.3g", &CurvePoint::flops},
                         {"seconds", "seconds", "%.4g", &CurvePoint::seconds}};
  for (const Spent &s : spent)
    add(std::string("loss_at_equal_") + s.key, "loss at " + formatNumber(s.format, at.least.*s.axis) + " " + s.title,
        "%.4f", [at, axis = s.axis](const Point &, const RunLog &log) {
          return lossAt(at.curveOf(log), axis, at.least.*axis);
        });
  for (const Spent &s : spent)
    add(s.key, s.title, s.format,
        [axis = s.axis](const Point &, const RunLog &log) { return std::optional(log.end.*axis); });
  add("ms_per_step", "ms a step", "%.4g",
      [](const Point &, const RunLog &log) { return std::optional(log.end.seconds * 1e3 / log.end.steps); });
  add("layers_kept", "layers kept", "%.4g", [](const Point &, const RunLog &log) { return log.layersKept; });
  bool isOne = llvm::none_of(summary.study->variants, [](const Variant &variant) { return variant.targetOf; });
  auto target = [targets = summary.targets](const Point &point, const RunLog &) { return targets.of(point); };
  if (!isOne)
    add("target", "target", "%.4f", target);
  std::string name = isOne && summary.study->target ? formatNumber("%g", *summary.study->target) : "target";
  for (const Spent &s : spent)
    add(
        std::string(s.key) + "_to_target", std::string(s.title) + " to " + name, s.format,
        [at, axis = s.axis, target](const Point &point, const RunLog &log) -> std::optional<double> {
          std::optional<double> loss = target(point, log);
          return loss ? firstBelow(at.curveOf(log), axis, *loss) : std::nullopt;
        },
        /*ofTarget=*/true);
  return columns;
}

std::string sluice::compare::formatNumber(const char *format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format, value);
  return text;
}

Summary sluice::compare::summarize(const Plan &plan) {
  Summary summary;
  summary.study = &plan.getStudy();
  for (const Variant *variant : plan.variants()) {
    PointList points = plan.pointsOf(*variant);
    const Point *best = bestOf(points);
    summary.variants.push_back({variant, best ? best : points.front(), points});
  }
  summary.comparison = comparisonOf(plan.getStudy(), summary.variants);
  summary.targets = targetsOf(plan);
  bool hasTarget =
      llvm::any_of(summary.targets.losses, [](std::optional<double> target) { return target.has_value(); });
  for (Column &column : makeColumns(summary))
    if (column.ofTarget ? hasTarget
                        : llvm::any_of(plan.getPoints(), [&](const Point &p) { return !valuesOf(p, column).empty(); }))
      summary.columns.push_back(std::move(column));
  for (const TrainingRun &run : plan.getRuns())
    if (run.state == TrainingRun::State::Done && !llvm::is_contained(summary.machines, run.machine))
      summary.machines.push_back(run.machine);
  return summary;
}

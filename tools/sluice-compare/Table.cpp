//===- Table.cpp - Results as Markdown and JSON ------------------------------------===//
#include "tools/sluice-compare/Table.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <nlohmann/json.hpp>

using namespace sluice::compare;
using llvm::StringRef;
using nlohmann::ordered_json;

/// Text in a cell of a Markdown table.
static std::string escaped(StringRef text) {
  std::string result;
  for (char c : text) {
    if (StringRef("|\\`*_<>[]").contains(c))
      result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

/// "2.2190 ± 0.0012", and of how many runs where not all of them have a value.
static std::string cellOf(const Point &point, llvm::ArrayRef<Column> columns, size_t index) {
  const Column &column = columns[index];
  llvm::SmallVector<double> values = valuesOf(point, column);
  size_t done = static_cast<size_t>(llvm::count_if(point.runs, [](const SeedRun &run) { return run.isDone(); }));
  std::string counts = std::to_string(values.size()) + " of " + std::to_string(point.runs.size());
  if (done == 0)
    return index == 0 ? "failed" : "–";
  // A mean over those seeds alone that got there would flatter.
  if (column.ofTarget && values.size() < point.runs.size())
    return "not reached" + (values.empty() ? "" : " (by " + counts + ")");
  if (values.empty())
    return "–";
  Statistic statistic = statisticOf(values);
  std::string text = formatNumber(column.format, statistic.mean);
  if (statistic.deviation.value_or(0) > 0)
    text += " ± " + formatNumber(column.format, *statistic.deviation);
  return text + (values.size() < point.runs.size() ? " (" + counts + ")" : "");
}

static void writeRow(llvm::raw_ostream &out, llvm::ArrayRef<std::string> cells) {
  out << "| " << llvm::join(cells, " | ") << " |\n";
}

static void writeTable(llvm::raw_ostream &out, const Summary &summary, StringRef head,
                       llvm::ArrayRef<std::pair<std::string, const Point *>> rows) {
  std::vector<std::string> titles = {head.str(), "seeds"};
  for (const Column &column : summary.columns)
    titles.push_back(column.title);
  writeRow(out, titles);
  writeRow(out, std::vector<std::string>(titles.size(), "---"));
  for (const auto &[name, point] : rows) {
    std::vector<std::string> cells = {escaped(name), std::to_string(point->runs.size())};
    for (size_t index = 0; index < summary.columns.size(); ++index)
      cells.push_back(cellOf(*point, summary.columns, index));
    writeRow(out, cells);
  }
}

/// What a point was compiled and run with.
static void writeSetting(llvm::raw_ostream &out, const Summary &summary, const Point &point) {
  auto code = [](const std::string &text) { return text.empty() ? "nothing" : "`" + text + "`"; };
  const Variant &source = *point.source;
  out << "- " << escaped(point.name) << ": " << source.descriptionFile;
  if (!source.changes.empty())
    out << " with " << code(source.changes);
  out << ", compiled with " << code(point.binary->flags.text()) << ", run with " << code(point.flags.text());
  if (source.equalFlopsOf)
    out << ", as many steps as have the FLOPs of " << escaped(summary.study->variants[*source.equalFlopsOf].name);
  out << "\n";
}

static void writeFailures(llvm::raw_ostream &out, const Summary &summary) {
  std::string failures;
  llvm::raw_string_ostream lines(failures);
  for (const VariantSummary &variant : summary.variants)
    for (const Point *point : variant.points)
      for (const SeedRun &run : point->runs)
        if (!run.isDone())
          lines << "- " << escaped(point->name) << " seed " << run.seed << ": " << escaped(run.reason()) << "\n";
  if (!failures.empty())
    out << "\n## Failed runs\n\n" << failures;
}

std::string sluice::compare::toMarkdown(const Summary &summary, StringRef date) {
  const Study &study = *summary.study;
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "# " << escaped(study.name) << "\n\nMade by `sluice-compare` on " << date << " from runs on "
      << (summary.machines.empty() ? "no machine" : llvm::join(summary.machines, "; "))
      << ". Data: " << escaped(llvm::sys::path::filename(study.data.path)) << " (xxh3 " << study.data.hash << ").\n\n"
      << "Mean ± standard deviation over seeds. The final validation loss is over all validation data. Losses at equal "
         "steps, FLOPs and seconds, and the way to a target, are those of "
      << (summary.comparison.onValidation
              ? std::string("the validation curve, linear between its points, of which those before the last are on a "
                            "sample of the "
                            "validation data (--eval-batches)")
              : "training, mean over " + std::to_string(summary.comparison.window) + " steps")
      << ". FLOPs are the model's; seconds are those of training steps, without evaluations.\n\n## Variants\n\n";
  std::vector<std::pair<std::string, const Point *>> bestRows, allRows;
  for (const VariantSummary &variant : summary.variants) {
    bestRows.emplace_back(variant.best->name, variant.best);
    for (const Point *point : variant.points)
      allRows.emplace_back(point->name, point);
  }
  bool hasGrid = allRows.size() > bestRows.size();
  writeTable(out, summary, hasGrid ? "variant, at its best point" : "variant", bestRows);
  for (StringRef file : curveFiles)
    out << "\n![" << file.rsplit('.').first << "](" << file << ")\n";
  if (hasGrid) {
    out << "\n## All points\n\n";
    writeTable(out, summary, "point", allRows);
  }
  out << "\n## Settings\n\n";
  for (const VariantSummary &variant : summary.variants)
    if (variant.best->binary)
      writeSetting(out, summary, *variant.best);
  writeFailures(out, summary);
  return text;
}

static ordered_json toJson(const Column &column, const Point &point) {
  llvm::SmallVector<double> values = valuesOf(point, column);
  if (values.empty())
    return nullptr;
  Statistic statistic = statisticOf(values);
  ordered_json value = {{"mean", statistic.mean}, {"deviation", nullptr}, {"n", statistic.count}};
  if (statistic.deviation)
    value["deviation"] = *statistic.deviation;
  return value;
}

static ordered_json toJson(const Summary &summary, const Point &point) {
  ordered_json grid = ordered_json::object(), runs = ordered_json::array();
  for (const auto &[key, value] : point.grid)
    grid[key] = value;
  for (const SeedRun &run : point.runs) {
    ordered_json entry = {{"seed", run.seed}};
    if (run.run) {
      std::string log = run.run->logFile();
      entry["log"] = log.substr(log.rfind("runs/")); // so that the folder can be moved
    }
    if (!run.isDone())
      entry["failed"] = run.reason();
    for (const Column &column : summary.columns) {
      std::optional<double> value = run.isDone() ? column.value(run.run->log) : std::nullopt;
      if (value)
        entry[column.key] = *value;
    }
    runs.push_back(entry);
  }
  ordered_json result = {{"name", point.name}, {"variant", point.variant->name}, {"grid", grid}};
  if (point.binary) {
    result["description"] = point.source->descriptionFile;
    result["changes"] = point.source->changes;
    result["compile"] = point.binary->flags.list();
    result["run"] = point.flags.list();
  }
  for (const Column &column : summary.columns)
    result[column.key] = toJson(column, point);
  result["runs"] = runs;
  return result;
}

std::string sluice::compare::toJson(const Summary &summary, StringRef date) {
  const Study &study = *summary.study;
  const CurvePoint &least = summary.comparison.least;
  ordered_json result = {
      {"study", study.name},
      {"date", date.str()},
      {"machines", summary.machines},
      {"data", {{"file", llvm::sys::path::filename(study.data.path).str()}, {"xxh3", study.data.hash}}},
      {"curve", summary.comparison.onValidation ? "validation" : "training"},
      {"compared_at", {{"steps", least.steps}, {"flops", least.flops}, {"seconds", least.seconds}}},
      {"target", nullptr}};
  if (!summary.comparison.onValidation)
    result["training_window"] = summary.comparison.window;
  if (study.target)
    result["target"] = *study.target;
  ordered_json best = ordered_json::object(), points = ordered_json::array();
  for (const VariantSummary &variant : summary.variants) {
    best[variant.variant->name] = variant.best->name;
    for (const Point *point : variant.points)
      points.push_back(::toJson(summary, *point));
  }
  result["best"] = best;
  result["points"] = points;
  return result.dump(2) + "\n";
}

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
static std::string cellOf(const Summary &summary, const Point &point, size_t index) {
  const Column &column = summary.columns[index];
  llvm::SmallVector<double> values = valuesOf(point, column);
  size_t done = static_cast<size_t>(llvm::count_if(point.runs, [](const SeedRun &run) { return run.isDone(); }));
  std::string counts = std::to_string(values.size()) + " of " + std::to_string(point.runs.size());
  if (done == 0)
    return index == 0 ? "failed" : "–";
  // A mean over those seeds alone that got there would flatter.
  if (column.ofTarget && summary.targets.of(point) && values.size() < point.runs.size())
    return "not reached" + (values.empty() ? "" : " (by " + counts + ")");
  if (values.empty())
    return "–";
  Statistic statistic = statisticOf(values);
  std::string text = formatNumber(column.format, statistic.mean);
  if (statistic.deviation.value_or(0) > 0)
    text += " ± " + formatNumber(column.format, *statistic.deviation);
  return text + (values.size() < point.runs.size() ? " (" + counts + ")" : "");
}

/// No line is longer than this, in characters, where it has a place to be broken.
static constexpr size_t lineColumns = 120;

/// Characters of UTF-8 text: its bytes but for those that continue a character.
static size_t columnsOf(StringRef text) {
  return static_cast<size_t>(llvm::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// An entry of a list. Lines are broken at spaces, and where a member of a JSON object ends.
static void writeEntry(llvm::raw_ostream &out, StringRef text) {
  size_t used = 1;
  out << "-";
  bool spaced = true;
  while (!text.empty()) {
    size_t end = std::min(text.find(' '), text.find(",\""));
    bool member = end < text.size() && text[end] == ',';
    StringRef word = text.substr(0, member ? end + 1 : end);
    size_t width = columnsOf(word) + (spaced ? 1 : 0);
    if (used > 1 && used + width > lineColumns) {
      out << "\n  " << word;
      used = 2 + columnsOf(word);
    } else {
      out << (spaced ? " " : "") << word;
      used += width;
    }
    text = text.drop_front(std::min(text.size(), word.size() + (member ? 0 : 1)));
    spaced = !member;
  }
  out << "\n";
}

using Cells = std::vector<std::string>;

/// The first cell and those from `begin` to `end` of each row, under the first row as their head.
static void writeColumns(llvm::raw_ostream &out, llvm::ArrayRef<Cells> rows, size_t begin, size_t end) {
  for (size_t row = 0; row < rows.size(); ++row) {
    auto cells = llvm::ArrayRef(rows[row]).slice(begin, end - begin);
    out << "| " << rows[row].front() << " | " << llvm::join(cells, " | ") << " |\n";
    if (row == 0)
      out << "| --- | " << llvm::join(Cells(cells.size(), "---"), " | ") << " |\n";
  }
}

/// Tables below each other with the first column in each of them, where one would have longer lines.
static void writeTables(llvm::raw_ostream &out, llvm::ArrayRef<Cells> rows) {
  auto fits = [&](size_t begin, size_t end) {
    return llvm::all_of(rows, [&](const Cells &row) {
      size_t width = columnsOf(row.front()) + 4;
      for (size_t cell = begin; cell < end; ++cell)
        width += columnsOf(row[cell]) + 3;
      return width <= lineColumns;
    });
  };
  size_t count = rows.front().size();
  for (size_t begin = 1, end = 2; begin < count; begin = end, end = begin + 1) {
    while (end < count && fits(begin, end + 1))
      ++end;
    out << (begin == 1 ? "" : "\n");
    writeColumns(out, rows, begin, end);
  }
}

static void writeTable(llvm::raw_ostream &out, const Summary &summary, StringRef head,
                       llvm::ArrayRef<std::pair<std::string, const Point *>> rows) {
  std::vector<Cells> table = {{head.str(), "seeds"}};
  for (const Column &column : summary.columns)
    table.front().push_back(column.title);
  for (const auto &[name, point] : rows) {
    Cells cells = {escaped(name), std::to_string(point->runs.size())};
    for (size_t index = 0; index < summary.columns.size(); ++index)
      cells.push_back(cellOf(summary, *point, index));
    table.push_back(std::move(cells));
  }
  writeTables(out, table);
}

/// What a point was compiled and run with.
static void writeSetting(llvm::raw_ostream &out, const Summary &summary, const Point &point) {
  auto code = [](const std::string &text) { return text.empty() ? "nothing" : "`" + text + "`"; };
  const Variant &source = *point.source;
  std::string text = escaped(point.name) + ": " + source.descriptionFile;
  if (!source.changes.empty())
    text += " with " + code(source.changes);
  text += ", compiled with " + code(point.binary->flags.text()) + ", run with " + code(point.flags.text());
  if (point.variant->targetOf)
    text += ", target the final loss of " + escaped(summary.study->variants[*point.variant->targetOf].name);
  if (source.equalFlopsOf)
    text += ", as many steps as have the FLOPs of " + escaped(summary.study->variants[*source.equalFlopsOf].name);
  writeEntry(out, text);
}

static void writeFailures(llvm::raw_ostream &out, const Summary &summary) {
  std::string failures;
  llvm::raw_string_ostream lines(failures);
  for (const VariantSummary &variant : summary.variants)
    for (const Point *point : variant.points)
      for (const SeedRun &run : point->runs)
        if (!run.isDone())
          writeEntry(lines, escaped(point->name) + " seed " + std::to_string(run.seed) + ": " + escaped(run.reason()));
  if (!failures.empty())
    out << "\n## Failed runs\n\n" << failures;
}

std::string sluice::compare::toMarkdown(const Summary &summary, StringRef date) {
  const Study &study = *summary.study;
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "# " << escaped(study.name) << "\n\nMade by `sluice-compare` on " << date << " from\nruns on "
      << (summary.machines.empty() ? "no machine" : llvm::join(summary.machines, ";\n"))
      << ".\nData: " << escaped(llvm::sys::path::filename(study.data.path)) << " (xxh3 " << study.data.hash << ").\n\n";
  writeEntry(out, "Values are the mean ± the standard deviation over seeds.");
  writeEntry(out, "The final validation loss is over all validation data.");
  writeEntry(out, "Losses at equal steps, FLOPs and seconds, and the way to a target, are those of " +
                      (summary.comparison.onValidation
                           ? std::string("the validation curve, linear between its points, of which those before the "
                                         "last are on a sample of the validation data (--eval-batches).")
                           : "training, mean over " + std::to_string(summary.comparison.window) + " steps."));
  writeEntry(out, "FLOPs are the model's; seconds are those of training steps, without evaluations.");
  out << "\n## Variants\n\n";
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
      std::optional<double> value = run.isDone() ? column.value(point, run.run->log) : std::nullopt;
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

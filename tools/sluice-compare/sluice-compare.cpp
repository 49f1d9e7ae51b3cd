//===- sluice-compare.cpp - Says whether a technique pays --------------------------===//
#include "tools/CommandLine.h"
#include "tools/sluice-compare/Chart.h"
#include "tools/sluice-compare/Execute.h"
#include "tools/sluice-compare/Table.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Chrono.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Threading.h"
#include "llvm/TargetParser/Host.h"

using namespace sluice;
using namespace sluice::compare;
using llvm::StringRef;
namespace cl = llvm::cl;

namespace {
struct Options {
  cl::OptionCategory category{"sluice-compare options"};
  cl::opt<std::string> study{cl::Positional, cl::desc("STUDY: what is to be compared (.json)"), cl::Required,
                             cl::cat(category)};
  cl::opt<std::string> out{"out", cl::desc("Folder of binaries, runs and results (default: STUDY without .json)"),
                           cl::value_desc("FOLDER"), cl::cat(category)};
  cl::opt<std::string> data{"data", cl::desc("Training data (default: the study's)"), cl::value_desc("FILE"),
                            cl::cat(category)};
  cl::opt<unsigned> jobs{"jobs", cl::desc("Runs at a time; more than one disturb each other's times (default: 1)"),
                         cl::init(1), cl::cat(category)};
  cl::opt<unsigned> threads{"threads", cl::desc("Threads of a run (default: processors available / jobs)"), cl::init(0),
                            cl::cat(category)};
  cl::list<std::string> only{"only", cl::desc("Variants to run, with those that they refer to (default: all)"),
                             cl::value_desc("VARIANT,..."), cl::CommaSeparated, cl::cat(category)};
  cl::opt<bool> dryRun{"dry-run",
                       cl::desc("Check flags of variants, and print what would be compiled and run; write nothing"),
                       cl::init(false), cl::cat(category)};
};
} // namespace

static constexpr StringRef overview =
    "Compiles and runs the variants of a study with each of its seeds, and writes table.md, table.json and curves.\n"
    "What is done is not done again, what was interrupted or failed is tried again from its checkpoint; a new FOLDER\n"
    "measures all anew.\n"
    "Exit code: 0 all runs are done and the results are written; 1 interrupted, a run failed (the results say which "
    "and\n"
    "why), flags of a variant are refused, or FOLDER cannot be written; 2 bad usage or input.\n"
    "The study's format is described by examples/compare/compare.schema.json.\n";

static constexpr ErrorPrinter fail = {"sluice-compare"};

/// The processor as it calls itself, and how it is used.
static std::string machineName(unsigned threads, unsigned jobs) {
  std::string model = llvm::sys::getHostCPUName().str();
  // /proc has no size that the reader of ordinary files could ask for.
  if (auto buffer = llvm::MemoryBuffer::getFileAsStream("/proc/cpuinfo"))
    for (StringRef line : llvm::split((*buffer)->getBuffer(), '\n'))
      if (line.consume_front("model name")) {
        model = (line.ltrim("\t :") + " (" + model + ")").str();
        break;
      }
  return llvm::formatv("{0}, {1} processors, threads of a run: {2}, runs at a time: {3}", model,
                       llvm::hardware_concurrency().compute_thread_count(), threads, jobs);
}

static Chart makeChart(const Summary &summary, const std::string &axisTitle, Axis axis) {
  Chart chart{
      summary.study->name + (summary.comparison.onValidation ? ": validation loss" : ": training loss"), axisTitle, {}};
  for (const VariantSummary &variant : summary.variants) {
    llvm::SmallVector<Curve> curves;
    for (const SeedRun &run : variant.best->runs)
      if (run.isDone())
        curves.push_back(summary.comparison.curveOf(run.run->log));
    chart.series.push_back({variant.best->name, bandOf(curves, axis)});
  }
  return chart;
}

static llvm::Error writeResults(const Plan &plan, const OutputFolder &folder) {
  Summary summary = summarize(plan);
  std::string date = llvm::formatv("{0:%Y-%m-%d %H:%M}", std::chrono::system_clock::now());
  auto write = [&](StringRef name, StringRef content) { return writeFile(folder.file(name), content); };
  const std::pair<const char *, Axis> axes[] = {{"optimizer steps", &CurvePoint::steps},
                                                {"model FLOPs", &CurvePoint::flops},
                                                {"seconds of training steps", &CurvePoint::seconds}};
  for (auto [file, axis] : llvm::zip_equal(curveFiles, axes))
    if (llvm::Error error = write(file, toSvg(makeChart(summary, axis.first, axis.second))))
      return error;
  if (llvm::Error error = write("table.json", toJson(summary, date)))
    return error;
  return write("table.md", toMarkdown(summary, date));
}

/// Values that the study or the machine does not allow.
static std::string checkUsage(const Options &options, StringRef compiler) {
  if (!llvm::sys::fs::exists(options.study))
    return "cannot find '" + options.study + "'";
  if (!options.data.empty() && !llvm::sys::fs::is_regular_file(options.data))
    return "cannot find the data '" + options.data + "'";
  if (options.jobs < 1 || (options.threads.getNumOccurrences() && options.threads < 1))
    return "expected --jobs and --threads of at least 1";
  if (llvm::sys::fs::exists(options.out) && !llvm::sys::fs::is_directory(options.out))
    return "expected --out to be a folder, found the file '" + options.out + "'";
  if (!llvm::sys::fs::can_execute(compiler))
    return ("expected the compiler at '" + compiler + "', found none").str();
  return "";
}

/// Why the folder's files would take the place of the study's input, or nothing.
static std::string checkInputs(const Options &options, const Study &study, const OutputFolder &folder) {
  llvm::SmallVector<std::string> inputs = {options.study.getValue(), study.data.path};
  if (study.validationData)
    inputs.push_back(study.validationData->path);
  llvm::append_range(inputs, study.descriptionPaths);
  llvm::SmallVector<std::string> outputs = {"table.md", "table.json", ".lock"};
  llvm::append_range(outputs, curveFiles);
  for (const std::string &input : inputs) {
    for (const std::string &output : outputs)
      if (isSameFile(input, folder.file(output)))
        return "expected --out to be a folder without input, found '" + input + "', which would be overwritten";
    llvm::SmallString<256> real;
    for (const char *part : {"runs", "bin"}) {
      llvm::SmallString<256> own;
      if (!llvm::sys::fs::real_path(input, real) && !llvm::sys::fs::real_path(folder.file(part), own) &&
          llvm::StringRef(real).starts_with((own + "/").str()))
        return "expected input outside of '" + std::string(own) + "', found '" + input + "'";
    }
  }
  return "";
}

/// How many points have runs that failed.
static size_t failedPoints(const Plan &plan) {
  return static_cast<size_t>(llvm::count_if(plan.getPoints(), [](const Point &point) { return !point.isDone(); }));
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  // The options of LLVM's own libraries have names that are ours here.
  cl::ResetCommandLineParser();
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (!parseCommandLine(argc, argv, fail, overview))
    return 2;
  llvm::SmallString<256> compiler(
      llvm::sys::path::parent_path(llvm::sys::fs::getMainExecutable(argv[0], reinterpret_cast<void *>(&main))));
  llvm::sys::path::append(compiler, "sluicec");
  if (std::string problem = checkUsage(options, compiler); !problem.empty())
    return fail(problem, 2);
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  std::optional<Study> study = readStudy(options.study, options.data, &context);
  if (!study)
    return 2;
  for (const std::string &name : options.only)
    if (llvm::none_of(study->variants, [&](const Variant &variant) { return variant.name == name; }))
      return fail("--only: expected variants of the study, found '" + name + "'", 2);

  llvm::SmallString<256> path(options.out.empty() ? options.study.getValue() : options.out.getValue());
  if (options.out.empty())
    llvm::sys::path::replace_extension(path, "");
  llvm::sys::fs::make_absolute(path);
  unsigned processors = llvm::hardware_concurrency().compute_thread_count();
  unsigned threads = options.threads ? options.threads : std::max(1u, processors / options.jobs);
  OutputFolder folder(path);
  if (std::string problem = checkInputs(options, *study, folder); !problem.empty())
    return fail(problem, 2);
  if (!options.dryRun)
    if (llvm::Error error = folder.open())
      return fail(llvm::toString(std::move(error)), 1);
  Plan plan(*study, std::vector<std::string>(options.only), threads, folder);
  ExecuteOptions execution{std::string(compiler), options.jobs, machineName(threads, options.jobs)};
  if (options.dryRun) {
    llvm::Expected<bool> isChecked = checkFlags(plan, execution);
    if (!isChecked)
      return fail(llvm::toString(isChecked.takeError()), 1);
    if (!*isChecked)
      return fail("interrupted", 1);
    printPlan(plan, execution, llvm::outs());
    return finishOutput(fail);
  }
  llvm::Expected<bool> isWhole = execute(plan, execution);
  if (!isWhole)
    return fail(llvm::toString(isWhole.takeError()), 1);
  if (!*isWhole)
    return fail("interrupted: the same command goes on from here", 1);
  if (llvm::Error error = writeResults(plan, folder))
    return fail(llvm::toString(std::move(error)), 1);
  llvm::outs() << "results in " << folder.file("table.md") << "\n";
  if (int code = finishOutput(fail))
    return code;
  size_t failed = failedPoints(plan), all = plan.getPoints().size();
  return failed == 0 ? 0 : fail("runs of " + llvm::Twine(failed) + " of " + llvm::Twine(all) + " variants failed");
}

//===- Execute.cpp - Compiles and runs what a plan asks for -----------------------===//
#include "tools/sluice-compare/Execute.h"
#include "tools/sluice-compare/Process.h"
#include "tools/sluice-compare/StudyProgress.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <nlohmann/json.hpp>

using namespace sluice::compare;
using llvm::StringRef;

static std::string programOf(const Binary &binary) { return binary.folder + "/train"; }

static Command compileCommand(const Binary &binary, StringRef compiler) {
  Command command{{compiler.str(), binary.folder + "/model.json"}, binary.folder + "/output.txt"};
  llvm::append_range(command.arguments, binary.flags.list());
  command.arguments.push_back("-o=" + programOf(binary));
  return command;
}

/// Only reads the description and the flags.
static Command checkCommand(const Binary &binary, StringRef compiler) {
  Command command = compileCommand(binary, compiler);
  command.arguments.back() = "-o=/dev/null";
  command.arguments.push_back("--emit=graph");
  return command;
}

static Command infoCommand(const Binary &binary) {
  return {{programOf(binary), "info", "--json"}, binary.folder + "/info.json"};
}

static Command trainCommand(const Study &study, const TrainingRun &run) {
  // An interrupt loses at most a tenth of a run, and the checkpoints of a short one cost next to nothing.
  constexpr int64_t checkpoints = 10;
  bool resumes = run.hasCheckpoint();
  Command command{{programOf(*run.binary), "train", "--data=" + study.data.path}, run.folder + "/output.txt"};
  std::vector<std::string> &arguments = command.arguments;
  if (study.validationData)
    arguments.push_back("--val-data=" + study.validationData->path);
  for (const std::string &flag : run.flags.list())
    if (!resumes || flagName(flag) != "init") // a checkpoint and initial weights exclude each other
      arguments.push_back(flag);
  arguments.insert(arguments.end(),
                   {"--seed=" + std::to_string(run.seed), "--log=" + run.logFile(),
                    "--checkpoint-dir=" + run.checkpoint(),
                    "--checkpoint-every=" + std::to_string(std::max<int64_t>(1, run.steps / checkpoints)), "--quiet"});
  // The folder is the study's: what a run that failed has left there is in nobody's interest.
  arguments.push_back(resumes ? "--resume=" + run.checkpoint() : "--overwrite");
  return command;
}

/// Only reads flags and input. Of a point whose runs may not be known yet.
static Command checkCommand(const Study &study, const Point &point, const std::string &outputFile) {
  Command command{{programOf(*point.binary), "train", "--data=" + study.data.path, "--dry-run"}, outputFile};
  llvm::append_range(command.arguments, point.flags.list());
  command.arguments.push_back("--steps=" + std::to_string(point.source->steps));
  return command;
}

/// Whether the compiler's output is about a flag: what is wrong with a description has a place in its file.
static bool isAboutFlag(StringRef outputFile) {
  auto buffer = llvm::MemoryBuffer::getFile(outputFile, /*IsText=*/true);
  return buffer && ((*buffer)->getBuffer().starts_with("sluicec: ") || (*buffer)->getBuffer().starts_with("error: "));
}

namespace {

class Executor {
public:
  /// With a folder that takes what programs say of their flags; else the folders of the binaries do.
  Executor(Plan &plan, const ExecuteOptions &options, std::string checkFolder = "")
      : plan(plan), options(options), checkFolder(std::move(checkFolder)), pool(options.jobs), progress(plan) {}

  /// Error where the compiler or a program refuses a variant's flags.
  llvm::Error checkCompileFlags();
  llvm::Error checkRunFlags();
  llvm::Error compile();
  /// Makes the runs that are pending.
  llvm::Error train();
  void announce() { progress.announce(); }
  bool wasInterrupted() const { return pool.wasInterrupted(); }

private:
  llvm::Error finish(TrainingRun &run, StringRef problem);
  /// Where only flags are checked, the output is for the plan.
  void say(const std::string &text) { checkFolder.empty() ? progress.line(text) : void(llvm::errs() << text << "\n"); }

  Plan &plan;
  const ExecuteOptions &options;
  const std::string checkFolder;
  ProcessPool pool;
  StudyProgress progress;
};

} // namespace

/// Flags that a program refused, with what it said.
static llvm::Error refused(const std::string &variant, const Flags &flags, StringRef outputFile) {
  return llvm::createStringError("the flags '" + flags.text() + "' of the variant '" + variant +
                                 "' are refused: " + errorIn(outputFile));
}

llvm::Error Executor::checkCompileFlags() {
  llvm::SmallVector<Binary *> missing;
  std::vector<Command> commands;
  for (Binary &binary : plan.getBinaries()) {
    if (binary.isCompiled)
      continue;
    if (llvm::Error error = makeFolder(binary.folder))
      return error;
    if (llvm::Error error = writeFile(binary.folder + "/model.json", binary.description))
      return error;
    missing.push_back(&binary);
    commands.push_back(checkCommand(binary, options.compiler));
  }
  llvm::Error result = llvm::Error::success();
  auto ended = [&](size_t index, StringRef problem) {
    const std::string &output = commands[index].outputFile;
    if (problem.empty() || pool.wasInterrupted() || !isAboutFlag(output))
      return;
    auto user = llvm::find_if(plan.getPoints(), [&](const Point &point) { return point.binary == missing[index]; });
    result = llvm::joinErrors(std::move(result), refused(user->name, missing[index]->flags, output));
  };
  pool.run(commands, {[](size_t) {}, ended, [](llvm::ArrayRef<size_t>) {}});
  return result;
}

llvm::Error Executor::checkRunFlags() {
  llvm::SmallVector<const Point *> points;
  std::vector<Command> commands;
  for (const Point &point : plan.getPoints())
    if (point.binary && point.binary->isCompiled && !point.isDone()) {
      points.push_back(&point);
      const std::string &folder = checkFolder.empty() ? point.binary->folder : checkFolder;
      commands.push_back(checkCommand(plan.getStudy(), point, folder + "/output.txt"));
    }
  llvm::Error result = llvm::Error::success();
  auto ended = [&](size_t index, StringRef problem) {
    // A program that an older compiler made knows no dry run; its run tells.
    std::string said = problem.empty() ? "" : errorIn(commands[index].outputFile);
    if (said.empty() || pool.wasInterrupted() || StringRef(said).contains("--dry-run"))
      return;
    result = llvm::joinErrors(std::move(result),
                              refused(points[index]->name, points[index]->flags, commands[index].outputFile));
  };
  // One at a time: commands of a binary share the file of its output.
  for (size_t index = 0; index < commands.size(); ++index)
    pool.run(commands[index],
             {[](size_t) {}, [&](size_t, StringRef problem) { ended(index, problem); }, [](llvm::ArrayRef<size_t>) {}});
  return result;
}

llvm::Error Executor::compile() {
  llvm::SmallVector<Binary *> missing;
  std::vector<Command> commands, infos;
  for (Binary &binary : plan.getBinaries()) {
    if (binary.isCompiled)
      continue;
    missing.push_back(&binary);
    commands.push_back(compileCommand(binary, options.compiler));
    infos.push_back(infoCommand(binary));
  }
  auto fail = [&](Binary &binary, StringRef what, StringRef problem, const Command &command) {
    if (problem.empty() || pool.wasInterrupted() || !binary.failure.empty())
      return;
    std::string error = errorIn(command.outputFile);
    binary.failure = (what + ": " + (error.empty() ? problem : error)).str();
    say(binary.failure);
  };
  pool.run(commands, {[&](size_t index) {
                        say("compiling binary " + std::to_string(index + 1) + " of " + std::to_string(commands.size()));
                      },
                      [&](size_t index, StringRef problem) {
                        fail(*missing[index], "it does not compile", problem, commands[index]);
                      },
                      [](llvm::ArrayRef<size_t>) {}});
  // What `info` prints is written last: where it is, the binary is complete.
  pool.run(infos, {[](size_t) {},
                   [&](size_t index, StringRef problem) {
                     fail(*missing[index], "its binary does not run", problem, infos[index]);
                   },
                   [](llvm::ArrayRef<size_t>) {}});
  for (Binary *binary : missing) {
    loadBinary(*binary);
    if (!binary->isCompiled && binary->failure.empty())
      binary->failure = "its binary does not tell its FLOPs";
  }
  return llvm::Error::success();
}

llvm::Error Executor::finish(TrainingRun &run, StringRef problem) {
  if (problem.empty()) {
    llvm::Expected<RunLog> log = readRunLog(run.logFile(), run.binary->flopsPerStep);
    if (!log)
      return log.takeError();
    bool isWhole = log->end.steps == static_cast<double>(run.steps);
    if (isWhole && log->isComplete) {
      run.log = std::move(*log);
      run.machine = options.machine;
      run.state = TrainingRun::State::Done;
      nlohmann::ordered_json done = {{"key", nlohmann::ordered_json::parse(run.key)}, {"machine", run.machine}};
      if (llvm::Error error = writeFile(run.folder + "/done.json", done.dump(2) + "\n"))
        return error;
      llvm::sys::fs::remove_directories(run.checkpoint());
      return llvm::Error::success();
    }
    if (pool.wasInterrupted())
      return llvm::Error::success();
    run.failure = isWhole ? "it logged no validation loss at its end: is there validation data?"
                          : "it ended before its last step";
  } else if (pool.wasInterrupted()) {
    return llvm::Error::success();
  } else {
    std::string error = errorIn(run.folder + "/output.txt");
    run.failure = error.empty() ? problem.str() : error;
  }
  run.state = TrainingRun::State::Failed;
  return llvm::Error::success();
}

llvm::Error Executor::train() {
  llvm::SmallVector<TrainingRun *> pending;
  std::vector<Command> commands;
  for (TrainingRun &run : plan.getRuns()) {
    if (run.state != TrainingRun::State::Pending)
      continue;
    if (llvm::Error error = makeFolder(run.folder))
      return error;
    pending.push_back(&run);
    commands.push_back(trainCommand(plan.getStudy(), run));
  }
  llvm::Error result = llvm::Error::success();
  auto ended = [&](size_t index, StringRef problem) {
    TrainingRun &run = *pending[index];
    result = llvm::joinErrors(std::move(result), finish(run, problem));
    progress.ended(run);
  };
  pool.run(commands, {[&](size_t index) { progress.started(*pending[index]); }, ended,
                      [&](llvm::ArrayRef<size_t> running) {
                        progress.update(llvm::map_to_vector(
                            running, [&](size_t index) -> const TrainingRun * { return pending[index]; }));
                      }});
  return result;
}

llvm::Expected<bool> sluice::compare::execute(Plan &plan, const ExecuteOptions &options) {
  Executor executor(plan, options);
  if (llvm::Error error = executor.checkCompileFlags())
    return std::move(error);
  if (llvm::Error error = executor.compile())
    return std::move(error);
  if (executor.wasInterrupted())
    return false;
  plan.resolve();
  if (llvm::Error error = executor.checkRunFlags())
    return std::move(error);
  executor.announce();
  auto isPending = [](const TrainingRun &run) { return run.state == TrainingRun::State::Pending; };
  while (!executor.wasInterrupted() && llvm::any_of(plan.getRuns(), isPending)) {
    if (llvm::Error error = executor.train())
      return std::move(error);
    plan.resolve();
  }
  return !executor.wasInterrupted();
}

llvm::Expected<bool> sluice::compare::checkFlags(Plan &plan, const ExecuteOptions &options) {
  llvm::SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("sluice-compare", folder))
    return llvm::createStringError("cannot make a temporary folder: " + error.message());
  std::deque<Binary> before = plan.getBinaries();
  llvm::scope_exit restore([&] {
    // In their places, since points refer to them.
    llvm::copy(before, plan.getBinaries().begin());
    llvm::sys::fs::remove_directories(folder);
  });
  for (auto [index, binary] : llvm::enumerate(plan.getBinaries()))
    if (!binary.isCompiled)
      binary.folder = (folder + "/" + llvm::Twine(index)).str();
  plan.resolve();
  Executor executor(plan, options, std::string(folder));
  for (auto check : {&Executor::checkCompileFlags, &Executor::compile, &Executor::checkRunFlags})
    if (llvm::Error error = (executor.*check)())
      return std::move(error);
  return !executor.wasInterrupted();
}

void sluice::compare::printPlan(Plan &plan, const ExecuteOptions &options, llvm::raw_ostream &out) {
  plan.resolve();
  for (const Binary &binary : plan.getBinaries())
    if (!binary.isCompiled)
      out << llvm::join(compileCommand(binary, options.compiler).arguments, " ") << "\n";
  for (const Point &point : plan.getPoints()) {
    for (const SeedRun &run : point.runs) {
      out << point.name << " seed " << run.seed << ": ";
      if (!run.run)
        out << run.failure << "\n";
      else if (run.isDone())
        out << "done\n";
      else
        out << (run.run->hasCheckpoint() ? "to resume: " : "to run: ")
            << llvm::join(trainCommand(plan.getStudy(), *run.run).arguments, " ") << "\n";
    }
    if (point.runs.empty())
      out << point.name << ": to run when '" << plan.getStudy().variants[*point.variant->reference()].name
          << "' is done\n";
  }
}

//===- BenchVerb.cpp - The verb bench -------------------------------------===//

#include "runtime/Files.h"
#include "runtime/Output.h"
#include "runtime/bench/Bench.h"
#include "runtime/bench/Profile.h"
#include "runtime/cli/EngineFlags.h"
#include "runtime/cli/Flags.h"
#include "runtime/cli/Verb.h"
#include "runtime/cpu/Processor.h"
#include "runtime/train/RunFiles.h"

namespace sluice::runtime {

namespace {

class BenchVerb : public Verb {
public:
  explicit BenchVerb(const sluice_binary &program) : program(program), engineFlags(program) {}

  CLI::App &declare(CLI::App &parser) override;
  void run() override;

private:
  const sluice_binary &program;
  EngineFlags engineFlags;
  BenchOptions options;
};

} // namespace

CLI::App &BenchVerb::declare(CLI::App &parser) {
  CLI::App &verb = *parser.add_subcommand(
      "bench", "Time the training step on random tokens, and every kernel of it (also: --bench)");
  verb.add_option("--warmup", options.warmup, "Steps that are not timed, before all others (default 3)")
      ->check(count())
      ->type_name("N");
  verb.add_option("--steps", options.steps,
                  "Steps that are timed, and as many again kernel by kernel, on GPUs action by action too (default 10)")
      ->check(positive())
      ->type_name("N");
  verb.add_flag("--json", options.json, "As one JSON object (default: as text)");
  verb.add_option("--profile", options.profile,
                  "Write what stages take to this file, as JSON for --profile of sluicec (default: none)")
      ->type_name("FILE");
  verb.add_flag("--overwrite", options.overwrites, "Replace a file of --profile (default: it is refused)");
  engineFlags.declareSet(verb);
  engineFlags.declareThreads(verb);
  return verb;
}

void BenchVerb::run() {
  unsigned threads = engineFlags.threads();
  if (!options.profile.empty()) {
    checkCanProfile(program, threads, availableProcessors());
    RunFiles().checkFile("--profile", options.profile, options.overwrites);
  }
  std::unique_ptr<Engine> engine = engineFlags.makeEngine(MemoryUse::Training);
  BenchResult result = bench(*engine, program, options);
  if (!options.profile.empty()) {
    AtomicFile file(options.profile);
    file.write(profileText(program, threads, result.actions));
    file.commit();
  }
  std::string text = options.json ? toJson(result, program, threads) + "\n" : toText(result, program, threads);
  printOut(text);
}

std::unique_ptr<Verb> makeBenchVerb(const sluice_binary &program) { return std::make_unique<BenchVerb>(program); }

} // namespace sluice::runtime

//===- BenchVerb.cpp - The verb bench -------------------------------------===//

#include "runtime/Output.h"
#include "runtime/bench/Bench.h"
#include "runtime/cli/EngineFlags.h"
#include "runtime/cli/Flags.h"
#include "runtime/cli/Verb.h"

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
  verb.add_option("--steps", options.steps, "Steps that are timed, and as many again kernel by kernel (default 10)")
      ->check(positive())
      ->type_name("N");
  verb.add_flag("--json", options.json, "As one JSON object (default: as text)");
  engineFlags.declareSet(verb);
  engineFlags.declareThreads(verb);
  return verb;
}

void BenchVerb::run() {
  std::unique_ptr<Engine> engine = engineFlags.makeEngine(MemoryUse::Training);
  BenchResult result = bench(*engine, program, options);
  unsigned threads = engineFlags.threads();
  std::string text = options.json ? toJson(result, program, threads) + "\n" : toText(result, program, threads);
  printOut(text);
}

std::unique_ptr<Verb> makeBenchVerb(const sluice_binary &program) { return std::make_unique<BenchVerb>(program); }

} // namespace sluice::runtime

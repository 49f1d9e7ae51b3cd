//===- ExportVerb.cpp - The verb export -----------------------------------===//

#include "runtime/checkpoint/WeightFiles.h"
#include "runtime/cli/EngineFlags.h"
#include "runtime/cli/Flags.h"
#include "runtime/cli/Verb.h"

namespace sluice::runtime {

namespace {

class ExportVerb : public Verb {
public:
  explicit ExportVerb(const sluice_binary &program) : program(program), engineFlags(program) {}

  CLI::App &declare(CLI::App &parser) override;
  void run() override;

private:
  const sluice_binary &program;
  EngineFlags engineFlags;
  std::string folder;
  bool overwrites = false;
  WeightSource weights;
  Seeds seeds;
};

} // namespace

CLI::App &ExportVerb::declare(CLI::App &parser) {
  CLI::App &verb =
      *parser.add_subcommand("export", "Write the weights as model.safetensors, with the model's config.json");
  verb.add_option("--out", folder, "Folder to write to, made where it is missing")->required()->type_name("FOLDER");
  verb.add_flag("--overwrite", overwrites,
                "Replace files there that are no export of this program (default: they are refused)");
  addWeights(verb, weights);
  addSeed(verb, "--init-seed", seeds.init, "Seed of drawn weights (default 0)");
  engineFlags.declareThreads(verb);
  return verb;
}

void ExportVerb::run() {
  RunFiles files;
  if (!weights.init.empty())
    files.reads("--init", inputFilesOf(weights.init));
  if (!weights.resume.empty())
    files.readsCheckpoint("--resume", weights.resume);
  checkExport(files, program, folder, overwrites);
  // An engine, though nothing runs: it knows names, shapes and initial values.
  std::unique_ptr<Engine> engine = engineFlags.makeEngine();
  loadFrom(*engine, program, weights, seeds);
  exportModel(*engine, program, folder);
}

std::unique_ptr<Verb> makeExportVerb(const sluice_binary &program) { return std::make_unique<ExportVerb>(program); }

} // namespace sluice::runtime

//===- GenerateVerb.cpp - The verb generate -------------------------------===//

#include "runtime/Error.h"
#include "runtime/cli/EngineFlags.h"
#include "runtime/cli/Flags.h"
#include "runtime/cli/Verb.h"
#include "runtime/train/Generate.h"
#include "runtime/train/OpenTokens.h"

#include <algorithm>
#include <cstdlib>

namespace sluice::runtime {

namespace {

class GenerateVerb : public Verb {
public:
  explicit GenerateVerb(const sluice_binary &program) : program(program), engineFlags(program) {}

  CLI::App &declare(CLI::App &parser) override;
  void run() override;

private:
  const sluice_binary &program;
  EngineFlags engineFlags;
  std::string text, tokens; ///< The prompt in its two spellings; at most one is given.
  WeightSource weights;
  GenerateOptions options;
};

} // namespace

CLI::App &GenerateVerb::declare(CLI::App &parser) {
  CLI::App &verb = *parser.add_subcommand("generate", "Print a prompt and the model's continuation of it");
  CLI::Option *prompt = verb.add_option("--prompt", text, "Text, a token a byte");
  prompt->type_name("TEXT");
  verb.add_option("--prompt-tokens", tokens, "Tokens, as numbers with commas between them")
      ->type_name("N[,N...]")
      ->excludes(prompt);
  verb.add_option("--tokens", options.tokens, "Tokens to generate (default 256)")->check(count())->type_name("N");
  verb.add_option("--temperature", options.temperature,
                  "Divides the scores before a token is drawn; 0: always the likeliest token (default 1)")
      ->check(notNegative())
      ->type_name("X");
  verb.add_option("--top-k", options.topK, "Draw among the N likeliest tokens; 0: among all (default 0)")
      ->check(count())
      ->type_name("N");
  addSeed(verb, "--seed", options.seeds.run, "Seed of what is drawn (default 0)");
  addWeights(verb, weights);
  engineFlags.declareSet(verb);
  engineFlags.declareThreads(verb);
  engineFlags.declareSynchronous(verb);
  return verb;
}

/// Numbers with commas between them.
static std::vector<int32_t> parseTokens(const std::string &list) {
  std::vector<int32_t> tokens;
  for (size_t begin = 0; begin <= list.size();) {
    size_t end = std::min(list.find(',', begin), list.size());
    std::string text = list.substr(begin, end - begin);
    bool isNumber = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
    if (!isNumber)
      throw Error("--prompt-tokens: '" + text + "' is not a token");
    tokens.push_back(static_cast<int32_t>(std::strtol(text.c_str(), nullptr, 10)));
    begin = end + 1;
  }
  return tokens;
}

void GenerateVerb::run() {
  constexpr int64_t kByteVocabulary = 256;
  if (text.empty() && tokens.empty())
    throw Error("generate needs --prompt or --prompt-tokens, not empty");
  bool takesText = textInputOf(program) == TextInput::Bytes;
  if (!text.empty() && !takesText)
    throw Error("--prompt: the model takes tokens (its tokenizer is 'none'): expected --prompt-tokens=N[,N...]");
  options.asText = !text.empty() || (takesText && program.vocabulary == kByteVocabulary);
  // As unsigned bytes: a char may be negative.
  auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
  options.prompt = text.empty() ? parseTokens(tokens) : std::vector<int32_t>(bytes, bytes + text.size());
  if (weights.init.empty() && weights.resume.empty())
    throw Error("generate needs the weights of a trained model: --init=FILE or --resume=FOLDER");
  std::unique_ptr<Engine> engine = engineFlags.makeEngine();
  loadFrom(*engine, program, weights, options.seeds);
  generate(*engine, program, options, stdout);
}

std::unique_ptr<Verb> makeGenerateVerb(const sluice_binary &program) { return std::make_unique<GenerateVerb>(program); }

} // namespace sluice::runtime

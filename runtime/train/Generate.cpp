//===- Generate.cpp - Continues a prompt ----------------------------------===//

#include "runtime/train/Generate.h"
#include "runtime/Error.h"
#include "runtime/Output.h"
#include "runtime/Philox.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sluice::runtime {

int32_t chooseToken(const std::vector<double> &scores, const GenerateOptions &options, uint64_t ordinal) {
  if (std::any_of(scores.begin(), scores.end(), [](double score) { return std::isnan(score); }))
    throw RunError("the model's scores are not numbers: its weights are damaged");
  if (options.temperature == 0)
    return static_cast<int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());

  // The order is total, so that it does not depend on the library's sort.
  std::vector<int32_t> tokens(scores.size());
  std::iota(tokens.begin(), tokens.end(), 0);
  std::sort(tokens.begin(), tokens.end(),
            [&](int32_t a, int32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  if (options.topK > 0 && options.topK < static_cast<int64_t>(tokens.size()))
    tokens.resize(options.topK);

  std::vector<double> sums;
  double sum = 0;
  for (int32_t token : tokens)
    sums.push_back(sum += std::exp((scores[token] - scores[tokens[0]]) / options.temperature));
  PhiloxCounter words = philox({static_cast<uint32_t>(ordinal), static_cast<uint32_t>(ordinal >> 32), 0, 0},
                               philoxKey(options.seeds.ofRun()));
  double drawn = uniformDouble(words[0], words[1]) * sum;
  auto found = std::upper_bound(sums.begin(), sums.end(), drawn);
  // Rounding can make `drawn` reach the sum.
  return tokens[std::min<size_t>(found - sums.begin(), tokens.size() - 1)];
}

/// OutputError as soon as it fails: nobody waits for a text that nobody reads.
static void print(int32_t token, bool asText, bool first, FILE *out) {
  if (asText && token < 256)
    std::fputc(token, out);
  else if (asText)
    std::fprintf(out, "<%d>", token); // a vocabulary with more than bytes
  else
    std::fprintf(out, first ? "%d" : ",%d", token);
  flush(out);
}

void generate(Engine &engine, const sluice_binary &program, const GenerateOptions &options, FILE *out) {
  if (options.prompt.empty())
    throw Error("the prompt is empty: a model continues at least one token");
  for (int32_t token : options.prompt)
    if (token < 0 || token >= program.vocabulary)
      throw Error("token " + std::to_string(token) + " of the prompt is not below the vocabulary of " +
                  std::to_string(program.vocabulary));
  bool first = true;
  for (int32_t token : options.prompt) {
    print(token, options.asText, first, out);
    first = false;
  }
  std::vector<int32_t> text = options.prompt;
  for (int64_t i = 0; i < options.tokens; ++i) {
    size_t seen = std::min<size_t>(text.size(), program.sequence);
    text.erase(text.begin(), text.end() - seen);
    text.push_back(chooseToken(engine.logits(text), options, static_cast<uint64_t>(i)));
    print(text.back(), options.asText, false, out);
  }
  std::fputc('\n', out);
  flush(out);
}

} // namespace sluice::runtime

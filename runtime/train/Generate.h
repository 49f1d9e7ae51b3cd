//===- Generate.h - Continues a prompt --------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_GENERATE_H
#define SLUICE_RUNTIME_TRAIN_GENERATE_H

#include "runtime/engine/Engine.h"

#include <cstdio>
#include <string>
#include <vector>

namespace sluice::runtime {

struct GenerateOptions {
  std::vector<int32_t> prompt; ///< At least one token.
  bool asText = true;          ///< Tokens are bytes and are printed as such; else as numbers with commas.
  int64_t tokens = 256;        ///< To generate.
  double temperature = 1;      ///< 0: the likeliest token, the first of equals.
  int64_t topK = 0;            ///< Draw among so many of the likeliest; 0: among all.
  Seeds seeds;                 ///< What is drawn goes by that of the run.
};

/// The next token given its scores; `ordinal` is the number of tokens generated before it. A pure function of its
/// arguments. RunError if a score is not a number.
int32_t chooseToken(const std::vector<double> &scores, const GenerateOptions &options, uint64_t ordinal);

/// Prints the prompt and its continuation, each token as soon as it is known, and a line end. Where the text is longer
/// than the compiled sequence, the model sees its last tokens. Error if the prompt is empty or holds a token that is
/// not below the vocabulary.
void generate(Engine &engine, const sluice_binary &program, const GenerateOptions &options, FILE *out);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_GENERATE_H

//===- Verb.h - One verb of the command line --------------------*- C++ -*-===//
//
// A verb owns the settings that its flags are bound to. Parsing only fills them in; run() does what they say. Each verb
// has a source file of its own, and a function here that makes it.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CLI_VERB_H
#define SLUICE_RUNTIME_CLI_VERB_H

#include "runtime/abi.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace sluice::runtime {

class Verb {
public:
  virtual ~Verb() = default;

  /// Adds the verb to the parser and binds its flags. The verb stays where it is from then on.
  virtual CLI::App &declare(CLI::App &parser) = 0;

  /// To be called once, after parsing. Error: values that do not go together or input that does not fit, found before
  /// anything is written. RunError: the run failed.
  virtual void run() = 0;
};

/// `program` must outlive the verb and have passed checkProgram().
std::unique_ptr<Verb> makeTrainVerb(const sluice_binary &program);
std::unique_ptr<Verb> makeEvalVerb(const sluice_binary &program);
std::unique_ptr<Verb> makeGenerateVerb(const sluice_binary &program);
std::unique_ptr<Verb> makeExportVerb(const sluice_binary &program);
std::unique_ptr<Verb> makeInfoVerb(const sluice_binary &program);
std::unique_ptr<Verb> makeBenchVerb(const sluice_binary &program);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CLI_VERB_H

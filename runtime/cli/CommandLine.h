//===- CommandLine.h - The verbs of a compiled binary -----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CLI_COMMANDLINE_H
#define SLUICE_RUNTIME_CLI_COMMANDLINE_H

#include "runtime/abi.h"
#include "runtime/cli/Verb.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>
#include <vector>

namespace sluice::runtime {

/// The verbs train, eval, generate, export, info and bench. Parsing the arguments with app() only reads them; run()
/// does what they say.
class CommandLine {
public:
  /// `program` must outlive the command line and have passed checkProgram().
  explicit CommandLine(const sluice_binary &program);

  CLI::App &app() { return parser; }

  /// Runs the verb that was parsed. Error and RunError as Verb::run.
  void run();

private:
  CLI::App parser;
  std::vector<std::pair<CLI::App *, std::unique_ptr<Verb>>> verbs; ///< In the order of --help.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CLI_COMMANDLINE_H

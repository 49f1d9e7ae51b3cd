//===- EngineFlags.h - Flags of the engine ----------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CLI_ENGINEFLAGS_H
#define SLUICE_RUNTIME_CLI_ENGINEFLAGS_H

#include "runtime/cli/MemoryCheck.h"
#include "runtime/engine/Engine.h"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Threads, and values of the program's scalars: what an engine is made with. A verb declares those that it takes.
class EngineFlags {
public:
  /// `program` must outlive the flags.
  explicit EngineFlags(const sluice_binary &program);

  /// Adds --threads.
  void declareThreads(CLI::App &verb);

  /// Adds --synchronous, where the program runs on graphics cards.
  void declareSynchronous(CLI::App &verb);

  /// Adds --set NAME=VALUE, whose help lists the program's scalars.
  void declareSet(CLI::App &verb);

  /// Adds a flag of its own for a scalar. It may be given only if the program has the scalar.
  void declareScalar(CLI::App &verb, const std::string &flag, const std::string &scalar, const std::string &help);

  /// Scalars that were given, and the flag of each as people wrote it: {"beta1", "--beta1"}, {"theta", "--set theta"}.
  std::map<std::string, std::string> givenScalars() const;

  unsigned threads() const { return threadCount; }

  /// An engine with the scalars that were given, its parameters all zero. Error: a scalar that the program has not, or
  /// a value that it does not take; less memory than `use` needs.
  std::unique_ptr<Engine> makeEngine(MemoryUse use = MemoryUse::Inference) const;

private:
  struct ScalarFlag {
    std::string flag;
    std::optional<double> value;
  };

  void applyTo(Scalars &scalars) const;
  void applySet(const std::string &text, Scalars &scalars) const;

  const sluice_binary &program;
  unsigned threadCount;
  bool isSynchronous = false;
  std::vector<std::string> sets;                 ///< NAME=VALUE, in the order given.
  std::map<std::string, ScalarFlag> scalarFlags; ///< By the scalar's name.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CLI_ENGINEFLAGS_H

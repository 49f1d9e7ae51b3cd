//===- Process.h - Runs programs, some at a time ---------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_PROCESS_H
#define SLUICE_TOOLS_SLUICE_COMPARE_PROCESS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <csignal>
#include <string>
#include <vector>

namespace sluice::compare {

/// A program's path and arguments, and the file that takes what it prints.
struct Command {
  std::vector<std::string> arguments;
  std::string outputFile;
};

/// What is told while commands run, by their indices.
struct CommandEvents {
  llvm::function_ref<void(size_t)> started;
  /// Empty where the command succeeded; else how it ended, such as "exit code 1".
  llvm::function_ref<void(size_t, llvm::StringRef)> ended;
  /// Called several times a second.
  llvm::function_ref<void(llvm::ArrayRef<size_t>)> running;
};

/// Takes SIGINT and SIGTERM for itself from its making on and passes them to what runs.
class ProcessPool {
public:
  explicit ProcessPool(unsigned jobs);

  /// Runs the commands in their order, at most `jobs` at a time. After an interrupt no further one is started.
  void run(llvm::ArrayRef<Command> commands, const CommandEvents &events);
  bool wasInterrupted() const { return interrupted; }

private:
  unsigned jobs;
  bool interrupted = false;
  sigset_t signals, formerMask;

  pid_t start(const Command &command) const;
};

/// The error that the output of a failed command tells: what follows `error: ` in it, or its last line.
std::string errorIn(llvm::StringRef outputFile);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_PROCESS_H

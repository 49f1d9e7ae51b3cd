//===- CommandLine.h - Command lines and output of our own tools ---------------------===//
#ifndef SLUICE_TOOLS_COMMANDLINE_H
#define SLUICE_TOOLS_COMMANDLINE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include <string>

namespace sluice {

/// Prints the errors of one tool.
struct ErrorPrinter {
  llvm::StringLiteral tool;
  /// One line on stderr, of at most 2,000 characters of valid UTF-8; returns the exit code.
  int operator()(const llvm::Twine &message, int code = 1) const;
};

/// Parses the command line. After an error, one line on stderr says what is wrong, and the result is false. An empty
/// value is an error.
bool parseCommandLine(int argc, char **argv, const ErrorPrinter &fail, llvm::StringRef overview);

/// What `action` prints on stderr.
std::string captureErrors(llvm::function_ref<void()> action);

/// Whether two paths name one file, by whatever links.
bool isSameFile(llvm::StringRef a, llvm::StringRef b);

/// The exit code of a tool that is done: 0, or 1 after an error where standard output could not be written.
int finishOutput(const ErrorPrinter &fail);

} // namespace sluice

#endif // SLUICE_TOOLS_COMMANDLINE_H

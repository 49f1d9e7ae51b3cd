//===- CommandLine.h - Usage errors of our own tools ---------------------------------===//
#ifndef SLUICE_TOOLS_COMMANDLINE_H
#define SLUICE_TOOLS_COMMANDLINE_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace sluice {

/// Prints the errors of one tool.
struct ErrorPrinter {
  llvm::StringLiteral tool;
  /// One line on stderr; returns the exit code.
  int operator()(const llvm::Twine &message, int code = 1) const {
    llvm::errs() << tool << ": error: " << message << "\n";
    return code;
  }
};

/// Parses the command line. After an error, one line on stderr says what is wrong, and the result is false.
inline bool parseCommandLine(int argc, char **argv, llvm::StringRef tool, llvm::StringRef overview) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (llvm::cl::ParseCommandLineOptions(argc, argv, overview, &stream))
    return true;
  // Bad values are reported on stderr at once; everything else comes as `tool: message` and hints.
  auto [line, hints] = llvm::StringRef(text).trim().split('\n');
  if (!line.empty()) {
    auto [prefix, message] = line.split(": ");
    llvm::errs() << tool << ": error: " << (message.empty() ? line : message) << "\n";
  }
  return false;
}

} // namespace sluice

#endif // SLUICE_TOOLS_COMMANDLINE_H

//===- CommandLine.cpp - Command lines and output of our own tools -------------------===//
#include "tools/CommandLine.h"
#include "runtime/Message.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <sys/mman.h>
#include <unistd.h>

using namespace sluice;
using llvm::StringRef;

int ErrorPrinter::operator()(const llvm::Twine &message, int code) const {
  std::string text = message.str();
  std::replace(text.begin(), text.end(), '\n', ' ');
  llvm::errs() << runtime::messageText((tool + ": error: " + text).str()) << "\n";
  return code;
}

std::string sluice::captureErrors(llvm::function_ref<void()> action) {
  llvm::errs().flush();
  int memory = memfd_create("stderr", MFD_CLOEXEC), saved = dup(STDERR_FILENO);
  if (memory < 0 || saved < 0 || dup2(memory, STDERR_FILENO) < 0) {
    action(); // it then prints for itself
    return "";
  }
  action();
  llvm::errs().flush();
  dup2(saved, STDERR_FILENO);
  std::string text(static_cast<size_t>(lseek(memory, 0, SEEK_END)), '\0');
  if (pread(memory, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    text.clear();
  close(memory);
  close(saved);
  return text;
}

/// The first flag with an empty value as `--NAME=MEANING`, or nothing. LLVM's parser makes a value of some and takes
/// others for missing.
static std::string emptyFlag(llvm::ArrayRef<char *> arguments) {
  const auto &options = llvm::cl::getRegisteredOptions();
  auto described = [&](StringRef name) {
    auto found = options.find(name);
    StringRef value = found == options.end() ? "" : found->second->ValueStr;
    return ((name.size() == 1 ? "-" : "--") + name + "=" + (value.empty() ? "VALUE" : value)).str();
  };
  StringRef previous;
  for (StringRef argument : arguments) {
    auto [name, value] = argument.split('=');
    bool isFlag = name.size() > 1 && name.starts_with("-");
    if (isFlag && argument.contains('=') && value.empty())
      return described(name.ltrim('-'));
    if (argument.empty() && previous.starts_with("-") && !previous.contains('='))
      return described(previous.ltrim('-'));
    previous = argument;
  }
  return "";
}

bool sluice::parseCommandLine(int argc, char **argv, const ErrorPrinter &fail, StringRef overview) {
  if (std::string flag = emptyFlag({argv + 1, argv + argc}); !flag.empty()) {
    fail("expected " + llvm::Twine(flag) + ", found ''");
    return false;
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  bool isGood = false;
  // Bad values are reported on stderr at once; everything else comes as `tool: message` and hints.
  std::string values =
      captureErrors([&] { isGood = llvm::cl::ParseCommandLineOptions(argc, argv, overview, &stream); });
  auto [line, hints] = StringRef(text).trim().split('\n');
  if (!isGood && !line.empty()) {
    auto [prefix, message] = line.split(": ");
    fail(message.empty() ? line : message);
  }
  if (!values.empty())
    llvm::errs() << runtime::messageText(StringRef(values).trim()) << "\n";
  return isGood;
}

bool sluice::isSameFile(StringRef a, StringRef b) {
  bool isSame = false;
  return !llvm::sys::fs::equivalent(a, b, isSame) && isSame;
}

int sluice::finishOutput(const ErrorPrinter &fail) {
  llvm::raw_fd_ostream &out = llvm::outs();
  out.flush();
  if (!out.has_error())
    return 0;
  std::string reason = out.error().message();
  out.clear_error();
  return fail("cannot write standard output: " + llvm::Twine(reason));
}

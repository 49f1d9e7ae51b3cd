//===- Main.cpp - The command line of a compiled binary -------------------===//

#include "runtime/Error.h"
#include "runtime/Message.h"
#include "runtime/Output.h"
#include "runtime/cli/CommandLine.h"
#include "runtime/cpu/Processor.h"
#include "runtime/engine/Program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <sstream>
#include <system_error>

using namespace sluice::runtime;

/// Prints one line, whatever the message holds.
static int fail(int code, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "%s\n", messageText("error: " + message).c_str());
  return code;
}

/// Refuses empty values, for which the parser would take the next argument, whatever that is.
static void checkValues(int argc, char **argv) {
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i], previous = argv[i - 1];
    auto isFlag = [](const std::string &text) { return text.size() > 2 && text.compare(0, 2, "--") == 0; };
    size_t equals = argument.find('=');
    if (isFlag(argument) && equals != std::string::npos && equals + 1 == argument.size())
      throw Error(argument.substr(0, equals) + ": expected a value after '=', found none");
    if (argument.empty())
      throw Error((isFlag(previous) ? previous + ": " : "") + "expected a value, found ''");
  }
}

int main(int argc, char **argv) {
  constexpr int kRunFailed = 1, kBadUsage = 2, kStopped = 128;
  keepStandardStreams();
  try {
    checkProgram(sluice_program);
    checkProcessor(sluice_program);
    CommandLine commands(sluice_program);
    checkValues(argc, argv);
    // The one verb that people know as a flag.
    if (argc > 1 && std::strcmp(argv[1], "--bench") == 0)
      argv[1] += 2;
    try {
      commands.app().parse(argc, argv);
    } catch (const CLI::Success &request) {
      std::ostringstream text; // of --help
      commands.app().exit(request, text);
      printOut(text.str());
      return 0;
    } catch (const CLI::ParseError &error) {
      return fail(kBadUsage, error.what());
    }
    commands.run();
    finishOutput();
    return 0;
  } catch (const Stopped &stop) {
    return kStopped + stop.signal;
  } catch (const Error &error) {
    return fail(kBadUsage, error.what());
  } catch (const std::bad_alloc &) {
    return fail(kRunFailed, "out of memory");
  } catch (const std::exception &error) {
    return fail(kRunFailed, error.what());
  }
}

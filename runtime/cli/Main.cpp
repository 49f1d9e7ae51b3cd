//===- Main.cpp - The command line of a compiled binary -------------------===//

#include "runtime/Error.h"
#include "runtime/cli/CommandLine.h"
#include "runtime/cpu/Processor.h"
#include "runtime/engine/Program.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <system_error>

using namespace sluice::runtime;

/// Prints one line, whatever the message holds.
static int fail(int code, std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return code;
}

int main(int argc, char **argv) {
  constexpr int kRunFailed = 1, kBadUsage = 2;
  try {
    checkProgram(sluice_program);
    checkProcessor(sluice_program);
    CommandLine commands(sluice_program);
    // The one verb that people know as a flag.
    if (argc > 1 && std::strcmp(argv[1], "--bench") == 0)
      argv[1] += 2;
    try {
      commands.app().parse(argc, argv);
    } catch (const CLI::Success &request) {
      return commands.app().exit(request); // --help
    } catch (const CLI::ParseError &error) {
      return fail(kBadUsage, error.what());
    }
    commands.run();
    return 0;
  } catch (const Error &error) {
    return fail(kBadUsage, error.what());
  } catch (const std::bad_alloc &) {
    return fail(kRunFailed, "out of memory");
  } catch (const std::exception &error) {
    return fail(kRunFailed, error.what());
  }
}

//===- EngineFlags.cpp - Flags of the engine ------------------------------===//

#include "runtime/cli/EngineFlags.h"
#include "runtime/Error.h"
#include "runtime/cli/Flags.h"
#include "runtime/cpu/Processor.h"
#include "runtime/engine/MakeReplicas.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/StepScalars.h"

#include <algorithm>
#include <cstdlib>

namespace sluice::runtime {

/// Most threads that make sense anywhere; keeps a slip of the finger from asking for a million.
static constexpr uint64_t kMostThreads = 4096;

EngineFlags::EngineFlags(const sluice_binary &program)
    : program(program), threadCount(std::max(1u, availableProcessors() / program.device_count)) {}

void EngineFlags::declareThreads(CLI::App &verb) {
  if (runsOnCards(program)) {
    verb.add_option("--threads", threadCount,
                    "Threads of the host, which draw initial weights and have no part in steps (default: processors "
                    "available, here " +
                        std::to_string(threadCount) + ")")
        ->check(wholeNumber(1, kMostThreads))
        ->type_name("N");
    return;
  }
  verb.add_option("--threads", threadCount,
                  (program.device_count > 1 ? "Threads of each of " + std::to_string(program.device_count) +
                                                  " devices; results do not depend on it (default: an equal part of "
                                                  "the processors available, here "
                                            : std::string("Threads; results do not depend on it (default: processors "
                                                          "available, here ")) +
                      std::to_string(threadCount) + ")")
      ->check(wholeNumber(1, kMostThreads))
      ->type_name("N");
}

void EngineFlags::declareSynchronous(CLI::App &verb) {
  if (runsOnCards(program))
    verb.add_flag(
        "--synchronous", isSynchronous,
        "Wait for every kernel, so that a fault names the kernel, its layer and the micro-batch (default: off)");
}

void EngineFlags::declareSet(CLI::App &verb) {
  std::string help = "Set a run-time scalar; may be repeated. Scalars:";
  for (uint32_t i = 0; i < program.scalar_count; ++i) {
    const sluice_scalar &scalar = program.scalars[i];
    if (!isComputedScalar(scalar.name))
      help += std::string(" ") + scalar.name + " (" + scalar.help + "; in " + rangeText(scalar) + ", default " +
              defaultText(scalar) + ")";
  }
  verb.add_option("--set", sets, help)->type_name("NAME=VALUE")->expected(1)->take_all()->allow_extra_args(false);
}

void EngineFlags::declareScalar(CLI::App &verb, const std::string &flag, const std::string &scalar,
                                const std::string &help) {
  scalarFlags[scalar].flag = flag;
  Scalars defaults(program);
  addOptional(verb, flag, scalarFlags[scalar].value,
              help + (defaults.has(scalar) ? " (default " + numberText(defaults.get(scalar)) + ")"
                                           : " (not used by this program)"))
      ->type_name("X");
}

/// What stands before the equals sign. Flags are spelled with hyphens, and people carry that over.
static std::string nameIn(const std::string &set) {
  std::string name = set.substr(0, set.find('='));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::map<std::string, std::string> EngineFlags::givenScalars() const {
  std::map<std::string, std::string> given;
  for (const auto &[name, flag] : scalarFlags)
    if (flag.value)
      given[name] = flag.flag;
  for (const std::string &set : sets)
    given[nameIn(set)] = "--set " + nameIn(set);
  return given;
}

/// Error as Scalars::setByUser, beginning with the flag and its value.
static void setFromFlag(Scalars &scalars, const std::string &flag, const std::string &name, double value) {
  try {
    scalars.setByUser(name, value);
  } catch (const Error &error) {
    throw Error(flag + ": " + error.what());
  }
}

void EngineFlags::applySet(const std::string &set, Scalars &scalars) const {
  size_t equals = set.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error("--set: expected NAME=VALUE, got '" + set + "'");
  std::string name = nameIn(set), text = set.substr(equals + 1);
  char *end = nullptr;
  double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0')
    throw Error("--set " + name + ": '" + text + "' is not a number");
  if (auto flag = scalarFlags.find(name); flag != scalarFlags.end() && flag->second.value)
    throw Error("--set " + name + " and " + flag->second.flag + " set the same scalar");
  setFromFlag(scalars, "--set " + set, name, value);
}

void EngineFlags::applyTo(Scalars &scalars) const {
  for (const auto &[name, flag] : scalarFlags) {
    if (!flag.value)
      continue;
    if (!scalars.has(name))
      throw Error(flag.flag + ": this program's optimizer, " + program.optimizer + ", has no " + name);
    setFromFlag(scalars, flag.flag + "=" + numberText(*flag.value), name, *flag.value);
  }
  for (const std::string &set : sets)
    applySet(set, scalars);
}

std::unique_ptr<Engine> EngineFlags::makeEngine(MemoryUse use) const {
  // Cards check their memory themselves, once they are known.
  if (!runsOnCards(program))
    checkMemory(program, threadCount, use);
  auto engine = std::make_unique<Engine>(program, makeReplicas(program, {threadCount, isSynchronous}));
  applyTo(engine->scalars());
  return engine;
}

} // namespace sluice::runtime

//===- KernelCase.cpp - A function as launches, with what it should compute -----------------===//
#include "tools/sluice-run/KernelCase.h"
#include "runtime/Error.h"
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

using namespace sluice;
using runtime::RunError;

/// First line of a file.
static constexpr char magic[] = "sluice-kernel-case 1";

int64_t sluice::bytesOfElement(uint32_t element) {
  constexpr int64_t bytes[] = {4, 8, 4, 2, 2};
  return bytes[element];
}

template <typename T> static T load(const char *memory) {
  T value;
  std::memcpy(&value, memory, sizeof(T));
  return value;
}

/// The value of an f16.
static double halfValue(uint16_t bits) {
  int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  double value = exponent == 31  ? (fraction ? NAN : INFINITY)
                 : exponent == 0 ? std::ldexp(fraction, -24)
                                 : std::ldexp(1024 + fraction, exponent - 25);
  return bits & 0x8000 ? -value : value;
}

double sluice::valueOf(const char *memory, uint32_t element) {
  switch (element) {
  case SLUICE_F64:
    return load<double>(memory);
  case SLUICE_I32:
    return load<int32_t>(memory);
  case SLUICE_BF16: {
    uint32_t bits = uint32_t(load<uint16_t>(memory)) << 16;
    return load<float>(reinterpret_cast<const char *>(&bits));
  }
  case SLUICE_F16:
    return halfValue(load<uint16_t>(memory));
  default:
    return load<float>(memory);
  }
}

KernelError sluice::compareResult(const char *found, uint32_t element, const std::vector<double> &expected,
                                  size_t number) {
  double squares = 0;
  for (double value : expected)
    squares += value * value;
  double scale = std::sqrt(squares / double(expected.size()));
  KernelError error;
  for (size_t i = 0; i < expected.size(); ++i) {
    double value = valueOf(found + int64_t(i) * bytesOfElement(element), element);
    double difference = std::fabs(value - expected[i]);
    // Infinite and no numbers are right only where they are expected.
    if (value == expected[i] || (std::isnan(value) && std::isnan(expected[i])))
      difference = 0;
    double relative = difference == 0 ? 0 : difference / scale;
    if (!(relative >= 0))
      relative = INFINITY;
    if (relative <= error.largest)
      continue;
    char text[160];
    std::snprintf(text, sizeof text, "result %zu, element %zu: expected %.9g, found %.9g", number, i, expected[i],
                  value);
    error = {relative, text};
  }
  return error;
}

KernelError KernelCase::compare(const std::vector<char> &frame) const {
  KernelError worst;
  size_t number = 0;
  for (const Operand &operand : operands) {
    if (operand.expected.empty())
      continue;
    KernelError error = compareResult(frame.data() + operand.offset, operand.element, operand.expected, number++);
    if (error.largest > worst.largest)
      worst = error;
  }
  return worst;
}

std::vector<char> KernelCase::run(const cuda::Card &card) const {
  const cuda::Driver &driver = card.driver;
  card.makeCurrent();
  char log[4096] = {};
  int options[] = {cuda::kJitErrorLog, cuda::kJitErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
  void *module = nullptr;
  int status = driver.cuModuleLoadDataEx(&module, ptx.c_str(), 2, options, values);
  driver.check(status, "the PTX of " + name + (*log ? ": " + std::string(log, std::strcspn(log, "\n")) : ""));
  // Of a step that is all zeros.
  cuda::CardMemory step(card, sizeof(sluice_step)), frame(card, frameBytes), scratch(card, scratchBytes);
  std::vector<char> zeros(sizeof(sluice_step));
  driver.check(driver.cuMemcpyHtoD_v2(step.address(), zeros.data(), zeros.size()), "a copy to the card");
  for (const Operand &operand : operands)
    if (!operand.bytes.empty())
      driver.check(driver.cuMemcpyHtoD_v2(frame.address() + uint64_t(operand.offset), operand.bytes.data(),
                                          operand.bytes.size()),
                   "a copy to the card");
  for (const KernelLaunch &launch : launches) {
    std::string what = "kernel " + launch.kernel + " of " + name;
    void *function = nullptr;
    driver.check(driver.cuModuleGetFunction(&function, module, launch.kernel.c_str()), what);
    if (launch.sharedBytes > 0)
      driver.check(driver.cuFuncSetAttribute(function, cuda::kMaxDynamicSharedBytes, int(launch.sharedBytes)), what);
    std::vector<cuda::Address> addresses;
    for (const sluice_operand &operand : launch.operands)
      addresses.push_back(uint64_t(operand.offset) + (operand.space == SLUICE_SPACE_STEP    ? step.address()
                                                      : operand.space == SLUICE_SPACE_FRAME ? frame.address()
                                                                                            : scratch.address()));
    std::vector<void *> parameters;
    for (cuda::Address &address : addresses)
      parameters.push_back(&address);
    driver.check(driver.cuLaunchKernel(function, launch.grid[0], launch.grid[1], launch.grid[2], launch.block[0],
                                       launch.block[1], launch.block[2], launch.sharedBytes, nullptr, parameters.data(),
                                       nullptr),
                 what);
    driver.check(driver.cuCtxSynchronize(), what);
  }
  std::vector<char> result(static_cast<size_t>(frameBytes));
  for (const Operand &operand : operands)
    if (operand.isResult)
      driver.check(driver.cuMemcpyDtoH_v2(result.data() + operand.offset, frame.address() + uint64_t(operand.offset),
                                          uint64_t(operand.count * bytesOfElement(operand.element))),
                   "a result of " + name);
  driver.check(driver.cuModuleUnload(module), name);
  return result;
}

// A file is lines of words, then what they give the lengths of: bytes of operands, what is expected, the PTX.

void KernelCase::write(const std::string &path) const {
  std::ofstream file(path, std::ios::binary);
  file.precision(17);
  file << magic << '\n' << "case " << name << ' ' << tolerance << ' ' << frameBytes << ' ' << scratchBytes << '\n';
  for (const KernelLaunch &launch : launches) {
    file << "launch " << launch.kernel;
    for (uint32_t size : launch.grid)
      file << ' ' << size;
    for (uint32_t size : launch.block)
      file << ' ' << size;
    file << ' ' << launch.sharedBytes << ' ' << launch.operands.size();
    for (const sluice_operand &operand : launch.operands)
      file << ' ' << operand.space << ' ' << operand.offset;
    file << '\n';
  }
  for (const Operand &operand : operands)
    file << "operand " << operand.offset << ' ' << operand.count << ' ' << operand.element << ' '
         << operand.bytes.size() << ' ' << operand.expected.size() << '\n';
  file << "ptx " << ptx.size() << '\n';
  for (const Operand &operand : operands) {
    file.write(operand.bytes.data(), std::streamsize(operand.bytes.size()));
    file.write(reinterpret_cast<const char *>(operand.expected.data()),
               std::streamsize(operand.expected.size() * sizeof(double)));
  }
  if (!file.write(ptx.data(), std::streamsize(ptx.size())).flush())
    throw RunError(path + ": cannot be written: " + std::strerror(errno));
}

namespace {
/// Reads a file in the order in which it is written.
class CaseReader {
public:
  explicit CaseReader(const std::string &path) : path(path), file(path, std::ios::binary) {
    if (!file)
      throw RunError(path + ": cannot be read: " + std::strerror(errno));
  }

  KernelCase read() {
    std::string line;
    if (!std::getline(file, line) || line != magic)
      fail();
    size_t ptxBytes = 0;
    while (ptxBytes == 0) {
      if (!std::getline(file, line))
        fail();
      std::istringstream words(line);
      std::string kind;
      words >> kind;
      if (kind == "case")
        words >> result.name >> result.tolerance >> result.frameBytes >> result.scratchBytes;
      else if (kind == "launch")
        readLaunch(words);
      else if (kind == "operand")
        readOperand(words);
      else if (kind == "ptx")
        words >> ptxBytes;
      if (!words || (kind == "ptx" && ptxBytes == 0))
        fail();
    }
    for (KernelCase::Operand &operand : result.operands) {
      file.read(operand.bytes.data(), std::streamsize(operand.bytes.size()));
      file.read(reinterpret_cast<char *>(operand.expected.data()),
                std::streamsize(operand.expected.size() * sizeof(double)));
    }
    result.ptx.resize(checked(ptxBytes));
    file.read(result.ptx.data(), std::streamsize(ptxBytes));
    if (!file)
      fail();
    return std::move(result);
  }

private:
  [[noreturn]] void fail() const { throw RunError(path + ": expected a whole case of sluice-run --save"); }

  /// A length that memory could have.
  size_t checked(size_t count) const { return count < (size_t(1) << 32) ? count : (fail(), 0); }

  void readLaunch(std::istream &words) {
    KernelLaunch launch = {};
    size_t count = 0;
    words >> launch.kernel;
    for (uint32_t &size : launch.grid)
      words >> size;
    for (uint32_t &size : launch.block)
      words >> size;
    words >> launch.sharedBytes >> count;
    for (size_t i = 0; i < count && words; ++i) {
      launch.operands.push_back({});
      words >> launch.operands.back().space >> launch.operands.back().offset;
    }
    result.launches.push_back(std::move(launch));
  }

  void readOperand(std::istream &words) {
    KernelCase::Operand operand;
    size_t bytes = 0, expected = 0;
    words >> operand.offset >> operand.count >> operand.element >> bytes >> expected;
    if (operand.element > SLUICE_F16)
      fail();
    operand.bytes.resize(checked(bytes));
    operand.expected.resize(checked(expected));
    operand.isResult = expected > 0;
    result.operands.push_back(std::move(operand));
  }

  const std::string &path;
  std::ifstream file;
  KernelCase result;
};
} // namespace

KernelCase KernelCase::read(const std::string &path) { return CaseReader(path).read(); }

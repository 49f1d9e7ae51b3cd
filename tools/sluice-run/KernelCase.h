//===- KernelCase.h - A function as launches, with what it should compute -------------------===//
//
// Needs nothing of LLVM: programs for machines with a card alone read what was written where there is a compiler.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_RUN_KERNELCASE_H
#define SLUICE_TOOLS_SLUICE_RUN_KERNELCASE_H

#include "runtime/abi.h"
#include "runtime/cuda/Card.h"
#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

/// A launch as in sluice_launch. Operands lie in the step, the frame or the scratch memory.
struct KernelLaunch {
  std::string kernel;
  uint32_t grid[3], block[3], sharedBytes;
  std::vector<sluice_operand> operands;
};

/// How far results are from what was expected.
struct KernelError {
  /// The largest difference, over the root of the mean square of what was expected.
  double largest = 0;
  std::string place; ///< Where that is: "result 1, element 17: expected 0.5, found 0.25".
};

/// A function on a card.
struct KernelCase {
  /// An operand: elements of a sluice_element, one after the other in the frame.
  struct Operand {
    int64_t offset = 0, count = 0;
    uint32_t element = SLUICE_F32;
    bool isResult = false;
    std::vector<char> bytes;      ///< Before the first launch; empty: not written.
    std::vector<double> expected; ///< Of a result; empty: not known.
  };

  std::string name;
  double tolerance = 0; ///< What KernelError::largest may be.
  std::string ptx;
  int64_t frameBytes = 0, scratchBytes = 0;
  std::vector<KernelLaunch> launches;
  std::vector<Operand> operands;

  /// Runs the launches one by one on a card. The frame as it is then, with zeros where there is no result. RunError
  /// names the kernel that failed.
  std::vector<char> run(const cuda::Card &card) const;

  /// Compares results that lie in a frame with what was expected.
  KernelError compare(const std::vector<char> &frame) const;

  /// RunError where the file cannot be written, cannot be read, or is none.
  void write(const std::string &path) const;
  static KernelCase read(const std::string &path);
};

/// Bytes of an element.
int64_t bytesOfElement(uint32_t element);
/// Its value.
double valueOf(const char *memory, uint32_t element);

/// The error of results that lie one after the other. `number` is for its place.
KernelError compareResult(const char *found, uint32_t element, const std::vector<double> &expected, size_t number);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICE_RUN_KERNELCASE_H

//===- Operation.h - A kernel, decoded ----------------------------------------------------===//
//
// Registers lie as arrays of 32 lanes one after the other in a warp's register file, named by the byte where they
// begin. Constants and special registers lie behind them, so that every operand is read the same way. Predicates are
// words of 32 bits, a bit a lane, named by number.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_OPERATION_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_OPERATION_H

#include "test/cuda-emulator/code/Numbers.h"
#include <array>
#include <string>
#include <vector>

namespace sluice::emulator {

struct Warp;
struct Operation;
/// Runs an operation for the lanes of the warp's mask. Throws Fault.
using Handler = void (*)(Warp &, const Operation &);

enum class Flow : u8 { Plain, Branch, Exit, Barrier };

/// What counters tell apart.
enum class Class : u8 {
  Integer,
  Float,
  Convert,
  Compare,
  Move,
  Global,
  Shared,
  Parameter,
  Async,
  Matrix,
  Warp,
  Control
};
inline constexpr int classCount = 12;
inline constexpr const char *classNames[classCount] = {"integer", "float",     "convert", "compare", "move", "global",
                                                       "shared",  "parameter", "async",   "matrix",  "warp", "control"};

inline constexpr u32 none = ~u32{0};

struct Operation {
  Handler run = nullptr;
  Flow flow = Flow::Plain;
  Class counted = Class::Integer;
  bool isGuardNegated = false;
  bool isWideAddress = true; ///< the address in at[] has 64 bits, not 32
  u32 guard = none;          ///< a predicate
  u32 target = 0;            ///< of a branch: an operation
  u32 reconverge = 0;        ///< where lanes that part here meet again: the immediate post-dominator
  s64 offset = 0;            ///< of an address
  u64 value = 0;             ///< by opcode
  int line = 0;              ///< of the PTX
  std::array<u32, 14> at{};  ///< operands, by opcode: the result first where there is one
};

/// A part of the register file that is the same in all lanes and never changes.
struct Broadcast {
  u32 at;
  u32 bytes; ///< of a lane
  u64 bits;
};

enum class Special : u8 {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  LaneMaskEq,
  LaneMaskLe,
  LaneMaskLt,
  LaneMaskGe,
  LaneMaskGt
};

struct SpecialRegister {
  Special which;
  u32 at;
};

struct Kernel {
  std::string name;
  std::vector<Operation> operations;
  u32 registerBytes = 0, predicates = 0;
  std::vector<Broadcast> constants;
  std::vector<SpecialRegister> specials;
  std::vector<u32> parameterOffsets, parameterSizes;
  u32 parameterBytes = 0;
  u32 staticShared = 0;                 ///< bytes, where dynamic shared memory begins
  u32 maxThreads = 1024;                ///< of a block
  std::array<u32, 3> requiredThreads{}; ///< 0: any
  u32 dynamicShared = 48 << 10;         ///< the most of a launch, which cuFuncSetAttribute raises
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_OPERATION_H

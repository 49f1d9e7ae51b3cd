//===- Encoder.h - An instruction's operands, as places in the register file --------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_ENCODER_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_ENCODER_H

#include "test/cuda-emulator/code/Operation.h"
#include "test/cuda-emulator/ptx/Syntax.h"
#include <map>

namespace sluice::emulator {

/// A variable's state space and its address there.
struct Symbol {
  ptx::Space space = ptx::Space::Global;
  u64 address = 0;
};

/// Generic addresses of shared memory are these and the offset.
inline constexpr u64 sharedWindow = u64{1} << 46;
inline constexpr u64 sharedWindowBytes = u64{1} << 24;

/// Where a kernel's registers lie, and what comes behind them.
struct Layout {
  const ptx::Entry *entry = nullptr;
  Kernel *kernel = nullptr;
  std::vector<u32> places; ///< of registers: bytes, or numbers of predicates
  std::map<std::string, Symbol> symbols;
  std::map<std::pair<u64, u32>, u32> constants; ///< by bits and size
  std::map<std::string, u32> specials;
  u32 scratch = 0; ///< where results go that nobody reads
};

/// One instruction. What it cannot encode throws ptx::SyntaxError.
class Encoder {
public:
  Encoder(Layout &layout, const ptx::Instruction &instruction, Operation &operation)
      : operation(operation), instruction(instruction), layout(layout) {}

  Operation &operation;
  const ptx::Instruction &instruction;

  const ptx::Operand &operand(size_t index) const { return instruction.operands[index]; }
  size_t count() const { return instruction.operands.size(); }
  void expectOperands(size_t least, size_t most = 0);

  /// Bytes of a lane of a register; 0 for all else.
  u32 sizeOf(const ptx::Operand &operand) const;
  /// A register of that many bytes a lane, or one that nobody reads for '_'.
  u32 result(const ptx::Operand &operand, u32 bytes);
  /// A register of that size, a special one, or a constant or an address, which all lanes get.
  u32 input(const ptx::Operand &operand, u32 bytes);
  u32 broadcast(u64 bits, u32 bytes);
  /// The number of a predicate.
  u32 predicate(const ptx::Operand &operand);
  /// An integer that must be written in the instruction.
  u64 constant(const ptx::Operand &operand);
  /// Elements of a vector; an operand that is none counts as a vector of one.
  std::vector<ptx::Operand> elements(const ptx::Operand &operand, size_t expected);
  /// [register + offset] or [symbol + offset], whose place goes to at[index]. A variable must lie in the space.
  void address(const ptx::Operand &operand, size_t index, ptx::Space space);
  /// The place of [parameter + offset] in the buffer of parameters.
  u32 parameter(const ptx::Operand &operand, u32 bytes);

  /// The opcode's parts behind its first one: "st.global.b32" has "global" and "b32".
  std::vector<std::string> suffixes() const;

  [[noreturn]] void fail(const std::string &what) const;
  [[noreturn]] void unknown() const { fail("unknown instruction '" + instruction.opcode + "'"); }

private:
  u32 special(const std::string &name);
  const Symbol &symbol(const std::string &name) const;

  Layout &layout;
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_ENCODER_H

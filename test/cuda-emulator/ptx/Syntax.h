//===- Syntax.h - A module of PTX, as it is written ---------------------------------------===//
//
// What the parser leaves: registers, variables and labels are resolved, opcodes are still spelled. Names are those of
// NVIDIA's "Parallel Thread Execution ISA". Widths are in bits where they are called so, all other sizes in bytes.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_PTX_SYNTAX_H
#define SLUICE_TEST_CUDAEMULATOR_PTX_SYNTAX_H

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sluice::emulator::ptx {

/// What is wrong with a module, and where. Lines count from 1.
struct SyntaxError : std::runtime_error {
  SyntaxError(int line, const std::string &what)
      : std::runtime_error("PTX line " + std::to_string(line) + ": " + what), line(line) {}
  int line;
};

/// A constant as written. Integers have 64 bits, 0f and 0d those of the number.
struct Constant {
  enum class Kind : uint8_t { Integer, F32, F64 };
  Kind kind = Kind::Integer;
  uint64_t bits = 0;
};

struct Operand {
  enum class Kind : uint8_t {
    Register, ///< number `index` of the kernel's registers
    Special,  ///< %tid.x and the like: `name`
    Constant,
    Symbol,  ///< a variable, a parameter or a label: `name`
    Address, ///< [elements[0] + offset]: a register, a symbol or a constant
    Vector,  ///< {a, b, ...}
    Pair,    ///< a|b
    Sink     ///< _
  };
  Kind kind = Kind::Constant;
  bool isNegated = false; ///< !%p1
  int index = -1;
  int64_t offset = 0;
  std::string name;
  Constant constant;
  std::vector<Operand> elements;
};

struct Instruction {
  std::string opcode; ///< with all its suffixes, as spelled
  std::optional<Operand> guard;
  std::vector<Operand> operands;
  int line = 0;
};

struct Register {
  std::string name;
  int bits = 0; ///< 1 for predicates
  bool isPredicate() const { return bits == 1; }
};

enum class Space : uint8_t { Global, Constant, Shared };

/// A variable of the module or of a kernel. `initial` is empty, or has all bytes.
struct Variable {
  std::string name;
  Space space = Space::Global;
  bool isExternal = false; ///< dynamic shared memory
  uint32_t alignment = 1;
  uint64_t bytes = 0;
  std::vector<uint8_t> initial;
  int line = 0;
};

struct Parameter {
  std::string name;
  uint32_t alignment = 1, bytes = 0, offset = 0; ///< offset in the buffer of all parameters
};

struct Label {
  std::string name;
  int instruction = 0; ///< the one it stands before; the count of instructions at the end
};

struct Entry {
  std::string name;
  int line = 0;
  std::vector<Parameter> parameters;
  uint32_t parameterBytes = 0;
  std::array<uint32_t, 3> maxThreads{}, requiredThreads{}; ///< 0: not said
  std::vector<Register> registers;
  std::vector<Variable> variables; ///< its own .shared ones
  std::vector<Label> labels;
  std::vector<Instruction> instructions;
};

struct Module {
  int version = 0;                   ///< ten times: 80 is .version 8.0
  int capability = 0;                ///< of .target: 80 is sm_80
  bool isForOneArchitecture = false; ///< sm_90a: runs on that capability alone
  std::vector<Variable> variables;
  std::vector<Entry> entries;
};

/// Reads a module. Throws SyntaxError.
Module parse(const std::string &text);

} // namespace sluice::emulator::ptx

#endif // SLUICE_TEST_CUDAEMULATOR_PTX_SYNTAX_H

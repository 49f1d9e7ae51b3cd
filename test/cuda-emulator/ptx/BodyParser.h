//===- BodyParser.h - The statements of a kernel ------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_PTX_BODYPARSER_H
#define SLUICE_TEST_CUDAEMULATOR_PTX_BODYPARSER_H

#include "test/cuda-emulator/ptx/TokenStream.h"
#include <map>

namespace sluice::emulator::ptx {

/// Bits of a type's name, such as .b32 or .pred (1); 0: no type. x2 types are not for variables.
int bitsOfType(const std::string &name);

/// Reads a variable behind its state space: alignment, type, name, size, initial value and ';'.
Variable parseVariable(TokenStream &tokens, Space space, bool isExternal);

/// Reads '{' statements '}' into an entry.
class BodyParser {
public:
  BodyParser(TokenStream &tokens, Entry &entry) : tokens(tokens), entry(entry) {}
  void run();

private:
  /// Names of a '{ }' inside of a kernel, which hide those outside.
  struct Scope {
    std::map<std::string, int> registers;
    std::map<std::string, std::string> labels; ///< to names that are unique in the kernel
  };

  void block();
  void statement();
  void directive();
  void declareRegisters();
  void addRegister(const std::string &name, int bits, int line);
  void declareLabels();
  void instruction();
  Operand operand();
  Operand simpleOperand();
  Operand named(const Token &token);
  Operand address();

  TokenStream &tokens;
  Entry &entry;
  std::vector<Scope> scopes;
  int scopeCount = 0;
};

} // namespace sluice::emulator::ptx

#endif // SLUICE_TEST_CUDAEMULATOR_PTX_BODYPARSER_H

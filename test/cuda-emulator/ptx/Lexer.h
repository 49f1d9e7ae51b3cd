//===- Lexer.h - The tokens of PTX --------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_PTX_LEXER_H
#define SLUICE_TEST_CUDAEMULATOR_PTX_LEXER_H

#include "test/cuda-emulator/ptx/Syntax.h"

namespace sluice::emulator::ptx {

struct Token {
  enum class Kind : uint8_t {
    Word,   ///< a name, a register, a directive or an opcode with its suffixes
    Number, ///< `constant`
    String,
    Punctuation,
    End
  };
  Kind kind = Kind::End;
  std::string text;
  Constant constant;
  int line = 0;

  bool is(const char *what) const { return (kind == Kind::Word || kind == Kind::Punctuation) && text == what; }
};

/// All tokens of a text, with one of the kind End behind them. Comments are left out. Throws SyntaxError.
std::vector<Token> tokenize(const std::string &text);

} // namespace sluice::emulator::ptx

#endif // SLUICE_TEST_CUDAEMULATOR_PTX_LEXER_H

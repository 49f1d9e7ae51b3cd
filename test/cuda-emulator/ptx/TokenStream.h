//===- TokenStream.h - Tokens one after the other, and constant expressions ---------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_PTX_TOKENSTREAM_H
#define SLUICE_TEST_CUDAEMULATOR_PTX_TOKENSTREAM_H

#include "test/cuda-emulator/ptx/Lexer.h"

namespace sluice::emulator::ptx {

class TokenStream {
public:
  explicit TokenStream(std::vector<Token> tokens) : tokens(std::move(tokens)) {}

  const Token &peek(size_t ahead = 0) const { return tokens[std::min(at + ahead, tokens.size() - 1)]; }
  Token take();
  /// Takes the token if it is `text`.
  bool takeIf(const char *text);
  /// Takes `text`, or throws.
  void expect(const char *text);
  std::string expectWord(const char *what);

  /// An expression of numbers, as C has it; a number alone keeps its kind, all else is an integer.
  Constant constant();
  uint64_t integer();
  bool atConstant() const;

  /// Skips all up to the ';' that ends a statement.
  void skipStatement();
  /// Skips '{' with all up to its '}'.
  void skipBraces();

  [[noreturn]] void fail(const std::string &expected) const;

private:
  Constant binary(int least);
  Constant unary();

  std::vector<Token> tokens;
  size_t at = 0;
};

} // namespace sluice::emulator::ptx

#endif // SLUICE_TEST_CUDAEMULATOR_PTX_TOKENSTREAM_H

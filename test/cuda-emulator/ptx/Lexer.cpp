//===- Lexer.cpp - The tokens of PTX ------------------------------------------------------===//
#include "test/cuda-emulator/ptx/Lexer.h"
#include <cstdlib>
#include <cstring>

using namespace sluice::emulator::ptx;

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '.';
}
static bool isWordPart(char c) { return isWordStart(c) || isDigit(c); }

namespace {
class Lexer {
public:
  explicit Lexer(const std::string &text) : text(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    for (skipSpace(); at < text.size(); skipSpace())
      tokens.push_back(next());
    tokens.push_back({Token::Kind::End, "the end of the text", {}, line});
    return tokens;
  }

private:
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  void skipSpace();
  Token next();
  Token number();
  Token word();
  Token quoted();

  const std::string &text;
  size_t at = 0;
  int line = 1;
};
} // namespace

void Lexer::skipSpace() {
  while (at < text.size()) {
    if (peek() == '\n')
      ++line;
    if (std::strchr(" \t\r\n", peek()) && peek()) {
      ++at;
    } else if (peek() == '/' && peek(1) == '/') {
      at = std::min(text.find('\n', at), text.size());
    } else if (peek() == '/' && peek(1) == '*') {
      size_t end = text.find("*/", at + 2);
      if (end == std::string::npos)
        throw SyntaxError(line, "expected the end of a comment");
      for (; at < end + 2; ++at)
        line += text[at] == '\n';
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  if (isDigit(peek()))
    return number();
  bool isRegister = peek() == '%' && isWordStart(peek(1));
  if (isWordStart(peek()) || isRegister)
    return word();
  if (peek() == '"')
    return quoted();
  Token token{Token::Kind::Punctuation, std::string(1, peek()), {}, line};
  if (!std::strchr("{}[]()<>,;:+-*/%@!|=~&^?", peek()) || !peek())
    throw SyntaxError(line, "unexpected character '" + token.text + "'");
  ++at;
  return token;
}

Token Lexer::word() {
  size_t start = at++;
  // Suffixes may hold "::", as in shared::cta. A label ends with one colon.
  while (isWordPart(peek()) || (peek() == ':' && peek(1) == ':' && isWordPart(peek(2))))
    at += peek() == ':' ? 2 : 1;
  return {Token::Kind::Word, text.substr(start, at - start), {}, line};
}

Token Lexer::quoted() {
  size_t end = text.find('"', at + 1);
  if (end == std::string::npos || text.find('\n', at) < end)
    throw SyntaxError(line, "expected the end of a string");
  Token token{Token::Kind::String, text.substr(at + 1, end - at - 1), {}, line};
  at = end + 1;
  return token;
}

Token Lexer::number() {
  Token token{Token::Kind::Number, "", {}, line};
  size_t start = at;
  bool isHexFloat = peek() == '0' && std::strchr("fFdD", peek(1)) && std::isxdigit(peek(2));
  if (isHexFloat) {
    bool isDouble = peek(1) == 'd' || peek(1) == 'D';
    size_t digits = isDouble ? 16 : 8;
    token.constant.kind = isDouble ? Constant::Kind::F64 : Constant::Kind::F32;
    token.text = text.substr(at, digits + 2);
    if (token.text.find_first_not_of("0123456789abcdefABCDEF", 2) != std::string::npos ||
        token.text.size() != digits + 2)
      throw SyntaxError(line, "expected " + std::to_string(digits) + " hexadecimal digits, found '" + token.text + "'");
    token.constant.bits = std::strtoull(token.text.c_str() + 2, nullptr, 16);
    at += digits + 2;
    return token;
  }
  char *end = nullptr;
  const char *begin = text.c_str() + at;
  bool isBinary = peek() == '0' && (peek(1) == 'b' || peek(1) == 'B');
  token.constant.bits = isBinary ? std::strtoull(begin + 2, &end, 2) : std::strtoull(begin, &end, 0);
  if (!isBinary && (*end == '.' || ((*end == 'e' || *end == 'E') && peek(1) != 'x'))) {
    double value = std::strtod(begin, &end);
    token.constant.kind = Constant::Kind::F64;
    std::memcpy(&token.constant.bits, &value, sizeof(value));
  }
  at += end - begin;
  if (peek() == 'U')
    ++at;
  token.text = text.substr(start, at - start);
  if (isWordPart(peek()))
    throw SyntaxError(line, "expected a number, found '" + token.text + peek() + "'");
  return token;
}

std::vector<Token> sluice::emulator::ptx::tokenize(const std::string &text) { return Lexer(text).run(); }

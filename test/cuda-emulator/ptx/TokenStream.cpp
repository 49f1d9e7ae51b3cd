//===- TokenStream.cpp - Tokens one after the other, and constant expressions -------------===//
#include "test/cuda-emulator/ptx/TokenStream.h"
#include <cstring>

using namespace sluice::emulator::ptx;

Token TokenStream::take() {
  Token token = peek();
  at = std::min(at + 1, tokens.size() - 1);
  return token;
}

bool TokenStream::takeIf(const char *text) {
  if (!peek().is(text))
    return false;
  take();
  return true;
}

void TokenStream::expect(const char *text) {
  if (!takeIf(text))
    fail("'" + std::string(text) + "'");
}

std::string TokenStream::expectWord(const char *what) {
  if (peek().kind != Token::Kind::Word)
    fail(what);
  return take().text;
}

void TokenStream::fail(const std::string &expected) const {
  throw SyntaxError(peek().line, "expected " + expected + ", found '" + peek().text + "'");
}

void TokenStream::skipStatement() {
  while (!peek().is(";") && peek().kind != Token::Kind::End)
    take();
  expect(";");
}

void TokenStream::skipBraces() {
  expect("{");
  for (int depth = 1; depth > 0;) {
    if (peek().kind == Token::Kind::End)
      fail("'}'");
    Token token = take();
    depth += token.is("{") - token.is("}");
  }
}

bool TokenStream::atConstant() const {
  return peek().kind == Token::Kind::Number || peek().is("-") || peek().is("+") || peek().is("~") || peek().is("(") ||
         peek().is("WARP_SZ");
}

Constant TokenStream::constant() { return binary(0); }

uint64_t TokenStream::integer() {
  Constant value = constant();
  if (value.kind != Constant::Kind::Integer)
    fail("an integer before this");
  return value.bits;
}

static int precedenceOf(const Token &token) {
  if (token.kind != Token::Kind::Punctuation)
    return 0;
  switch (token.text[0]) {
  case '&':
    return 1;
  case '+':
  case '-':
    return 2;
  case '*':
  case '/':
  case '%':
    return 3;
  default:
    return 0;
  }
}

Constant TokenStream::unary() {
  if (takeIf("(")) {
    Constant value = constant();
    expect(")");
    return value;
  }
  if (takeIf("WARP_SZ"))
    return {Constant::Kind::Integer, 32};
  if (takeIf("+"))
    return unary();
  if (takeIf("~"))
    return {Constant::Kind::Integer, ~unary().bits};
  if (takeIf("-")) {
    Constant value = unary();
    if (value.kind == Constant::Kind::Integer)
      value.bits = -value.bits;
    else
      value.bits ^= value.kind == Constant::Kind::F32 ? 0x80000000u : uint64_t{1} << 63;
    return value;
  }
  if (peek().kind != Token::Kind::Number)
    fail("a number");
  return take().constant;
}

Constant TokenStream::binary(int least) {
  Constant left = unary();
  for (int precedence; (precedence = precedenceOf(peek())) > least;) {
    int line = peek().line;
    char sign = take().text[0];
    Constant right = binary(precedence);
    if (left.kind != Constant::Kind::Integer || right.kind != Constant::Kind::Integer)
      throw SyntaxError(line, "expected integers in an expression");
    if (std::strchr("/%", sign) && right.bits == 0)
      throw SyntaxError(line, "expected a divisor other than 0");
    int64_t a = left.bits, b = right.bits;
    switch (sign) {
    case '&':
      left.bits = a & b;
      break;
    case '+':
      left.bits += right.bits;
      break;
    case '-':
      left.bits -= right.bits;
      break;
    case '*':
      left.bits *= right.bits;
      break;
    default:
      // The least number by -1 overflows.
      left.bits = b == -1 ? (sign == '/' ? -left.bits : 0) : uint64_t(sign == '/' ? a / b : a % b);
    }
  }
  return left;
}

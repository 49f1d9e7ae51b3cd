//===- Parser.cpp - A module of PTX -------------------------------------------------------===//
#include "test/cuda-emulator/ptx/BodyParser.h"
#include <cstring>

using namespace sluice::emulator::ptx;

int sluice::emulator::ptx::bitsOfType(const std::string &name) {
  static const std::map<std::string, int> bits = {{".pred", 1}, {".b8", 8},    {".u8", 8},   {".s8", 8},   {".b16", 16},
                                                  {".u16", 16}, {".s16", 16},  {".f16", 16}, {".b32", 32}, {".u32", 32},
                                                  {".s32", 32}, {".f32", 32},  {".b64", 64}, {".u64", 64}, {".s64", 64},
                                                  {".f64", 64}, {".f16x2", 32}};
  auto found = bits.find(name);
  return found == bits.end() ? 0 : found->second;
}

/// The bytes of a constant as an element of a type.
static void append(std::vector<uint8_t> &bytes, const Constant &constant, int bits, bool isFloat, int line) {
  uint64_t value = constant.bits;
  if (isFloat && constant.kind == Constant::Kind::F64 && bits == 32) {
    double wide;
    std::memcpy(&wide, &value, sizeof(wide));
    float narrow = float(wide);
    value = 0;
    std::memcpy(&value, &narrow, sizeof(narrow));
  } else if (constant.kind != Constant::Kind::Integer && bits != (constant.kind == Constant::Kind::F32 ? 32 : 64)) {
    throw SyntaxError(line, "expected a constant of " + std::to_string(bits) + " bits");
  }
  for (int i = 0; i < bits / 8; ++i)
    bytes.push_back(uint8_t(value >> 8 * i));
}

Variable sluice::emulator::ptx::parseVariable(TokenStream &tokens, Space space, bool isExternal) {
  Variable variable;
  variable.space = space;
  variable.isExternal = isExternal;
  variable.line = tokens.peek().line;
  if (tokens.takeIf(".align"))
    variable.alignment = uint32_t(tokens.integer());
  std::string type = tokens.expectWord("a type");
  int bits = bitsOfType(type);
  if (bits < 8)
    throw SyntaxError(variable.line, "expected the type of a variable, found '" + type + "'");
  variable.alignment = std::max<uint32_t>(variable.alignment, bits / 8);
  if (variable.alignment & (variable.alignment - 1))
    throw SyntaxError(variable.line, "expected an alignment that is a power of two");
  variable.name = tokens.expectWord("the name of a variable");
  variable.bytes = bits / 8;
  while (tokens.takeIf("[")) {
    variable.bytes *= tokens.peek().is("]") ? 0 : tokens.integer();
    tokens.expect("]");
  }
  if (tokens.takeIf("=")) {
    bool isFloat = type.compare(0, 2, ".f") == 0;
    bool isList = tokens.takeIf("{");
    do
      append(variable.initial, tokens.constant(), bits, isFloat, tokens.peek().line);
    while (isList && tokens.takeIf(","));
    if (isList)
      tokens.expect("}");
    if (variable.initial.size() > variable.bytes)
      throw SyntaxError(variable.line, "too many initial values of '" + variable.name + "'");
    variable.initial.resize(variable.bytes);
  }
  tokens.expect(";");
  if (!isExternal && variable.bytes == 0)
    throw SyntaxError(variable.line, "expected the size of '" + variable.name + "'");
  if (isExternal && space != Space::Shared)
    throw SyntaxError(variable.line, "external variable '" + variable.name + "': only .shared ones can be external");
  return variable;
}

namespace {
class Parser {
public:
  explicit Parser(const std::string &text) : tokens(tokenize(text)) {}
  Module run();

private:
  void header();
  void target();
  void statement();
  void entry();
  Parameter parameter();
  std::array<uint32_t, 3> dimensions();
  bool performance(Entry &entry);

  TokenStream tokens;
  Module module;
};
} // namespace

Module Parser::run() {
  header();
  while (tokens.peek().kind != Token::Kind::End)
    statement();
  return std::move(module);
}

void Parser::header() {
  tokens.expect(".version");
  // 8.0 is two numbers with a point, not one to be rounded.
  std::string version = tokens.peek().text;
  if (tokens.peek().kind != Token::Kind::Number || version.find('.') == std::string::npos)
    tokens.fail("a version such as 8.0");
  module.version = 10 * std::stoi(version) + std::stoi(version.substr(version.find('.') + 1));
  tokens.take();
  tokens.expect(".target");
  target();
  tokens.expect(".address_size");
  if (!tokens.peek().is("64") && tokens.peek().text != "64")
    tokens.fail("an address size of 64");
  tokens.take();
}

void Parser::target() {
  std::string name = tokens.peek().text;
  bool isKnown = tokens.peek().kind == Token::Kind::Word && name.compare(0, 3, "sm_") == 0 && name.size() > 4 &&
                 name.find_first_not_of("0123456789", 3) >= name.size() - 1;
  if (!isKnown)
    tokens.fail("an architecture such as sm_80");
  module.capability = std::stoi(name.substr(3));
  module.isForOneArchitecture = name.back() == 'a';
  tokens.take();
  while (tokens.takeIf(","))
    tokens.expect("debug");
}

void Parser::statement() {
  while (tokens.takeIf(".visible") || tokens.takeIf(".weak"))
    ;
  bool isExternal = tokens.takeIf(".extern");
  const Token token = tokens.take();
  if (token.is(".entry"))
    return entry();
  if (token.is(".shared") || token.is(".global") || token.is(".const")) {
    Space space = token.is(".shared") ? Space::Shared : token.is(".const") ? Space::Constant : Space::Global;
    module.variables.push_back(parseVariable(tokens, space, isExternal));
    return;
  }
  if (token.is(".file")) {
    tokens.integer();
    tokens.take();
    while (tokens.takeIf(","))
      tokens.integer();
    return;
  }
  if (token.is(".section")) {
    tokens.expectWord("a section");
    return tokens.skipBraces();
  }
  if (token.is(".pragma"))
    return tokens.skipStatement();
  throw SyntaxError(token.line, "unknown directive '" + token.text + "'");
}

std::array<uint32_t, 3> Parser::dimensions() {
  std::array<uint32_t, 3> sizes = {uint32_t(tokens.integer()), 1, 1};
  for (int i = 1; i < 3 && tokens.takeIf(","); ++i)
    sizes[i] = uint32_t(tokens.integer());
  return sizes;
}

/// Takes a directive between a kernel's parameters and its body.
bool Parser::performance(Entry &entry) {
  if (tokens.takeIf(".maxntid"))
    entry.maxThreads = dimensions();
  else if (tokens.takeIf(".reqntid"))
    entry.requiredThreads = dimensions();
  else if (tokens.takeIf(".minnctapersm") || tokens.takeIf(".maxnreg"))
    tokens.integer();
  else if (tokens.takeIf(".pragma"))
    tokens.skipStatement();
  else
    return false;
  return true;
}

void Parser::entry() {
  Entry entry;
  entry.line = tokens.peek().line;
  entry.name = tokens.expectWord("the name of a kernel");
  if (tokens.takeIf("(")) {
    while (!tokens.takeIf(")")) {
      Parameter next = parameter();
      next.offset = (entry.parameterBytes + next.alignment - 1) / next.alignment * next.alignment;
      entry.parameterBytes = next.offset + next.bytes;
      entry.parameters.push_back(next);
      tokens.takeIf(",");
    }
  }
  while (performance(entry))
    ;
  BodyParser(tokens, entry).run();
  module.entries.push_back(std::move(entry));
}

Parameter Parser::parameter() {
  Parameter parameter;
  tokens.expect(".param");
  if (tokens.takeIf(".align"))
    parameter.alignment = uint32_t(tokens.integer());
  int bits = bitsOfType(tokens.peek().text);
  if (bits < 8)
    tokens.fail("the type of a parameter");
  tokens.take();
  parameter.alignment = std::max<uint32_t>(parameter.alignment, bits / 8);
  parameter.bytes = bits / 8;
  if (tokens.takeIf(".ptr")) {
    // Says where the pointer points, which the emulator sees for itself.
    while (tokens.takeIf(".global") || tokens.takeIf(".shared") || tokens.takeIf(".const"))
      ;
    if (tokens.takeIf(".align"))
      tokens.integer();
  }
  parameter.name = tokens.expectWord("the name of a parameter");
  if (tokens.takeIf("[")) {
    parameter.bytes *= uint32_t(tokens.integer());
    tokens.expect("]");
  }
  return parameter;
}

Module sluice::emulator::ptx::parse(const std::string &text) { return Parser(text).run(); }

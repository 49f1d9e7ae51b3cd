//===- BodyParser.cpp - The statements of a kernel ----------------------------------------===//
#include "test/cuda-emulator/ptx/BodyParser.h"

using namespace sluice::emulator::ptx;

void BodyParser::run() {
  block();
  for (const Label &label : entry.labels)
    if (label.instruction < 0)
      throw SyntaxError(entry.line, "expected label '" + label.name + "' to be defined");
}

void BodyParser::block() {
  tokens.expect("{");
  scopes.emplace_back();
  declareLabels();
  while (!tokens.peek().is("}")) {
    if (tokens.peek().kind == Token::Kind::End)
      tokens.fail("'}'");
    statement();
  }
  tokens.expect("}");
  scopes.pop_back();
}

/// Labels may be used before they stand, so those of a block are looked for first.
void BodyParser::declareLabels() {
  std::string suffix = scopeCount++ ? "." + std::to_string(scopeCount) : "";
  int depth = 1;
  for (size_t ahead = 0; depth > 0 && tokens.peek(ahead).kind != Token::Kind::End; ++ahead) {
    const Token &token = tokens.peek(ahead);
    depth += token.is("{") - token.is("}");
    bool isLabel = depth == 1 && token.kind == Token::Kind::Word && tokens.peek(ahead + 1).is(":");
    if (!isLabel)
      continue;
    if (!scopes.back().labels.emplace(token.text, token.text + suffix).second)
      throw SyntaxError(token.line, "label '" + token.text + "' is defined twice");
    entry.labels.push_back({token.text + suffix, -1});
  }
}

void BodyParser::statement() {
  const Token &token = tokens.peek();
  if (token.is("{"))
    return block();
  if (token.is(";")) {
    tokens.take();
    return;
  }
  if (token.kind == Token::Kind::Word && tokens.peek(1).is(":")) {
    std::string name = scopes.back().labels.at(tokens.take().text);
    tokens.expect(":");
    for (Label &label : entry.labels)
      if (label.name == name)
        label.instruction = int(entry.instructions.size());
    return;
  }
  if (token.kind == Token::Kind::Word && token.text[0] == '.')
    return directive();
  instruction();
}

void BodyParser::directive() {
  const Token token = tokens.take();
  if (token.is(".reg"))
    return declareRegisters();
  if (token.is(".shared")) {
    entry.variables.push_back(parseVariable(tokens, Space::Shared, false));
    return;
  }
  if (token.is(".pragma"))
    return tokens.skipStatement();
  if (token.is(".loc")) {
    // Has no ';': file, line and column, and what was inlined where.
    for (int i = 0; i < 3; ++i)
      tokens.integer();
    while (tokens.takeIf(","))
      for (tokens.take(); !tokens.peek().is(",") && tokens.peek().line == token.line;)
        tokens.take();
    return;
  }
  throw SyntaxError(token.line, "unknown directive '" + token.text + "' in kernel '" + entry.name + "'");
}

void BodyParser::addRegister(const std::string &name, int bits, int line) {
  if (!scopes.back().registers.emplace(name, int(entry.registers.size())).second)
    throw SyntaxError(line, "register '" + name + "' is declared twice");
  entry.registers.push_back({name, bits});
}

void BodyParser::declareRegisters() {
  Token type = tokens.take();
  int bits = bitsOfType(type.text);
  if (bits == 0 || bits == 8)
    throw SyntaxError(type.line, "expected the type of registers, found '" + type.text + "'");
  do {
    int line = tokens.peek().line;
    std::string name = tokens.expectWord("the name of a register");
    if (!tokens.takeIf("<")) {
      addRegister(name, bits, line);
      continue;
    }
    uint64_t count = tokens.integer();
    if (count > 1000000)
      throw SyntaxError(line, "expected at most 1000000 registers '" + name + "', found " + std::to_string(count));
    tokens.expect(">");
    for (uint64_t i = 0; i < count; ++i)
      addRegister(name + std::to_string(i), bits, line);
  } while (tokens.takeIf(","));
  tokens.expect(";");
}

void BodyParser::instruction() {
  Instruction instruction;
  instruction.line = tokens.peek().line;
  if (tokens.takeIf("@")) {
    bool isNegated = tokens.takeIf("!");
    instruction.guard = simpleOperand();
    instruction.guard->isNegated = isNegated;
    if (instruction.guard->kind != Operand::Kind::Register || !entry.registers[instruction.guard->index].isPredicate())
      throw SyntaxError(instruction.line, "expected a predicate behind '@'");
  }
  instruction.opcode = tokens.expectWord("an instruction");
  if (!tokens.peek().is(";"))
    do
      instruction.operands.push_back(operand());
    while (tokens.takeIf(","));
  tokens.expect(";");
  entry.instructions.push_back(std::move(instruction));
}

Operand BodyParser::operand() {
  Operand first = simpleOperand();
  if (!tokens.takeIf("|"))
    return first;
  Operand pair;
  pair.kind = Operand::Kind::Pair;
  pair.elements = {first, simpleOperand()};
  return pair;
}

Operand BodyParser::simpleOperand() {
  if (tokens.peek().is("["))
    return address();
  Operand operand;
  if (tokens.takeIf("{")) {
    operand.kind = Operand::Kind::Vector;
    do
      operand.elements.push_back(simpleOperand());
    while (tokens.takeIf(","));
    tokens.expect("}");
    return operand;
  }
  if (tokens.takeIf("!")) {
    operand = simpleOperand();
    operand.isNegated = true;
    return operand;
  }
  if (tokens.atConstant()) {
    operand.constant = tokens.constant();
    return operand;
  }
  if (tokens.peek().kind != Token::Kind::Word)
    tokens.fail("an operand");
  operand = named(tokens.take());
  // A symbol may have an offset outside of brackets too: mov.b64 %rd1, table + 8.
  if (operand.kind == Operand::Kind::Symbol && (tokens.peek().is("+") || tokens.peek().is("-")))
    operand.offset = int64_t(tokens.integer());
  return operand;
}

Operand BodyParser::named(const Token &token) {
  Operand operand;
  operand.name = token.text;
  if (token.text == "_") {
    operand.kind = Operand::Kind::Sink;
    return operand;
  }
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    if (auto found = scope->registers.find(token.text); found != scope->registers.end()) {
      operand.kind = Operand::Kind::Register;
      operand.index = found->second;
      return operand;
    }
    if (auto found = scope->labels.find(token.text); found != scope->labels.end()) {
      operand.kind = Operand::Kind::Symbol;
      operand.name = found->second;
      return operand;
    }
  }
  operand.kind = token.text[0] == '%' ? Operand::Kind::Special : Operand::Kind::Symbol;
  return operand;
}

Operand BodyParser::address() {
  Operand operand;
  operand.kind = Operand::Kind::Address;
  tokens.expect("[");
  if (tokens.atConstant()) {
    operand.elements.emplace_back();
    operand.elements[0].constant = {Constant::Kind::Integer, tokens.integer()};
  } else {
    operand.elements.push_back(named(tokens.take()));
    if (!tokens.peek().is("]"))
      operand.offset = int64_t(tokens.integer());
  }
  tokens.expect("]");
  return operand;
}

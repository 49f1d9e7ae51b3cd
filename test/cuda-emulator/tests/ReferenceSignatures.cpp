//===- ReferenceSignatures.cpp - What opcodes take, by their spelling ---------------------===//
#include "test/cuda-emulator/tests/Reference.h"
#include <algorithm>
#include <set>

using namespace sluice::emulator::tests;

static std::vector<std::string> split(const std::string &opcode) {
  std::vector<std::string> parts(1);
  for (char c : opcode) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

static bool has(const std::vector<std::string> &parts, const char *part) {
  return std::find(parts.begin() + 1, parts.end(), part) != parts.end();
}

static const Type word = {Type::Kind::Unsigned, 32, false};

static std::optional<Signature> conversion(Signature signature) {
  const auto &parts = signature.parts;
  auto result = parseType(parts[parts.size() - 2]), source = parseType(parts.back());
  if (!result || !source)
    return std::nullopt;
  signature.result = *result;
  signature.operands.assign(result->isPair ? 2 : 1, *source);
  return signature;
}

static std::optional<Signature> shiftOrField(Signature signature, const Type &type) {
  const std::string &name = signature.parts[0];
  signature.result = type;
  if (name == "shl" || name == "shr")
    signature.operands = {type, word};
  else if (name == "bfe")
    signature.operands = {type, word, word};
  else if (name == "bfi")
    signature.operands = {type, type, word, word};
  else if (name == "prmt" || name == "shf")
    signature.operands = {word, word, word};
  else if (name == "lop3") {
    signature.operands = {word, word, word};
    signature.constant = 0xca;
  } else {
    // popc, clz, bfind
    signature.result = word;
    signature.operands = {type};
  }
  return signature;
}

std::optional<Signature> sluice::emulator::tests::signatureOf(const std::string &opcode) {
  Signature signature;
  signature.parts = split(opcode);
  const std::string name = signature.parts[0];
  if (signature.parts.size() < 2)
    return std::nullopt;
  if (name == "cvt")
    return conversion(signature);
  auto type = parseType(signature.parts.back());
  if (!type)
    return std::nullopt;
  static const std::set<std::string> fields = {"shl", "shr",  "bfe",  "bfi", "prmt",
                                               "shf", "lop3", "popc", "clz", "bfind"};
  static const std::set<std::string> unary = {"abs", "neg", "not", "brev", "rcp",  "sqrt", "rsqrt",
                                              "ex2", "lg2", "sin", "cos",  "tanh", "mov",  "cvta"};
  static const std::set<std::string> binary = {"add", "sub", "mul", "div", "rem",     "min",
                                               "max", "and", "or",  "xor", "copysign"};
  if (fields.count(name))
    return shiftOrField(signature, *type);
  signature.result = *type;
  signature.tolerance = has(signature.parts, "approx") || has(signature.parts, "full");
  if (has(signature.parts, "wide"))
    signature.result.bits *= 2;
  if (unary.count(name))
    signature.operands = {*type};
  else if (binary.count(name))
    signature.operands = {*type, *type};
  else if (name == "mad" || name == "fma")
    signature.operands = {*type, *type, signature.result};
  else if (name == "selp")
    signature.operands = {*type, *type, *parseType("pred")};
  else if (name == "setp") {
    signature.result = *parseType("pred");
    signature.operands = {*type, *type};
    if (has(signature.parts, "and") || has(signature.parts, "or") || has(signature.parts, "xor"))
      signature.operands.push_back(signature.result);
  } else {
    return std::nullopt;
  }
  return signature;
}

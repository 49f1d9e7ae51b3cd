//===- Encoder.cpp - An instruction's operands, as places in the register file ------------===//
#include "test/cuda-emulator/code/Encoder.h"

using namespace sluice::emulator;
using ptx::Operand;
using Kind = ptx::Operand::Kind;

void Encoder::fail(const std::string &what) const { throw ptx::SyntaxError(instruction.line, what); }

void Encoder::expectOperands(size_t least, size_t most) {
  most = std::max(least, most);
  if (count() >= least && count() <= most)
    return;
  std::string expected = std::to_string(least) + (most > least ? " to " + std::to_string(most) : "");
  fail("expected " + expected + " operands of '" + instruction.opcode + "', found " + std::to_string(count()));
}

u32 Encoder::sizeOf(const Operand &operand) const {
  return operand.kind == Kind::Register ? u32(layout.entry->registers[operand.index].bits) / 8 : 0;
}

u32 Encoder::result(const Operand &operand, u32 bytes) {
  if (operand.kind == Kind::Sink)
    return layout.scratch;
  if (operand.kind != Kind::Register)
    fail("expected a register as the result of '" + instruction.opcode + "'");
  if (sizeOf(operand) != bytes)
    fail("expected a register of " + std::to_string(8 * bytes) + " bits as the result of '" + instruction.opcode +
         "', found '" + operand.name + "'");
  return layout.places[operand.index];
}

u32 Encoder::broadcast(u64 bits, u32 bytes) {
  if (bytes < 8)
    bits &= (u64{1} << 8 * bytes) - 1;
  auto [found, isNew] = layout.constants.try_emplace({bits, bytes}, 0);
  if (isNew) {
    Kernel &kernel = *layout.kernel;
    found->second = kernel.registerBytes;
    kernel.constants.push_back({kernel.registerBytes, bytes, bits});
    kernel.registerBytes += std::max(32 * bytes, 64u);
  }
  return found->second;
}

u32 Encoder::special(const std::string &name) {
  static const std::map<std::string, Special> known = {
      {"%tid.x", Special::TidX},
      {"%tid.y", Special::TidY},
      {"%tid.z", Special::TidZ},
      {"%ntid.x", Special::NtidX},
      {"%ntid.y", Special::NtidY},
      {"%ntid.z", Special::NtidZ},
      {"%ctaid.x", Special::CtaidX},
      {"%ctaid.y", Special::CtaidY},
      {"%ctaid.z", Special::CtaidZ},
      {"%nctaid.x", Special::NctaidX},
      {"%nctaid.y", Special::NctaidY},
      {"%nctaid.z", Special::NctaidZ},
      {"%laneid", Special::LaneId},
      {"%warpid", Special::WarpId},
      {"%lanemask_eq", Special::LaneMaskEq},
      {"%lanemask_le", Special::LaneMaskLe},
      {"%lanemask_lt", Special::LaneMaskLt},
      {"%lanemask_ge", Special::LaneMaskGe},
      {"%lanemask_gt", Special::LaneMaskGt},
  };
  auto which = known.find(name);
  if (which == known.end())
    fail("unknown register '" + name + "'");
  auto [found, isNew] = layout.specials.try_emplace(name, 0);
  if (isNew) {
    Kernel &kernel = *layout.kernel;
    found->second = kernel.registerBytes;
    kernel.specials.push_back({which->second, kernel.registerBytes});
    kernel.registerBytes += 128;
  }
  return found->second;
}

const Symbol &Encoder::symbol(const std::string &name) const {
  auto found = layout.symbols.find(name);
  if (found == layout.symbols.end())
    fail("unknown variable '" + name + "'");
  return found->second;
}

u32 Encoder::input(const Operand &operand, u32 bytes) {
  switch (operand.kind) {
  case Kind::Register:
    if (sizeOf(operand) != bytes)
      fail("expected " + std::to_string(8 * bytes) + " bits as an operand of '" + instruction.opcode + "', found '" +
           operand.name + "'");
    return layout.places[operand.index];
  case Kind::Constant: {
    auto kind = operand.constant.kind;
    if (kind != ptx::Constant::Kind::Integer && bytes != (kind == ptx::Constant::Kind::F32 ? 4 : 8))
      fail("expected a constant of " + std::to_string(8 * bytes) + " bits as an operand of '" + instruction.opcode +
           "'");
    return broadcast(operand.constant.bits, bytes);
  }
  case Kind::Special:
    if (bytes != 4)
      fail("expected 32 bits, as '" + operand.name + "' has them");
    return special(operand.name);
  case Kind::Symbol:
    if (bytes < 4)
      fail("expected room for the address of '" + operand.name + "'");
    return broadcast(symbol(operand.name).address + operand.offset, bytes);
  default:
    fail("unexpected operand of '" + instruction.opcode + "'");
  }
}

u32 Encoder::predicate(const Operand &operand) {
  if (operand.kind == Kind::Sink)
    return u32(layout.kernel->predicates - 1);
  if (operand.kind != Kind::Register || !layout.entry->registers[operand.index].isPredicate())
    fail("expected a predicate as an operand of '" + instruction.opcode + "'");
  return layout.places[operand.index];
}

u64 Encoder::constant(const Operand &operand) {
  if (operand.kind != Kind::Constant || operand.constant.kind != ptx::Constant::Kind::Integer)
    fail("expected an integer as an operand of '" + instruction.opcode + "'");
  return operand.constant.bits;
}

std::vector<Operand> Encoder::elements(const Operand &operand, size_t expected) {
  std::vector<Operand> all = operand.kind == Kind::Vector ? operand.elements : std::vector<Operand>{operand};
  if (all.size() != expected)
    fail("expected a vector of " + std::to_string(expected) + " as an operand of '" + instruction.opcode + "', found " +
         std::to_string(all.size()));
  return all;
}

void Encoder::address(const Operand &operand, size_t index, ptx::Space space) {
  if (operand.kind != Kind::Address)
    fail("expected an address as an operand of '" + instruction.opcode + "'");
  const Operand &base = operand.elements[0];
  operation.offset = operand.offset;
  if (base.kind == Kind::Symbol && symbol(base.name).space != space)
    fail("expected a variable of the state space of '" + instruction.opcode + "', found '" + base.name + "'");
  operation.isWideAddress = base.kind != Kind::Register || sizeOf(base) == 8;
  if (!operation.isWideAddress && space != ptx::Space::Shared)
    fail("expected an address of 64 bits, found '" + base.name + "'");
  operation.at[index] = input(base, operation.isWideAddress ? 8 : 4);
}

u32 Encoder::parameter(const Operand &operand, u32 bytes) {
  if (operand.kind != Kind::Address || operand.elements[0].kind != Kind::Symbol)
    fail("expected [parameter + offset] as an operand of '" + instruction.opcode + "'");
  for (const ptx::Parameter &parameter : layout.entry->parameters) {
    if (parameter.name != operand.elements[0].name)
      continue;
    if (operand.offset < 0 || u64(operand.offset) + bytes > parameter.bytes)
      fail("expected an offset inside of parameter '" + parameter.name + "'");
    return parameter.offset + u32(operand.offset);
  }
  fail("unknown parameter '" + operand.elements[0].name + "'");
}

std::vector<std::string> Encoder::suffixes() const {
  std::vector<std::string> parts;
  for (size_t at = instruction.opcode.find('.'); at != std::string::npos;) {
    size_t next = instruction.opcode.find('.', at + 1);
    parts.push_back(instruction.opcode.substr(at + 1, next == std::string::npos ? next : next - at - 1));
    at = next;
  }
  return parts;
}

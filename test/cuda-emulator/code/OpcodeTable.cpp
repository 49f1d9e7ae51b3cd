//===- OpcodeTable.cpp - What every instruction does --------------------------------------===//
#include "test/cuda-emulator/code/OpcodeTable.h"

using namespace sluice::emulator;

OpcodeTable::OpcodeTable() {
  addIntegerOps(*this);
  addBitOps(*this);
  addFloatOps(*this);
  addHalfOps(*this);
  addConversions(*this);
  addCompareOps(*this);
  addMoveOps(*this);
  addMemoryOps(*this);
  addAtomicOps(*this);
  addAsyncOps(*this);
  addMatrixOps(*this);
  addWarpOps(*this);
  addBarrierOps(*this);
  addControlOps(*this);
}

const OpcodeTable &OpcodeTable::get() {
  static const OpcodeTable table;
  return table;
}

void OpcodeTable::add(const std::string &spelling, Encode encode) { bySpelling[spelling] = std::move(encode); }

void OpcodeTable::addMnemonic(const std::string &mnemonic, Encode encode) { byMnemonic[mnemonic] = std::move(encode); }

void OpcodeTable::encode(Encoder &encoder) const {
  const std::string &opcode = encoder.instruction.opcode;
  if (auto found = bySpelling.find(opcode); found != bySpelling.end())
    return found->second(encoder);
  if (auto found = byMnemonic.find(opcode.substr(0, opcode.find('.'))); found != byMnemonic.end())
    return found->second(encoder);
  encoder.unknown();
}

std::vector<std::string> OpcodeTable::spellings() const {
  std::vector<std::string> all;
  for (const auto &entry : bySpelling)
    all.push_back(entry.first);
  std::sort(all.begin(), all.end());
  return all;
}

//===- OpcodeTable.h - What every instruction does ----------------------------------------===//
//
// Instructions are found by their full spelling, and those with many independent suffixes by their mnemonic, whose
// encoder reads the suffixes. A file each group of instructions adds its own.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_OPCODETABLE_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_OPCODETABLE_H

#include "test/cuda-emulator/code/Encoder.h"
#include "test/cuda-emulator/code/Lanes.h"
#include <functional>
#include <unordered_map>

namespace sluice::emulator {

class OpcodeTable {
public:
  using Encode = std::function<void(Encoder &)>;

  /// Built when first asked for.
  static const OpcodeTable &get();

  /// What encodes an instruction. Throws ptx::SyntaxError where nothing does.
  void encode(Encoder &encoder) const;
  /// All full spellings, sorted.
  std::vector<std::string> spellings() const;

  void add(const std::string &spelling, Encode encode);
  void addMnemonic(const std::string &mnemonic, Encode encode);

  /// An instruction that computes each lane's result of type D from operands of types S by a function without captures.
  template <typename D, typename... S, typename F> void lanes(const std::string &spelling, Class counted, F function) {
    callable<F> = remember(function);
    add(spelling, [counted](Encoder &encoder) {
      encoder.expectOperands(1 + sizeof...(S));
      encoder.operation.run = &computeLanes<F, D, S...>;
      encoder.operation.counted = counted;
      encoder.operation.at[0] = encoder.result(encoder.operand(0), sizeof(D));
      size_t index = 0;
      ((++index, encoder.operation.at[index] = encoder.input(encoder.operand(index), sizeof(S))), ...);
    });
  }

private:
  OpcodeTable();

  std::unordered_map<std::string, Encode> bySpelling, byMnemonic;
};

void addIntegerOps(OpcodeTable &table);
void addBitOps(OpcodeTable &table);
void addFloatOps(OpcodeTable &table);
void addHalfOps(OpcodeTable &table);
void addConversions(OpcodeTable &table);
void addFloatConversions(OpcodeTable &table);
void addCompareOps(OpcodeTable &table);
void addMoveOps(OpcodeTable &table);
void addMemoryOps(OpcodeTable &table);
void addAtomicOps(OpcodeTable &table);
void addAsyncOps(OpcodeTable &table);
void addMatrixOps(OpcodeTable &table);
void addWarpOps(OpcodeTable &table);
void addBarrierOps(OpcodeTable &table);
void addControlOps(OpcodeTable &table);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_OPCODETABLE_H

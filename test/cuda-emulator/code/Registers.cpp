//===- Registers.cpp - Registers that share a place ---------------------------------------===//
//
// Liveness is data flow over basic blocks: LLVM puts blocks in any order, so that a loop's header may be its last. Then
// each register has an interval of instructions in which it lives, and a linear scan gives places. A register that dies
// at an instruction may share its place with the result, because lanes are independent.
//
//===----------------------------------------------------------------------===//
#include "test/cuda-emulator/code/ControlFlow.h"
#include <algorithm>

using namespace sluice::emulator;
using Kind = ptx::Operand::Kind;

/// Whether the first operand is written.
static bool hasResult(const ptx::Instruction &instruction) {
  static const char *const without[] = {"st",  "red",  "bra",    "bar",   "barrier", "cp",
                                        "ret", "exit", "membar", "fence", "trap"};
  std::string name = instruction.opcode.substr(0, instruction.opcode.find('.'));
  return std::find(std::begin(without), std::end(without), name) == std::end(without);
}

template <typename Use> static void forRegisters(const ptx::Operand &operand, Use use) {
  if (operand.kind == Kind::Register)
    use(operand.index);
  for (const ptx::Operand &element : operand.elements)
    forRegisters(element, use);
}

namespace {
using Bits = std::vector<bool>;

struct BasicBlock {
  int first, last; ///< instructions, both included
  Bits used, defined, liveIn, liveOut;
};

struct Interval {
  int index, first, last;
};

class Liveness {
public:
  Liveness(const ptx::Entry &entry, const ControlFlow &flow) : entry(entry), flow(flow) {}
  /// Of all registers that are used, by their beginning.
  std::vector<Interval> intervals();

private:
  void split();
  void summarize(BasicBlock &block) const;
  void solve();
  /// Calls use(register) and define(register) of an instruction; a guarded result keeps what it was.
  template <typename Use, typename Define> void visit(int index, Use use, Define define) const;

  const ptx::Entry &entry;
  const ControlFlow &flow;
  std::vector<BasicBlock> blocks;
  std::vector<int> blockAt; ///< the block that begins at an instruction, or -1
};
} // namespace

template <typename Use, typename Define> void Liveness::visit(int index, Use use, Define define) const {
  const ptx::Instruction &instruction = entry.instructions[index];
  bool isFirstWritten = hasResult(instruction);
  for (size_t i = isFirstWritten; i < instruction.operands.size(); ++i)
    forRegisters(instruction.operands[i], use);
  if (!isFirstWritten || instruction.operands.empty())
    return;
  if (instruction.guard)
    forRegisters(instruction.operands[0], use);
  forRegisters(instruction.operands[0], define);
}

void Liveness::split() {
  const int count = int(entry.instructions.size());
  std::vector<bool> isLeader(count + 1);
  isLeader[0] = true;
  for (int i = 0; i < count; ++i) {
    bool isPlain = flow.successors[i][0] == i + 1 && flow.successors[i][1] < 0;
    if (isPlain)
      continue;
    isLeader[i + 1] = true;
    for (int next : flow.successors[i])
      if (next >= 0)
        isLeader[next] = true;
  }
  blockAt.assign(count + 1, -1);
  for (int i = 0; i < count; ++i) {
    if (isLeader[i]) {
      blockAt[i] = int(blocks.size());
      blocks.push_back({i, i, {}, {}, {}, {}});
    }
    blocks.back().last = i;
  }
}

void Liveness::summarize(BasicBlock &block) const {
  size_t count = entry.registers.size();
  block.used.resize(count);
  block.defined.resize(count);
  block.liveIn.resize(count);
  block.liveOut.resize(count);
  for (int i = block.first; i <= block.last; ++i)
    visit(
        i,
        [&](int index) {
          if (!block.defined[index])
            block.used[index] = true;
        },
        [&](int index) { block.defined[index] = true; });
}

void Liveness::solve() {
  for (bool isChanged = true; isChanged;) {
    isChanged = false;
    for (size_t b = blocks.size(); b-- > 0;) {
      BasicBlock &block = blocks[b];
      for (int next : flow.successors[block.last]) {
        if (next < 0 || blockAt[next] < 0)
          continue;
        const Bits &live = blocks[blockAt[next]].liveIn;
        for (size_t i = 0; i < live.size(); ++i)
          if (live[i])
            block.liveOut[i] = true;
      }
      for (size_t i = 0; i < block.liveIn.size(); ++i) {
        bool isLive = block.used[i] || (block.liveOut[i] && !block.defined[i]);
        isChanged |= isLive != block.liveIn[i];
        block.liveIn[i] = isLive;
      }
    }
  }
}

std::vector<Interval> Liveness::intervals() {
  split();
  for (BasicBlock &block : blocks)
    summarize(block);
  solve();
  std::vector<Interval> all(entry.registers.size());
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = {int(i), int(entry.instructions.size()), -1};
  auto extend = [&](int index, int at) {
    all[index].first = std::min(all[index].first, at);
    all[index].last = std::max(all[index].last, at);
  };
  for (const BasicBlock &block : blocks) {
    for (size_t i = 0; i < all.size(); ++i) {
      if (block.liveIn[i])
        extend(int(i), block.first);
      if (block.liveOut[i])
        extend(int(i), block.last + 1);
    }
    for (int i = block.first; i <= block.last; ++i)
      visit(
          i, [&](int index) { extend(index, i); },
          // Results of one instruction live together, even those that nobody reads.
          [&](int index) {
            extend(index, i);
            extend(index, i + 1);
          });
  }
  all.erase(std::remove_if(all.begin(), all.end(), [](const Interval &interval) { return interval.last < 0; }),
            all.end());
  std::sort(all.begin(), all.end(),
            [](const Interval &left, const Interval &right) { return left.first < right.first; });
  return all;
}

u32 sluice::emulator::placeRegisters(const ptx::Entry &entry, const ControlFlow &flow, std::vector<u32> &places) {
  places.assign(entry.registers.size(), 0);
  u32 predicates = 0, top = 0;
  for (size_t i = 0; i < places.size(); ++i)
    if (entry.registers[i].isPredicate())
      places[i] = predicates++;
  if (entry.instructions.empty())
    return 0;
  // Places are free again from an instruction on; those of one size are never shared with another.
  struct Place {
    int freeFrom, bits;
    u32 at;
  };
  std::vector<Place> given;
  for (const Interval &interval : Liveness(entry, flow).intervals()) {
    int bits = entry.registers[interval.index].bits;
    if (bits == 1)
      continue;
    auto found = std::find_if(given.begin(), given.end(), [&](const Place &place) {
      return place.bits == bits && place.freeFrom <= interval.first;
    });
    if (found == given.end()) {
      found = given.insert(given.end(), {0, bits, top});
      top += 4 * bits;
    }
    found->freeFrom = interval.last;
    places[interval.index] = found->at;
  }
  return top;
}

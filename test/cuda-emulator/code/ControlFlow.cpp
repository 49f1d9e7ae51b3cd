//===- ControlFlow.cpp - Where kernels branch ---------------------------------------------===//
#include "test/cuda-emulator/code/ControlFlow.h"

using namespace sluice::emulator;

static std::string mnemonic(const ptx::Instruction &instruction) {
  return instruction.opcode.substr(0, instruction.opcode.find('.'));
}

int sluice::emulator::targetOf(const ptx::Entry &entry, const ptx::Instruction &branch) {
  if (branch.operands.size() == 1)
    for (const ptx::Label &label : entry.labels)
      if (label.name == branch.operands[0].name)
        return label.instruction;
  throw ptx::SyntaxError(branch.line, "expected a label of the kernel behind '" + branch.opcode + "'");
}

static std::array<int, 2> successorsOf(const ptx::Entry &entry, int index) {
  const ptx::Instruction &instruction = entry.instructions[index];
  const int end = int(entry.instructions.size());
  std::string name = mnemonic(instruction);
  int next = index + 1;
  if (name == "bra") {
    int target = targetOf(entry, instruction);
    return {target, instruction.guard && target != next ? next : -1};
  }
  if (name == "ret" || name == "exit" || name == "trap")
    return {end, instruction.guard && next != end ? next : -1};
  return {next, -1};
}

namespace {
/// Immediate dominators of the reversed graph, after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm".
class PostDominance {
public:
  explicit PostDominance(const std::vector<std::array<int, 2>> &successors);
  std::vector<int> run();

private:
  void order();
  int intersect(int left, int right) const;

  const std::vector<std::array<int, 2>> &successors;
  int end;
  std::vector<std::vector<int>> predecessors;
  std::vector<int> postOrder, numbers; ///< of a walk from the end; -1: no way leads to the end
  std::vector<int> dominators;
};
} // namespace

PostDominance::PostDominance(const std::vector<std::array<int, 2>> &successors)
    : successors(successors), end(int(successors.size())), predecessors(end + 1), numbers(end + 1, -1),
      dominators(end + 1, -1) {
  for (int i = 0; i < end; ++i)
    for (int next : successors[i])
      if (next >= 0)
        predecessors[next].push_back(i);
}

void PostDominance::order() {
  std::vector<std::pair<int, size_t>> stack = {{end, 0}};
  std::vector<bool> isSeen(end + 1);
  isSeen[end] = true;
  while (!stack.empty()) {
    auto &[node, place] = stack.back();
    if (place == predecessors[node].size()) {
      numbers[node] = int(postOrder.size());
      postOrder.push_back(node);
      stack.pop_back();
      continue;
    }
    int next = predecessors[node][place++];
    if (!isSeen[next]) {
      isSeen[next] = true;
      stack.push_back({next, 0});
    }
  }
}

int PostDominance::intersect(int left, int right) const {
  while (left != right) {
    while (numbers[left] < numbers[right])
      left = dominators[left];
    while (numbers[right] < numbers[left])
      right = dominators[right];
  }
  return left;
}

std::vector<int> PostDominance::run() {
  order();
  dominators[end] = end;
  for (bool isChanged = true; isChanged;) {
    isChanged = false;
    for (size_t i = postOrder.size() - 1; i-- > 0;) {
      int node = postOrder[i], found = -1;
      for (int next : successors[node])
        if (next >= 0 && dominators[next] >= 0)
          found = found < 0 ? next : intersect(found, next);
      isChanged |= found != dominators[node];
      dominators[node] = found;
    }
  }
  // Lanes in a loop without an end never join others.
  for (int &dominator : dominators)
    if (dominator < 0)
      dominator = end;
  return dominators;
}

ControlFlow sluice::emulator::analyze(const ptx::Entry &entry) {
  ControlFlow flow;
  for (int i = 0; i < int(entry.instructions.size()); ++i)
    flow.successors.push_back(successorsOf(entry, i));
  flow.postDominators = PostDominance(flow.successors).run();
  return flow;
}

//===- Windows.cpp - The parts of a block that a card holds ---------------===//

#include "runtime/cuda/Windows.h"
#include "runtime/engine/MemoryPlan.h"
#include "runtime/engine/Program.h"

#include <algorithm>

using namespace sluice::cuda;
using namespace sluice::runtime;

namespace {

/// What a stage has in a block.
struct Item {
  int64_t begin, end; ///< The end is -1 where it is not known.
  int32_t stage;
};

/// All items of the parameter block, or of the persistent block.
class Items {
public:
  Items(const sluice_binary &program, bool isPersistent) : program(program), isPersistent(isPersistent) {
    if (isPersistent)
      addPersistent();
    for (uint32_t i = 0; i < program.parameter_count; ++i)
      addParameter(program.parameters[i]);
    for (uint32_t f = 0; f < program.function_count; ++f)
      addOperands(program.functions[f]);
  }

  std::vector<Item> all;

private:
  void addParameter(const sluice_parameter &parameter) {
    if (!isPersistent)
      all.push_back({parameter.tensor.offset, parameter.tensor.offset + parameter.tensor.bytes, parameter.stage});
    for (uint32_t s = 0; isPersistent && s < parameter.states; ++s)
      all.push_back(
          {parameter.state_offsets[s], parameter.state_offsets[s] + stateTensor(parameter, s).bytes, parameter.stage});
  }

  void addPersistent() {
    for (uint32_t i = 0; i < program.stage_count; ++i) {
      auto stage = static_cast<int32_t>(i);
      const sluice_stage &facts = program.stages[i];
      all.push_back({facts.gradient_offset, facts.gradient_offset + facts.gradient_bytes, stage});
      // Tables with an entry for every parameter.
      int64_t norms = int64_t(sizeof(double)) * program.parameter_count;
      for (int64_t offset : {program.norms_offset, program.unclipped_norms_offset})
        if (offset >= 0)
          all.push_back({offset, offset + norms, stage});
    }
    for (uint32_t i = 0; i < program.action_count; ++i) {
      const sluice_action &action = program.actions[i];
      bool isSend = action.kind == SLUICE_ACTION_SEND;
      if ((!isSend && action.kind != SLUICE_ACTION_RECEIVE) ||
          program.channels[action.channel].role != SLUICE_CHANNEL_EXCHANGE)
        continue;
      const sluice_channel &channel = program.channels[action.channel];
      for (uint32_t t = 0; t < channel.transfer_count; ++t) {
        const sluice_transfer &transfer = program.transfers[channel.first_transfer + t];
        int64_t begin = isSend ? transfer.source : transfer.target;
        all.push_back({begin, begin + transfer.bytes, action.stage});
      }
    }
  }

  void addOperands(const sluice_function &function) {
    for (uint32_t l = 0; l < function.launch_count; ++l) {
      const sluice_launch &launch = program.launches[function.first_launch + l];
      for (uint32_t o = 0; o < launch.operand_count; ++o) {
        const sluice_operand &operand = program.operands[launch.first_operand + o];
        bool isParameter = operand.space == SLUICE_SPACE_WEIGHTS || operand.space == SLUICE_SPACE_NEXT_WEIGHTS ||
                           operand.space == SLUICE_SPACE_IN_PLACE;
        if (isPersistent ? operand.space == SLUICE_SPACE_PERSISTENT : isParameter)
          all.push_back({operand.offset, -1, function.stage});
      }
    }
  }

  const sluice_binary &program;
  bool isPersistent;
};

} // namespace

Windows::Windows(const sluice_binary &program, sluice_space space, const std::vector<char> &isHere) {
  bool isPersistent = space == SLUICE_SPACE_PERSISTENT;
  int64_t size = isPersistent ? program.persistent_bytes : program.parameter_bytes;
  if (std::count(isHere.begin(), isHere.end(), 0) == 0) {
    add(0, size);
    place();
    return;
  }
  std::vector<Item> items = Items(program, isPersistent).all;
  std::vector<int64_t> elsewhere = {size}; // where what others have begins
  for (const Item &item : items)
    if (!isHere[item.stage])
      elsewhere.push_back(item.begin);
  std::sort(elsewhere.begin(), elsewhere.end());
  for (const Item &item : items)
    if (isHere[item.stage] && item.end >= 0)
      add(item.begin, item.end);
  // What the table does not tell goes on to what another stage has: blocks are laid out stage by stage.
  std::vector<Window> known = windows;
  for (const Item &item : items)
    if (isHere[item.stage] && item.end < 0 &&
        std::none_of(
            known.begin(), known.end(),
            [&](const Window &window) { return window.begin <= item.begin && item.begin < window.end; }))
      add(item.begin, *std::upper_bound(elsewhere.begin(), elsewhere.end(), item.begin));
  place();
}

/// From the begin of a line, as what lies in it is aligned to it.
void Windows::add(int64_t begin, int64_t end) { windows.push_back({begin / SLUICE_ALIGNMENT * SLUICE_ALIGNMENT, end}); }

/// Joins ranges that touch, and lays them out in whole lines.
void Windows::place() {
  std::sort(windows.begin(), windows.end(), [](const Window &a, const Window &b) { return a.begin < b.begin; });
  std::vector<Window> joined;
  for (const Window &window : windows)
    if (!joined.empty() && window.begin <= wholeLines(joined.back().end))
      joined.back().end = std::max(joined.back().end, window.end);
    else if (window.begin < window.end)
      joined.push_back(window);
  for (Window &window : joined) {
    window.at = total;
    total += wholeLines(window.end - window.begin);
  }
  windows = std::move(joined);
}

int64_t Windows::at(int64_t offset) const {
  auto after = std::upper_bound(windows.begin(), windows.end(), offset,
                                [](int64_t place, const Window &window) { return place < window.begin; });
  const Window &window = after == windows.begin() ? windows.front() : *std::prev(after);
  return window.at + offset - window.begin;
}

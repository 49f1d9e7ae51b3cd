//===- Compile.cpp - From a module as written to kernels that run -------------------------===//
#include "test/cuda-emulator/code/Compile.h"
#include "test/cuda-emulator/code/ControlFlow.h"
#include "test/cuda-emulator/code/OpcodeTable.h"
#include <set>

using namespace sluice::emulator;

/// Adds the names of variables that an operand has.
static void collectSymbols(const ptx::Operand &operand, std::set<std::string> &names) {
  if (operand.kind == ptx::Operand::Kind::Symbol)
    names.insert(operand.name);
  for (const ptx::Operand &element : operand.elements)
    collectSymbols(element, names);
}

/// Lays out shared memory: variables of the kernel, those of the module that it names, and behind them the dynamic
/// part, which every external variable is.
static void layOutShared(const ptx::Module &module, Layout &layout) {
  std::set<std::string> named;
  for (const ptx::Instruction &instruction : layout.entry->instructions)
    for (const ptx::Operand &operand : instruction.operands)
      collectSymbols(operand, named);
  std::vector<const ptx::Variable *> fixed, dynamic;
  auto sort = [&](const ptx::Variable &variable) {
    if (variable.space == ptx::Space::Shared && named.count(variable.name))
      (variable.isExternal ? dynamic : fixed).push_back(&variable);
  };
  for (const ptx::Variable &variable : layout.entry->variables)
    sort(variable);
  for (const ptx::Variable &variable : module.variables)
    sort(variable);
  u32 top = 0;
  for (const ptx::Variable *variable : fixed) {
    top = (top + variable->alignment - 1) / variable->alignment * variable->alignment;
    layout.symbols[variable->name] = {ptx::Space::Shared, top};
    if (variable->bytes > (48 << 10) - u64(std::min(top, 48u << 10)))
      throw ptx::SyntaxError(variable->line, "expected at most 49152 bytes of static shared memory in kernel '" +
                                                 layout.entry->name + "'");
    top += u32(variable->bytes);
  }
  for (const ptx::Variable *variable : dynamic)
    top = (top + variable->alignment - 1) / variable->alignment * variable->alignment;
  for (const ptx::Variable *variable : dynamic)
    layout.symbols[variable->name] = {ptx::Space::Shared, top};
  layout.kernel->staticShared = top;
}

static void encodeInstructions(const ptx::Module &module, const ControlFlow &flow, Layout &layout) {
  const ptx::Entry &entry = *layout.entry;
  for (size_t i = 0; i < entry.instructions.size(); ++i) {
    const ptx::Instruction &instruction = entry.instructions[i];
    Operation operation;
    operation.line = instruction.line;
    if (instruction.guard) {
      operation.guard = layout.places[instruction.guard->index];
      operation.isGuardNegated = instruction.guard->isNegated;
    }
    Encoder encoder(layout, instruction, operation);
    OpcodeTable::get().encode(encoder);
    if (operation.flow == Flow::Branch) {
      operation.target = u32(targetOf(entry, instruction));
      operation.reconverge = u32(flow.postDominators[i]);
    }
    layout.kernel->operations.push_back(operation);
  }
  // The end of the text returns.
  Operation end;
  end.flow = Flow::Exit;
  end.counted = Class::Control;
  layout.kernel->operations.push_back(end);
}

static Kernel compileKernel(const ptx::Module &module, const ptx::Entry &entry,
                            const std::map<std::string, Symbol> &variables) {
  Kernel kernel;
  Layout layout;
  kernel.name = entry.name;
  layout.entry = &entry;
  layout.kernel = &kernel;
  layout.symbols = variables;
  layOutShared(module, layout);
  ControlFlow flow = analyze(entry);
  layout.scratch = placeRegisters(entry, flow, layout.places);
  kernel.registerBytes = layout.scratch + 256;
  for (const ptx::Register &reg : entry.registers)
    kernel.predicates += reg.isPredicate();
  // The last one is for results that nobody reads.
  ++kernel.predicates;
  encodeInstructions(module, flow, layout);
  for (const ptx::Parameter &parameter : entry.parameters) {
    kernel.parameterOffsets.push_back(parameter.offset);
    kernel.parameterSizes.push_back(parameter.bytes);
  }
  kernel.parameterBytes = entry.parameterBytes;
  kernel.requiredThreads = entry.requiredThreads;
  if (entry.maxThreads[0])
    kernel.maxThreads = std::min(1024u, entry.maxThreads[0] * entry.maxThreads[1] * entry.maxThreads[2]);
  return kernel;
}

std::vector<Kernel> sluice::emulator::compile(const ptx::Module &module,
                                              const std::map<std::string, Symbol> &variables) {
  std::vector<Kernel> kernels;
  for (const ptx::Entry &entry : module.entries)
    kernels.push_back(compileKernel(module, entry, variables));
  return kernels;
}

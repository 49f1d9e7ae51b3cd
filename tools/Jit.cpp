//===- Jit.cpp - Generated code in this process ---------------------------------------===//
#include "tools/Jit.h"
#include "passes/Buffers/Scratch.h"
#include "passes/Target/CodeGen.h"
#include "runtime/cpu/MatrixUnit.h"

using namespace sluice;

llvm::Expected<std::unique_ptr<Jit>> Jit::create(mlir::ModuleOp module, const Processor &processor) {
  if (processor.has("amx-tile") && !runtime::requestMatrixUnit())
    return llvm::createStringError("the system refuses the tile registers of the processor (amx_tile)");
  std::unique_ptr<llvm::TargetMachine> machine = processor.createTargetMachine();
  llvm::TargetMachine *target = machine.get();
  auto build = [&](mlir::Operation *op, llvm::LLVMContext &context) {
    return translateToLLVM(llvm::cast<mlir::ModuleOp>(op), context, *target);
  };
  auto transform = [target](llvm::Module *translated) {
    optimize(*translated, *target);
    return llvm::Error::success();
  };
  mlir::ExecutionEngineOptions options;
  options.llvmModuleBuilder = build;
  options.transformer = transform;
  options.enableGDBNotificationListener = false;
  options.enablePerfNotificationListener = false;
  auto jit = std::make_unique<Jit>();
  options.sectionMemoryMapper = &jit->memory;
  auto engine = mlir::ExecutionEngine::create(module, options, std::move(machine));
  if (!engine)
    return engine.takeError();
  jit->engine = std::move(*engine);
  jit->engine->registerSymbols([](llvm::orc::MangleAndInterner interner) {
    llvm::orc::SymbolMap symbols;
    symbols[interner("sluice_parallel_for")] = {llvm::orc::ExecutorAddr::fromPtr(&sluice_parallel_for),
                                                llvm::JITSymbolFlags::Exported};
    return symbols;
  });
  return jit;
}

llvm::Error Jit::call(llvm::StringRef function, llvm::MutableArrayRef<void *> arguments) {
  // The packed convention takes the address of every argument.
  llvm::SmallVector<void *> addresses;
  for (void *&argument : arguments)
    addresses.push_back(&argument);
  return engine->invokePacked(function, addresses);
}

llvm::Expected<JitFunction> JitFunction::create(mlir::ModuleOp module, llvm::StringRef name,
                                                const Processor &processor) {
  mlir::Operation *function = module.lookupSymbol(name);
  auto bytes = [&](llvm::StringRef attribute) {
    return function->getAttrOfType<mlir::IntegerAttr>(attribute).getInt();
  };
  JitFunction made;
  made.name = name.str();
  made.scratch = runtime::Memory(bytes(scratchBytesAttrName));
  made.threadScratchBytes = bytes(threadScratchBytesAttrName);
  llvm::Expected<std::unique_ptr<Jit>> jit = Jit::create(module, processor);
  if (!jit)
    return jit.takeError();
  made.jit = std::move(*jit);
  return made;
}

llvm::Error JitFunction::call(llvm::ArrayRef<void *> operands, bool hasStep) {
  llvm::SmallVector<void *> arguments;
  if (hasStep)
    arguments.push_back(&jit->step);
  arguments.push_back(scratch.data());
  llvm::append_range(arguments, operands);
  return jit->call(name, arguments);
}

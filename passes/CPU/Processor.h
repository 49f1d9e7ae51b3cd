//===- Processor.h - Processors as LLVM knows them ------------------------------------===//
#ifndef SLUICE_PASSES_CPU_PROCESSOR_H
#define SLUICE_PASSES_CPU_PROCESSOR_H

#include "dialects/CPU/CPUDialect.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace sluice {

/// A processor to generate code for. Copies share the machine of LLVM behind it.
class Processor {
public:
  /// `native`, or a name that LLVM knows: `x86-64-v3`, `x86-64-v4`, `znver4`. The error says which name is unknown.
  static llvm::Expected<Processor> get(llvm::StringRef name);

  /// "znver3"; of `native` the name of this machine's.
  llvm::StringRef getName() const { return name; }
  /// What code for it may use, as /proc/cpuinfo names it: "avx2,fma".
  std::string getRequiredFeatures() const;
  /// Whether code may use a feature, as LLVM names it.
  bool has(llvm::StringRef llvmFeature) const;

  /// What passes ask of it. `native` has the threads of this machine, others those that are usual.
  cpu::TargetAttr describe(mlir::MLIRContext *context) const;

  /// Null where LLVM cannot generate code for it. The caller owns the machine.
  std::unique_ptr<llvm::TargetMachine> createTargetMachine() const;

private:
  std::string name, features; // features as LLVM writes them: "+avx2,-sse4a"
  bool isNative = false;
  std::shared_ptr<llvm::TargetMachine> machine;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_PROCESSOR_H

//===- Target.h - What programs are compiled for ------------------------------------===//
#ifndef SLUICE_PASSES_TARGET_TARGET_H
#define SLUICE_PASSES_TARGET_TARGET_H

#include "dialects/Sluice/SluiceInterfaces.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace sluice {

/// One machine that programs are compiled for: `cpu` for `znver3`, say. It builds its own part of the pipeline; code
/// that all targets share asks the target and includes none of its headers.
class Target {
public:
  virtual ~Target();

  /// What the module carries as `sluice.target`.
  virtual TargetAttrInterface describe(mlir::MLIRContext *context) const = 0;

  /// Whether contractions read factors where they lie, so that narrow ones move fewer bytes. Else factors are packed
  /// first, which rounds them on the way.
  virtual bool gainsFromNarrowFactors() const = 0;

  /// From functions on buffers, whose contractions are ops of linalg and whose blocked ops are whole, to the target's
  /// kernels on planned memory. `tuneCache` names a file of strategies that were measured, or is empty.
  virtual void buildKernelPipeline(mlir::OpPassManager &manager, llvm::StringRef tuneCache) const = 0;

  /// From kernels to the LLVM dialect.
  virtual void buildCodePipeline(mlir::OpPassManager &manager) const = 0;

  /// Writes the module, in the LLVM dialect, as an object file of the host; leaves the complete file or none.
  virtual llvm::Error writeObject(mlir::ModuleOp module, llvm::StringRef path) const = 0;
};

/// A kind of target, by the name that users choose it by.
struct TargetKind {
  llvm::StringRef name; // "cpu"
  /// Registers the dialects of `describe` and of the pipelines.
  void (*registerDialects)(mlir::DialectRegistry &registry);
  /// The target for a processor: `native`, or a name that LLVM knows. The error says which name is unknown.
  llvm::Expected<std::unique_ptr<Target>> (*create)(llvm::StringRef processor);
};

/// Adds a kind. A tool calls it for every kind that it has before it builds a pipeline; twice is once.
void registerTarget(const TargetKind &kind);

/// Registers the dialects of all kinds.
void registerTargetDialects(mlir::DialectRegistry &registry);

/// The target of the kind `kind` for `processor`. The error says which name is unknown, and which kinds there are.
llvm::Expected<std::unique_ptr<Target>> createTarget(llvm::StringRef kind, llvm::StringRef processor);

} // namespace sluice

#endif // SLUICE_PASSES_TARGET_TARGET_H

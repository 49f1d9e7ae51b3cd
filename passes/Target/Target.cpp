//===- Target.cpp - The kinds of targets ---------------------------------------------===//
#include "passes/Target/Target.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace sluice;

Target::~Target() = default;

/// Filled before a pipeline is built, by the tool's only thread.
static llvm::SmallVector<TargetKind> &registeredKinds() {
  static llvm::SmallVector<TargetKind> kinds;
  return kinds;
}

static const TargetKind *findKind(llvm::StringRef name) {
  return llvm::find_if(registeredKinds(), [&](const TargetKind &kind) { return kind.name == name; });
}

void sluice::registerTarget(const TargetKind &kind) {
  if (findKind(kind.name) == registeredKinds().end())
    registeredKinds().push_back(kind);
}

void sluice::registerTargetDialects(mlir::DialectRegistry &registry) {
  for (const TargetKind &kind : registeredKinds())
    kind.registerDialects(registry);
}

llvm::Expected<std::unique_ptr<Target>> sluice::createTarget(llvm::StringRef kind, llvm::StringRef processor) {
  const TargetKind *found = findKind(kind);
  if (found != registeredKinds().end())
    return found->create(processor);
  std::string names =
      llvm::join(llvm::map_range(registeredKinds(), [](const TargetKind &each) { return each.name; }), ", ");
  return llvm::createStringError("unknown target '" + kind + "', expected one of: " + names);
}

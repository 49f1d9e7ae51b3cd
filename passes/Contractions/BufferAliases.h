//===- BufferAliases.h - Which ops touch which buffers ------------------------------===//
#ifndef SLUICE_PASSES_CONTRACTIONS_BUFFERALIASES_H
#define SLUICE_PASSES_CONTRACTIONS_BUFFERALIASES_H

#include "mlir/Analysis/AliasAnalysis.h"
#include "mlir/Analysis/AliasAnalysis/LocalAliasAnalysis.h"

namespace sluice {

/// What the local analysis leaves open on the buffers of a function: two arguments are distinct memory, which
/// bufferization relies on as well, and an op with regions touches what its effects and those inside of it say.
class BufferAliases : public mlir::LocalAliasAnalysis {
public:
  /// Whether the op, or one inside of it, may read or write what is at the location; both where that is not known.
  mlir::ModRefResult getModRef(mlir::Operation *op, mlir::Value location);

protected:
  /// Two arguments never alias; of everything else the local analysis knows more.
  mlir::AliasResult aliasImpl(mlir::Value x, mlir::Value y) override;
};

} // namespace sluice

#endif // SLUICE_PASSES_CONTRACTIONS_BUFFERALIASES_H

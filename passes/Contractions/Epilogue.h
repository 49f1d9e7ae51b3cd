//===- Epilogue.h - The element-wise op behind a contraction ------------------------===//
#ifndef SLUICE_PASSES_CONTRACTIONS_EPILOGUE_H
#define SLUICE_PASSES_CONTRACTIONS_EPILOGUE_H

#include "passes/Contractions/BufferAliases.h"
#include "passes/Contractions/Initialization.h"

namespace sluice {

/// The element-wise op that reads C behind a contraction: it becomes part of the store of C's last sums.
struct Epilogue {
  mlir::linalg::GenericOp op;                       // null: there is none
  llvm::SmallVector<Contraction::Operand> operands; // of the op, collapsed as C is

  /// The bytes that it moves beside C.
  int64_t bytesBesideC(mlir::Value c) const;
};

/// Whether C is a buffer that its initialization, which there is, its contraction and the op behind it alone see.
bool isIntermediate(mlir::Value c, const Initialization &initialization, mlir::Operation *contraction,
                    mlir::linalg::GenericOp op);

/// Takes the epilogue of the contraction: moves it right behind it, and what it needs before the contraction and its
/// initialization. Where the epilogue alone reads C, and writes a buffer that it does not read, that buffer takes the
/// place of C. No op is erased but that of the buffer whose place was taken.
Epilogue takeEpilogue(Contraction &contraction, Initialization initialization, BufferAliases &aliases);

} // namespace sluice

#endif // SLUICE_PASSES_CONTRACTIONS_EPILOGUE_H

//===- ImportModel.h - Model descriptions to Sluice graphs -------------------------===//
#ifndef SLUICE_PASSES_IMPORT_IMPORTMODEL_H
#define SLUICE_PASSES_IMPORT_IMPORTMODEL_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <optional>
#include <string>

namespace sluice {

/// What the command line changes of a description; what is not given comes from its `training` block.
struct ImportOptions {
  int64_t batch = 0;                  ///< sequences per micro-batch
  int64_t sequence = 0;               ///< tokens per sequence
  int64_t microBatches = 0;           ///< micro-batches per optimizer step
  std::optional<Optimizer> optimizer; ///< that updates parameters
  std::optional<double> gradientClip; ///< 0: none
  std::optional<double> dropout;      ///< for every dropout of the model
};

/// Imports a model: our description (.json), a Hugging Face `config.json`, or a folder that has one. The module holds
/// the parameters, the graphs `train`, `eval` and `logits`, and the attributes `sluice.binary` and `sluice.scalars`;
/// every op is located by the JSON pointer of what it stands for. On bad input prints one error with file, line and
/// column, and returns null.
mlir::OwningOpRef<mlir::ModuleOp> importModel(llvm::StringRef path, const ImportOptions &options,
                                              mlir::MLIRContext *context);

/// The same from text. `file` names it in locations; the error goes to the context's diagnostic handlers.
mlir::OwningOpRef<mlir::ModuleOp> importModelFromText(llvm::StringRef text, llvm::StringRef file,
                                                      const ImportOptions &options, mlir::MLIRContext *context);

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_IMPORTMODEL_H

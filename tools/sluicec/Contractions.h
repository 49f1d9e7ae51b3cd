//===- Contractions.h - What the sums of a step's products lose ----------------------------===//
//
// The error report of `--explain`: the contractions of the layers' matrices in forward and backward of a micro-batch,
// and what the others compute in. Errors are relative to f64 sums of the same operands, already rounded to their
// formats: root mean square of the error over that of the sum, for standard normal operands. Such sums have a mean of
// zero; where operands have a mean, sums grow faster than they cancel and relative errors are of another kind.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TOOLS_SLUICEC_CONTRACTIONS_H
#define SLUICE_TOOLS_SLUICEC_CONTRACTIONS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Numerics/SimulatedRetention.h"
#include "llvm/Support/JSON.h"
#include <set>
#include <string>
#include <vector>

namespace sluice {

/// Contractions that are equal in all that their error depends on.
struct ContractionKind {
  llvm::StringRef pass; ///< forward, input gradient or weight gradient
  int64_t count = 0;    ///< in a micro-batch, all layers together
  int64_t length = 0;   ///< products of a sum
  precision::OperandFormats formats;
  AccumulationAttr declared;          ///< null: f32, in the order of the kernel
  std::set<std::string> parameters;   ///< the weights; places in the model where there is no parameter
  mlir::Operation *example = nullptr; ///< one of them
  precision::RelativeError predicted; ///< by trials of the scalar reference
  std::optional<double> observed;     ///< in generated code

  /// How products are summed; in sequence where nothing is declared.
  precision::Accumulation accumulation() const { return declared ? declared.getValue() : precision::Accumulation(); }
  /// The variance that theory says is lost (VarianceRetention.h), n (1 - retention); nothing of sums that it does not
  /// treat: by blocks, or of another format across chunks.
  std::optional<double> logVarianceLost() const;
};

/// Contractions that are no products with the layers' matrices.
struct ExceptionKind {
  std::string op;       ///< the name without the dialect's
  std::string operands; ///< the format that they are rounded to
  int64_t count = 0;
};

struct ContractionReport {
  std::vector<ContractionKind> kinds;
  std::vector<ExceptionKind> exceptions;

  std::string drawText() const;
  /// The attributes `contractions` and `exceptions` of an object.
  void writeJson(llvm::json::OStream &json) const;
};

/// The contractions of the functions that the actions `forward` and `backward` of the graph `train` call, with what is
/// predicted of them: about 0.1 s for each length, format and sum.
ContractionReport reportContractions(mlir::ModuleOp module);

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_CONTRACTIONS_H

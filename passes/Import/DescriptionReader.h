//===- DescriptionReader.h - From JSON to a checked description ---------------===//
#ifndef SLUICE_PASSES_IMPORT_DESCRIPTIONREADER_H
#define SLUICE_PASSES_IMPORT_DESCRIPTIONREADER_H

#include "passes/Import/Description.h"
#include "passes/Import/Reader.h"
#include <limits>

namespace sluice {

/// Limits of what a description may ask for, so that products of two sizes stay within 64 bits.
inline constexpr int64_t maxSize = (int64_t(1) << 31) - 1;
inline constexpr int64_t maxLayers = 10000;
inline constexpr int64_t maxElements = int64_t(1) << 38; // of one tensor
inline constexpr int64_t maxOrdinals = 256;              // dropouts in one layer
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// How a description says what a weight starts from: a fan-in is known only where the weight is.
struct Initializer {
  enum class Kind { Normal, Constant, FanIn };
  Kind kind;
  double value; ///< standard deviation, value everywhere, or gain
};

/// Reads a description and tracks the width of the stream through its ops.
class DescriptionReader {
public:
  DescriptionReader(const JsonValue &root, llvm::StringRef file, const ImportOptions &options,
                    mlir::MLIRContext *context)
      : reader(file, context), root(root), options(options), description{reader.location(root)} {}

  /// The checked description; nothing after one error on the context.
  std::optional<Description> run();

private:
  /// Each reads one object of the description into `description`, and adds the parameters that it names.
  void readModel(const JsonValue &model);
  void readRepeat(const JsonValue &value);
  /// Reads `value`, an array of ops, and checks that they keep the width.
  std::vector<ModelOp> readBody(const JsonValue &value, llvm::StringRef what, bool isBranch);
  ModelOp readOp(const JsonValue &value, bool endsBranch);
  /// Reads an op of a name that has been found among those of `getOpReaders`.
  using OpReader = void (DescriptionReader::*)(const JsonValue &value, ModelOp &op);
  static llvm::ArrayRef<std::pair<llvm::StringRef, OpReader>> getOpReaders();
  void readEmbedding(const JsonValue &value, ModelOp &op);
  void readPositionEmbedding(const JsonValue &value, ModelOp &op);
  void readDropout(const JsonValue &value, ModelOp &op);
  void readNorm(const JsonValue &value, ModelOp &op);
  void readAttention(const JsonValue &value, ModelOp &op);
  void readLinear(const JsonValue &value, ModelOp &op);
  void readActivation(const JsonValue &value, ModelOp &op);
  /// What is trained: the head, the loss, the tokenizer, and the defaults of training.
  void readObjective(const JsonValue &value);
  void readTokenizer();
  void readTraining(const JsonValue *value);
  void readOptimizer(const JsonValue &value);
  /// No two parameters of a model have one name.
  void checkNames();
  /// Gives every dropout its run-time scalar: `dropout` where all rates are equal, else `dropout.PLACE`, with a number
  /// behind further rates of a place.
  void nameRates();

  /// `value` may be null: then the initializer is `otherwise`.
  Initializer readInit(const JsonValue *value, Initializer otherwise);
  /// The values of a weight whose products sum over `inputs` elements.
  mlir::Attribute initialValues(Initializer init, int64_t inputs);
  /// Of dropout, in [0, 1); 0 where `value` is null. The command line may say another one for all.
  double readRate(const JsonValue *value);
  const JsonValue *readName(const JsonValue &op, llvm::StringRef what);
  /// Adds a parameter to the op, called by its name and then `suffix` (".weight"), located at the name.
  void addParameter(ModelOp &op, const JsonValue *name, llvm::StringRef suffix, llvm::ArrayRef<int64_t> shape,
                    mlir::Attribute init, int64_t matrices = 0);
  /// A size of the command line (`option`, 0: none, of `flag`), else the member of the object, else `otherwise`.
  int64_t readCount(const JsonValue *object, llvm::StringRef key, llvm::StringRef flag, int64_t option,
                    int64_t otherwise);
  mlir::FloatAttr f64(double value) { return mlir::FloatAttr::get(mlir::Float64Type::get(reader.getContext()), value); }
  mlir::Attribute constant(double value) { return ConstantAttr::get(reader.getContext(), f64(value)); }

  /// Where a table is named, and its shape [rows, width], for ops that read it again.
  struct Table {
    const JsonValue *value;
    int64_t rows, width;
  };

  /// What is read from, and what has been read so far.
  Reader reader;
  const JsonValue &root;
  const ImportOptions &options;
  Description description;
  Initializer weightInit{Initializer::Kind::Normal, 0.02}, residualInit = weightInit, embeddingInit = weightInit;
  int64_t width = 0; // of the stream; 0 before the embedding
  int64_t widest = 0;
  int64_t dropouts = 0; // in this layer, or outside all layers
  /// Tables by the names of the ops that embed, and those of positions.
  llvm::StringMap<Table> embeddings;
  std::vector<Table> positions;
};

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_DESCRIPTIONREADER_H

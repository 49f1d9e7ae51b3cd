//===- Description.h - A checked model description ---------------------------------===//
#ifndef SLUICE_PASSES_IMPORT_DESCRIPTION_H
#define SLUICE_PASSES_IMPORT_DESCRIPTION_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Import/ImportModel.h"
#include "passes/Import/Json.h"
#include "passes/Import/OpKinds.h"
#include <optional>

namespace sluice {

/// A parameter; its name is relative to the layer that has it.
struct ParameterSpec {
  std::string name;
  llvm::SmallVector<int64_t, 2> shape;
  mlir::Attribute init;
  const JsonValue *source; ///< the op's name
  mlir::Location location;
  int64_t matrices = 0; ///< that lie side by side in a weight that products use; 0: another parameter
};

/// An op of the description, with all sizes known.
struct ModelOp {
  /// Fields that a kind does not have keep their defaults.
  enum class Kind { Embedding, PositionEmbedding, Dropout, Norm, Attention, Linear, Activation, Residual };

  Kind kind;
  mlir::Location location;
  std::vector<ParameterSpec> parameters = {}; ///< weight and bias; of attention those of c_attn, then those of c_proj
  int64_t heads = 0;
  bool endsBranch = false; ///< of a projection: the last one of a residual
  bool bias = false;
  bool causal = false;
  double rate = 0;             ///< of dropout, also in attention
  std::string rateScalar = {}; ///< the run-time scalar that holds the rate, if it is not 0
  const NormKind *norm = nullptr;
  double epsilon = 0; ///< of a norm
  const ActivationKind *activation = nullptr;
  int64_t width = 0;                ///< of the result
  std::vector<ModelOp> branch = {}; ///< of a residual
};

/// Ops in a row: once, or as `repeat` equal layers.
struct ModelBlock {
  mlir::Location location;
  int64_t repeat = 0; ///< 0: not a layer
  std::string name;   ///< layers are called name.0, name.1, ...
  std::vector<ModelOp> ops;
};

/// What a program does unless its command line says otherwise.
struct TrainingDefaults {
  /// Sequences of a micro-batch, tokens of a sequence, micro-batches of a step.
  int64_t batch = 1, sequence = 0, microBatches = 1;
  Optimizer optimizer = Optimizer::AdamW;
  double learningRate = 3e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01;
  std::optional<double> momentum = {}; ///< the default depends on the optimizer
  double gradientClip = 1;
};

/// A run-time scalar that dropouts of one rate share.
struct DropoutRate {
  std::string scalar;
  double rate;
};

/// A whole model: every size is known, every name is unique, and every width fits.
struct Description {
  mlir::Location location;
  std::string name = {};
  /// Sizes: tokens, layers of the repeated stack, elements of a position of the stream.
  int64_t vocabulary = 0;
  int64_t layers = 0;
  int64_t width = 0;           ///< of the last op's result
  int64_t attentionWidths = 0; ///< sum over all attention ops of all layers
  /// In the order of the stream: embeddings, layers, what is behind them.
  std::vector<ModelBlock> blocks = {};
  std::vector<DropoutRate> rates = {};
  std::string head = {};                           ///< name of the parameter that gives scores, [vocabulary, width]
  std::optional<ParameterSpec> headParameter = {}; ///< unless the head is tied
  double headScale = 1;                            ///< what the stream is multiplied by before the head
  mlir::Location objectiveLocation = location;
  TrainingDefaults training = {};
};

/// Checks a description; nothing after one error on the context.
std::optional<Description> readDescription(const JsonValue &root, llvm::StringRef file, const ImportOptions &options,
                                           mlir::MLIRContext *context);

/// Builds parameters, graphs and attributes. `text` is the description for the binary.
mlir::OwningOpRef<mlir::ModuleOp> buildModel(const Description &description, llvm::StringRef text,
                                             mlir::MLIRContext *context);

/// Whether the JSON is a Hugging Face configuration.
bool isHuggingFaceConfig(const JsonValue &root);

/// Translates a Hugging Face configuration to a description's text and tree; every node of the tree stands where the
/// configuration says what it says. `text` is the configuration before, and after that the description, with the
/// configuration as its key `hugging_face`. Null after one error on the context.
std::unique_ptr<JsonValue> translateHuggingFaceConfig(const JsonValue &config, llvm::StringRef file,
                                                      mlir::MLIRContext *context, std::string &text);

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_DESCRIPTION_H

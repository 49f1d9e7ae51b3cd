//===- OpKinds.cpp - Norms and activations that descriptions name ---------------===//
#include "passes/Import/OpKinds.h"
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

static Type statisticsOf(Value stream) {
  auto type = cast<RankedTensorType>(stream.getType());
  return RankedTensorType::get(type.getShape().drop_back(), type.getElementType());
}

static Value buildLayerNorm(OpBuilder &b, Location location, Value stream, Value weight, Value bias,
                            FloatAttr epsilon) {
  Type statistics = statisticsOf(stream);
  return LayerNormOp::create(b, location, stream.getType(), statistics, statistics, stream, weight, bias, epsilon)
      .getResult();
}

static Value buildRmsNorm(OpBuilder &b, Location location, Value stream, Value weight, Value, FloatAttr epsilon) {
  return RmsNormOp::create(b, location, stream.getType(), statisticsOf(stream), stream, weight, epsilon).getResult();
}

/// An activation's op, with its form if it has several.
template <typename Op, auto... form> static Value build(OpBuilder &b, Location location, Value stream) {
  return Op::create(b, location, stream.getType(), stream, form...);
}

ArrayRef<NormKind> sluice::getNormKinds() {
  static constexpr NormKind kinds[] = {
      {"layer_norm", /*mayHaveBias=*/true, buildLayerNorm},
      {"rms_norm", /*mayHaveBias=*/false, buildRmsNorm},
  };
  return kinds;
}

ArrayRef<ActivationKind> sluice::getActivationKinds() {
  static constexpr ActivationKind kinds[] = {
      {"relu", "", build<ReluOp>},
      {"silu", "", build<SiluOp>},
      {"quick_gelu", "", build<QuickGeluOp>},
      {"gelu", "tanh", build<GeluOp, GeluForm::Tanh>},
      {"gelu", "erf", build<GeluOp, GeluForm::Erf>},
  };
  return kinds;
}

//===- InsertLayerDrop.cpp - Progressive layer drop ---------------------------------===//
#include "dialects/Sluice/RuntimeScalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/Build/Formula.h"
#include "passes/Graph/Choices.h"
#include "passes/Graph/Passes.h"
#include "passes/Graph/ResidualLayer.h"
#include <limits>

namespace sluice {
#define GEN_PASS_DEF_INSERTLAYERDROP
#include "passes/Graph/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct InsertLayerDrop : sluice::impl::InsertLayerDropBase<InsertLayerDrop> {
  using InsertLayerDropBase::InsertLayerDropBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkOptions()))
      return signalPassFailure();
    auto graph = module.lookupSymbol<GraphOp>("train");
    if (!graph || schedule == "none")
      return;
    SmallVector<LayerOp> layers;
    for (LayerOp layer : graph.getBody().front().getOps<LayerOp>())
      if (layer.getDepth())
        layers.push_back(layer);
    int64_t count = layers.size();
    if (count < 2) {
      graph.emitError() << "expected at least 2 layers to drop some of, found " << count;
      return signalPassFailure();
    }
    if (minLayers > count) {
      graph.emitError() << "expected min-layers of at most " << count << ", the number of layers, found "
                        << int64_t(minLayers);
      return signalPassFailure();
    }
    SmallVector<ResidualLayer> gated;
    if (failed(findGated(layers, gated)))
      return signalPassFailure();
    insertGates(graph, gated, count);
  }

private:
  InFlightDiagnostic complain() { return getOperation()->emitError() << "layer drop expected "; }

  LogicalResult checkOptions() {
    auto isOneOf = [&](StringRef value, StringRef option, ArrayRef<StringRef> choices) {
      return expectOneOf(getOperation(), "layer drop", option, value, choices);
    };
    if (!(theta > 0 && theta <= 1))
      return complain() << "theta in (0, 1], found " << double(theta);
    gammaValue = std::numeric_limits<double>::quiet_NaN();
    if (gamma != "auto" && (StringRef(gamma).getAsDouble(gammaValue) || !(gammaValue >= 0)))
      return complain() << "gamma of at least 0, or auto, found '" << gamma << "'";
    if (minLayers < 0)
      return complain() << "min-layers of at least 0, found " << int64_t(minLayers);
    return success(succeeded(isOneOf(schedule, "schedule", {"progressive", "constant", "none"})) &&
                   succeeded(isOneOf(granularity, "granularity", {"block", "sublayer"})) &&
                   succeeded(isOneOf(gate, "gate", {"microbatch", "step"})));
  }

  /// The layers to gate, or the parts of them.
  LogicalResult findGated(ArrayRef<LayerOp> layers, SmallVectorImpl<ResidualLayer> &gated) {
    bool normalizes = false;
    for (LayerOp layer : layers) {
      FailureOr<ResidualLayer> residual = findBranches(layer);
      if (failed(residual))
        return failure();
      if (residual->norm && !force) {
        InFlightDiagnostic diagnostic =
            layer.emitError() << "expected layers that normalize inside of their branches, found one that normalizes "
                                 "the sum: dropping such layers makes training diverge (force=true overrides)";
        diagnostic.attachNote(residual->norm->getLoc()) << "normalized here";
        return diagnostic;
      }
      layer.walk([&](NormOpInterface) { normalizes = true; });
      if (granularity == "block" || residual->sums.size() < 2) {
        gated.push_back(*residual);
        continue;
      }
      FailureOr<SmallVector<ResidualLayer>> parts = splitBranches(*residual);
      if (failed(parts))
        return failure();
      llvm::append_range(gated, *parts);
    }
    if (!normalizes)
      gated.front().layer.emitRemark() << "layers without normalization are dropped: what a layer gets then varies "
                                          "in size with the layers that are kept below it";
    return success();
  }

  void insertGates(GraphOp graph, ArrayRef<ResidualLayer> gated, int64_t layers) {
    ImplicitLocOpBuilder b = ImplicitLocOpBuilder::atBlockBegin(graph.getLoc(), &graph.getBody().front());
    SmallVector<double> depths =
        llvm::map_to_vector(gated, [](ResidualLayer part) { return double(*part.layer.getDepth()); });
    LayerOp first = gated.front().layer;
    Type element = getElementTypeOrSelf(first.getResult(0).getType());
    auto key = KeyOp::create(b, RankedTensorType::get({4}, b.getI32Type()), /*gates=*/true);
    auto [probabilities, scales] = buildProbabilities(b, key, depths, layers, element);
    Value keep = BernoulliOp::create(b, probabilities.getType(), key, probabilities, gate == "step");
    for (auto [index, part] : llvm::enumerate(gated)) {
      insertGate(part, keep, scales, index);
      LayerOp(part.layer)->setAttr(dropProbabilityAttrName, b.getF64FloatAttr(dropProbability(depths[index], layers)));
    }
  }

  /// What the probability of a drop tends to in a run that leaves theta as it is.
  double dropProbability(double depth, int64_t layers) {
    return std::min(depth / double(layers) * (1 - theta), 1 - int64_t(minLayers) / double(layers));
  }

  /// The probability of each gate at this step, and 1 over it in the type of the stream.
  std::pair<Value, Value> buildProbabilities(ImplicitLocOpBuilder &b, Value key, ArrayRef<double> depths,
                                             int64_t layers, Type element) {
    Type f64 = b.getF64Type();
    int64_t gates = depths.size();
    declareScalar(getOperation(), {"theta", theta, "limit of layer drop's theta", ScalarRange::shareAboveZero()});
    SmallVector<Value> inputs = {ScalarOp::create(b, RankedTensorType::get({}, f64), "theta")};
    if (schedule == "progressive") {
      declareScalar(getOperation(),
                    {"gamma", gammaValue, "rate at which layer drop's theta falls a step; auto: 100 / steps",
                     ScalarRange::atLeast(0)});
      declareScalar(getOperation(), {"steps", 1, "steps of the run"});
      for (StringRef name : {"gamma", "steps"})
        inputs.push_back(ScalarOp::create(b, RankedTensorType::get({}, f64), name));
    }
    auto vector = RankedTensorType::get({gates}, f64);
    inputs.push_back(arith::ConstantOp::create(b, DenseElementsAttr::get(vector, depths)));
    SmallVector<Value> outputs = {ZeroOp::create(b, vector),
                                  ZeroOp::create(b, RankedTensorType::get({gates}, element))};
    MLIRContext *context = &getContext();
    SmallVector<AffineMap> maps(inputs.size() - 1, AffineMap::get(1, 0, context));
    maps.append(3, AffineMap::getMultiDimIdentityMap(1, context));
    auto body = [&](OpBuilder &builder, Location location, ValueRange v) {
      ImplicitLocOpBuilder inside(location, builder);
      Formula a{inside, f64};
      Value limit = v[0], current = limit;
      if (schedule == "progressive") {
        Value third = arith::ConstantIndexOp::create(inside, 2);
        Value step = arith::UIToFPOp::create(inside, f64, tensor::ExtractOp::create(inside, key, third));
        Value isAuto = arith::CmpFOp::create(inside, arith::CmpFPredicate::UNO, v[1], v[1]);
        Value rate = arith::SelectOp::create(inside, isAuto, a.div(a.c(100), v[2]), v[1]);
        Value fall = math::ExpOp::create(inside, a.mul(arith::NegFOp::create(inside, rate), step));
        current = a.add(a.mul(a.sub(a.c(1), limit), fall), limit);
      }
      Value depth = a.div(v[inputs.size() - 1], a.c(double(layers)));
      Value probability = a.sub(a.c(1), a.mul(depth, a.sub(a.c(1), current)));
      probability = arith::MaximumFOp::create(inside, probability, a.c(double(minLayers) / double(layers)));
      Value scale = a.div(a.c(1), probability);
      if (element != scale.getType())
        scale = arith::TruncFOp::create(inside, element, scale);
      linalg::YieldOp::create(inside, ValueRange{probability, scale});
    };
    auto generic = linalg::GenericOp::create(b, ValueRange(outputs).getTypes(), inputs, outputs, maps,
                                             SmallVector{utils::IteratorType::parallel}, body);
    return {generic.getResult(0), generic.getResult(1)};
  }

  /// Gates a layer and scales its branches.
  void insertGate(const ResidualLayer &part, Value keep, Value scales, int64_t index) {
    LayerOp layer = part.layer;
    OpBuilder builder(layer);
    Location location = layer.getLoc();
    auto number = DenseElementsAttr::get(RankedTensorType::get({1}, builder.getI32Type()), int32_t(index));
    Value position = arith::ConstantOp::create(builder, location, number);
    layer.getScalarsMutable().append({scales, position});
    layer.getGateMutable().assign(keep);
    layer.setGateIndex(index);
    Block &body = layer.getBody().front();
    Value inside[] = {body.addArgument(scales.getType(), location), body.addArgument(position.getType(), location)};
    builder.setInsertionPointToStart(&body);
    Type element = cast<RankedTensorType>(scales.getType()).getElementType();
    Value scale = ElementOp::create(builder, location, RankedTensorType::get({}, element), inside[0], inside[1]);
    for (AddOp sum : part.sums) {
      builder.setInsertionPoint(sum);
      sum.getRhsMutable().assign(MulOp::create(builder, sum.getLoc(), sum.getRhs(), scale));
    }
  }

  double gammaValue = 0;
};
} // namespace

//===- Explain.cpp - What a step will do, before code is made -------------------------===//
#include "tools/sluicec/Explain.h"
#include "dialects/Pipe/PipeDialect.h"
#include "dialects/Sluice/BinaryFacts.h"
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/PipelineOps.h"
#include "passes/Schedule/Timeline.h"
#include "passes/Table/ProgramTable.h"
#include "runtime/cli/Flags.h"
#include "tools/sluicec/Recomputation.h"
#include "tools/sluicec/TextTable.h"
#include "tools/sluicec/WeightVersions.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace sluice;

static constexpr int textColumns = 100, pictureWidth = 1200;

namespace {
/// What a stage needs on each of its devices.
struct StageMemory {
  int64_t parameters = 0;                        ///< numbers
  int64_t weights = 0, gradients = 0, state = 0; ///< bytes
  int64_t olderWeights = 0;                      ///< bytes of versions beside the newest
  int64_t frames = 1, frameBytes = 0;            ///< of one frame
  int64_t total() const { return weights + gradients + state + olderWeights + frames * frameBytes; } ///< bytes
};

struct Plan {
  std::string model, schedule;
  schedule::Pipeline pipeline;
  schedule::Proof proof;
  double speedUp = 1;
  StageCostsAttr costs;
  SmallVector<StageCostAttr> work; // by stage, as `memory`
  std::vector<StageMemory> memory;
  std::vector<RecomputedStage> recomputed;
  std::vector<StageVersions> versions;
  bool holdsTied = false; ///< gradients of tied parameters for the next step

  /// The share of the period that the devices of a stage compute.
  double busyOf(int stage) const {
    double sum = 0;
    for (int replica = 0; replica < pipeline.replicas; ++replica)
      sum += proof.busy[pipeline.deviceOf(stage, replica)];
    return sum / pipeline.replicas;
  }
};
} // namespace

/// Adds up parameters and slots by stage. State is that of the optimizer, with the sums of other stages and norms.
static FailureOr<std::vector<StageMemory>> measureMemory(ModuleOp module, pipe::PipelineOp op, int buffers) {
  FailureOr<SmallVector<sluice_stage>> stages = collectStages(module, op);
  if (failed(stages))
    return failure();
  std::vector<StageMemory> memory(stages->size());
  for (auto [entry, stage] : llvm::zip_equal(memory, *stages)) {
    entry.gradients = stage.gradient_bytes * buffers;
    entry.frames = stage.frames;
    entry.frameBytes = stage.frame_bytes;
  }
  for (const sluice_held_gradient &held : collectHeldGradients(module, op))
    memory[held.stage].gradients += held.bytes;
  auto bytesOf = [](Type type) { return int64_t(llvm::alignTo(sumOfTensorBytes(type), SLUICE_ALIGNMENT)); };
  for (auto parameter : module.getOps<ParameterOp>()) {
    StageMemory &entry = memory[parameter.getStage().value_or(0)];
    entry.parameters += cast<RankedTensorType>(parameter.getType()).getNumElements();
    entry.weights += bytesOf(parameter.getType());
    if (Type copy = parameter.getNarrowCopyType())
      entry.weights += bytesOf(copy);
  }
  for (auto slot : module.getOps<SlotOp>()) {
    int64_t &state = memory[slot.getStage().value_or(0)].state;
    if (slot.getKind() == SlotKind::State || slot.getKind() == SlotKind::Exchange)
      state += bytesOf(slot.getType());
    else if (slot.getKind() == SlotKind::Norm)
      state += sumOfTensorBytes(slot.getType()); // close together
  }
  return memory;
}

/// Plays the programs, and those of `sequential`.
static LogicalResult simulate(pipe::PipelineOp op, const schedule::Costs &costs, Plan &plan) {
  if (auto error = schedule::verify(plan.pipeline, costs, plan.proof))
    return op.emitOpError() << error->text;
  schedule::GeneratorOptions options;
  options.stages = plan.pipeline.stages;
  options.microBatches = plan.pipeline.microBatches;
  options.groups = plan.pipeline.groups;
  options.tied = plan.pipeline.tied;
  schedule::Pipeline sequential;
  schedule::Proof proof;
  auto error = schedule::generate(options, sequential);
  if (!error)
    error = schedule::verify(sequential, costs, proof);
  if (error)
    return op.emitOpError() << "has no sequential order to compare with: " << error->text;
  plan.speedUp = plan.proof.period > 0 ? proof.period / plan.proof.period : 1;
  return success();
}

/// A time for people: ticks as they are, seconds as milliseconds.
static std::string timeText(const Plan &plan, double time) {
  return formatted("%.4g", plan.costs.isMeasured() ? 1e3 * time : time);
}

/// What a stage may leave for later of a backward that runs in halves.
static double lateOf(StageCostAttr work) {
  return work.getBackwardWeight() ? work.getBackwardWeight().getValueAsDouble() : 0;
}

static std::string layersText(StageCostAttr work) {
  SmallVector<std::string, 3> parts;
  if (work.getEmbeddings())
    parts.push_back("embeddings");
  if (work.getLayers() > 0)
    parts.push_back(counted(work.getLayers(), "layer"));
  if (work.getHead())
    parts.push_back("head");
  return parts.empty() ? "none" : llvm::join(parts, ", ");
}

static std::string drawText(const Plan &plan, const ContractionReport &report) {
  const schedule::Pipeline &pipeline = plan.pipeline;
  std::string text = "plan of '" + plan.model + "': " + counted(pipeline.stages, "stage") + ", schedule " +
                     plan.schedule + ", " + counted(pipeline.microBatches, "micro-batch", "es") + ", " +
                     counted(pipeline.replicas, "replica") + ", " + counted(pipeline.groups, "reduction group") +
                     "\n\n";
  std::vector<Row> rows = {{"stage", "layers", "parameters", "weights", "gradients", "state", "frames", "memory",
                            "forward", "backward", "busy"}};
  for (int stage = 0; stage < pipeline.stages; ++stage) {
    StageCostAttr work = plan.work[stage];
    const StageMemory &memory = plan.memory[stage];
    rows.push_back(
        {std::to_string(stage), layersText(work), std::to_string(memory.parameters), runtime::mebibytes(memory.weights),
         runtime::mebibytes(memory.gradients), runtime::mebibytes(memory.state),
         std::to_string(memory.frames) + " x " + runtime::mebibytes(memory.frameBytes),
         runtime::mebibytes(memory.total()), timeText(plan, work.getForward().getValueAsDouble()),
         timeText(plan, work.getBackward().getValueAsDouble()), formatted("%.1f %%", 100 * plan.busyOf(stage))});
  }
  text += drawTable(rows, /*words=*/{1});
  std::string unit = plan.costs.isMeasured() ? "ms" : "ticks";
  text += "Memory is that of a device, without tokens and scratch; forward and backward are " + unit +
          " a micro-batch.\n\n";
  if (pipeline.splits) {
    auto times = llvm::map_to_vector(plan.work, [&](StageCostAttr work) { return timeText(plan, lateOf(work)); });
    text += "Of backward, gradients of parameters alone take " + llvm::join(times, ", ") + " " + unit +
            " by stage; frames keep what they need.\n\n";
  }
  text += drawVersions(plan.versions, pipeline);
  if (plan.holdsTied)
    text += "What a stage adds to a tied parameter that it owns goes into the update of the next step; memory of "
            "gradients\ncounts it twice.\n\n";
  text += drawRecomputation(plan.recomputed, pipeline.microBatches);
  text += "period " + timeText(plan, plan.proof.period) + " " + unit + ", bubble " +
          formatted("%.1f %%", 100 * plan.proof.bubble) + ", " + formatted("%.2f", plan.speedUp) +
          " times as fast as sequential in one replica\n\n";
  return text + schedule::drawText(pipeline, plan.proof.timeline, textColumns) + "\n" + report.drawText();
}

static void writeStage(llvm::json::OStream &json, const Plan &plan, int stage) {
  StageCostAttr work = plan.work[stage];
  const StageMemory &memory = plan.memory[stage];
  json.object([&] {
    json.attribute("stage", stage);
    json.attribute("layers", work.getLayers());
    json.attribute("embeddings", work.getEmbeddings() == 1);
    json.attribute("head", work.getHead() == 1);
    json.attribute("parameters", memory.parameters);
    json.attribute("weight_bytes", memory.weights);
    json.attribute("gradient_bytes", memory.gradients);
    json.attribute("state_bytes", memory.state);
    json.attribute("frames", memory.frames);
    json.attribute("frame_bytes", memory.frameBytes);
    json.attribute("memory_bytes", memory.total());
    if (plan.pipeline.isStale())
      writeVersions(json, plan.versions[stage]);
    writeRecomputation(json, plan.recomputed[stage], plan.pipeline.microBatches);
    json.attribute("forward", work.getForward().getValueAsDouble());
    json.attribute("backward", work.getBackward().getValueAsDouble());
    if (plan.pipeline.splits)
      json.attribute("backward_weight", lateOf(work));
    json.attribute("busy", plan.busyOf(stage));
  });
}

static std::string drawJson(const Plan &plan, const ContractionReport &report) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("model", llvm::json::fixUTF8(plan.model));
    json.attribute("schedule", llvm::json::fixUTF8(plan.schedule));
    json.attribute("micro_batches", plan.pipeline.microBatches);
    json.attribute("replicas", plan.pipeline.replicas);
    json.attribute("reduction_groups", plan.pipeline.groups);
    if (plan.pipeline.isStale())
      json.attribute("tied_delay", plan.holdsTied ? 1 : 0);
    json.attribute("unit", StringRef(plan.costs.getUnit()));
    json.attribute("period", plan.proof.period);
    json.attribute("bubble", plan.proof.bubble);
    json.attribute("speed_up", plan.speedUp);
    json.attributeArray("stages", [&] {
      for (int stage = 0; stage < plan.pipeline.stages; ++stage)
        writeStage(json, plan, stage);
    });
    report.writeJson(json);
    json.attributeBegin("timeline");
    json.rawValue(StringRef(schedule::drawJson(plan.pipeline, plan.proof.timeline)).trim());
    json.attributeEnd();
  });
  return text + "\n";
}

FailureOr<std::string> sluice::explainPlan(ModuleOp module, StringRef form, const ContractionReport &report) {
  auto op = module.lookupSymbol<pipe::PipelineOp>("train.pipeline");
  if (!op || !op.getFrames())
    return module.emitError() << "expected a proved pipeline 'train.pipeline', found none";
  FailureOr<PipelineOfOp> read = readPipeline(op);
  if (failed(read))
    return failure();
  std::optional<schedule::Costs> costs = costsOf(op);
  if (!costs)
    return op.emitOpError() << "expected costs of its stages in '" << stageCostsAttrName << "', found none";
  Plan plan;
  ModelAttr model = BinaryFacts::of(module).model;
  plan.model = model ? model.getName().str() : "";
  auto name = op->getAttrOfType<StringAttr>("schedule");
  plan.schedule = name ? name.str() : "of the model";
  plan.pipeline = std::move(read->pipeline);
  plan.costs = module->getAttrOfType<StageCostsAttr>(stageCostsAttrName);
  plan.work = llvm::to_vector(plan.costs.getStages().getAsRange<StageCostAttr>());
  FailureOr<std::vector<StageMemory>> memory = measureMemory(module, op, plan.pipeline.gradientBuffers());
  if (failed(memory) || failed(simulate(op, *costs, plan)))
    return failure();
  plan.memory = std::move(*memory);
  plan.holdsTied = op.getTiedDelay();
  plan.versions = findVersions(module, plan.pipeline, op.getCurrentWeights());
  for (auto [memory, versions] : llvm::zip_equal(plan.memory, plan.versions))
    memory.olderWeights = versions.olderBytes;
  plan.recomputed = findRecomputation(module, plan.pipeline.stages);
  if (form == "svg")
    return schedule::drawSvg(plan.pipeline, plan.proof.timeline, pictureWidth);
  return form == "json" ? drawJson(plan, report) : drawText(plan, report);
}

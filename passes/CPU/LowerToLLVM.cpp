//===- LowerToLLVM.cpp - Loops, vectors and buffers to LLVM ----------------------===//
#include "dialects/CPU/CPUDialect.h"
#include "dialects/Pipe/PipeDialect.h"
#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/IndexToLLVM/IndexToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/AMX/Transforms.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/X86Vector/Transforms.h"
#include "mlir/Dialect/X86Vector/X86VectorDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/CPU/LowerActions.h"
#include "passes/CPU/LowerVectors.h"
#include "passes/CPU/Passes.h"
#include "passes/Table/StepLayout.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {
#define GEN_PASS_DEF_LOWERTOLLVM
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cpu;

static constexpr StringLiteral parallelForName = "sluice_parallel_for";
/// A capture takes one word of the context.
static constexpr int64_t wordBytes = 8;

static std::string entryName(StringRef callee) { return (callee + "_entry").str(); }

/// The address of word `index` of the context.
static Value wordAddress(OpBuilder &builder, Location location, Value context, int64_t index) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  return LLVM::GEPOp::create(builder, location, pointer, builder.getI64Type(), context, LLVM::GEPArg(int32_t(index)));
}

/// The type of a capture in the context, or null if it takes more than a word.
static Type wordType(const LLVMTypeConverter &converter, Type type) {
  if (isa<MemRefType>(type))
    return LLVM::LLVMPointerType::get(type.getContext());
  if (type.isIntOrIndexOrFloat() && !type.isInteger(128) && !type.isF128() && !type.isF80())
    return converter.convertType(type);
  return {};
}

/// Declares `sluice_parallel_for(step, count, body, context, kernel)`.
static void declareParallelFor(ModuleOp module) {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(module.getContext()),
                                          {pointer, builder.getI64Type(), pointer, pointer, builder.getI32Type()});
  LLVM::LLVMFuncOp::create(builder, module.getLoc(), parallelForName, type);
}

/// The function that unpacks the captures and calls the body of a loop: a `sluice_body` of the ABI.
static LogicalResult createEntry(ModuleOp module, ParallelForOp loop, const LLVMTypeConverter &converter) {
  Location location = loop.getLoc();
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto pointer = LLVM::LLVMPointerType::get(module.getContext());
  Type word = builder.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(module.getContext()), {pointer, word, word, pointer});
  auto entry = LLVM::LLVMFuncOp::create(builder, location, entryName(loop.getCallee()), type, LLVM::Linkage::Internal);
  Block *block = entry.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  SmallVector<Value> operands;
  for (auto [index, capture] : llvm::enumerate(loop.getCaptures())) {
    Type type = wordType(converter, capture.getType());
    if (!type)
      return loop.emitOpError() << "cannot pass a capture of type " << capture.getType() << " in " << wordBytes
                                << " bytes";
    operands.push_back(
        LLVM::LoadOp::create(builder, location, type, wordAddress(builder, location, block->getArgument(0), index)));
  }
  llvm::append_range(operands, block->getArguments().drop_front());
  LLVM::CallOp::create(builder, location, TypeRange(), loop.getCallee(), operands);
  LLVM::ReturnOp::create(builder, location, ValueRange());
  return success();
}

namespace {
struct ParallelForLowering : ConvertOpToLLVMPattern<ParallelForOp> {
  ParallelForLowering(const LLVMTypeConverter &converter, ArrayRef<Attribute> kernels)
      : ConvertOpToLLVMPattern(converter), kernels(kernels) {}

  LogicalResult matchAndRewrite(ParallelForOp loop, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location location = loop.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(getContext());
    Value context;
    {
      // In the entry block: a loop around this one must not grow the stack.
      OpBuilder::InsertionGuard guard(rewriter);
      auto function = loop->getParentOfType<FunctionOpInterface>();
      rewriter.setInsertionPointToStart(&function.getFunctionBody().front());
      int64_t words = std::max<int64_t>(1, loop.getCaptures().size());
      Value count = LLVM::ConstantOp::create(rewriter, location, rewriter.getI64IntegerAttr(words));
      context = LLVM::AllocaOp::create(rewriter, location, pointer, rewriter.getI64Type(), count, wordBytes);
    }
    auto bare = [&](Value original, Value converted) -> Value {
      if (!isa<MemRefType>(original.getType()))
        return converted;
      return MemRefDescriptor(converted).alignedPtr(rewriter, location);
    };
    for (auto [index, original, converted] : llvm::enumerate(loop.getCaptures(), adaptor.getCaptures()))
      LLVM::StoreOp::create(rewriter, location, bare(original, converted),
                            wordAddress(rewriter, location, context, index));
    Value count = LLVM::ConstantOp::create(rewriter, location, rewriter.getI64IntegerAttr(loop.getCount()));
    Value body = LLVM::AddressOfOp::create(rewriter, location, pointer, entryName(loop.getCallee()));
    int32_t number = loop.getKernelAttr() ? llvm::find(kernels, loop.getKernelAttr()) - kernels.begin() : -1;
    Value kernel = LLVM::ConstantOp::create(rewriter, location, rewriter.getI32IntegerAttr(number));
    rewriter.replaceOpWithNewOp<LLVM::CallOp>(
        loop, TypeRange(), parallelForName,
        ValueRange{bare(loop.getStep(), adaptor.getStep()), count, body, context, kernel});
    return success();
  }

private:
  ArrayRef<Attribute> kernels;
};

struct PointeeLowering : ConvertOpToLLVMPattern<PointeeOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(PointeeOp op, OpAdaptor adaptor, ConversionPatternRewriter &rewriter) const override {
    Location location = op.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(getContext());
    Value base = MemRefDescriptor(adaptor.getMemory()).alignedPtr(rewriter, location);
    Value field = LLVM::GEPOp::create(rewriter, location, pointer, rewriter.getI8Type(), base,
                                      LLVM::GEPArg(int32_t(op.getOffset())));
    Value memory = LLVM::LoadOp::create(rewriter, location, pointer, field);
    rewriter.replaceOp(op, Value(MemRefDescriptor::fromStaticShape(rewriter, location, *getTypeConverter(),
                                                                   cast<MemRefType>(op.getType()), memory)));
    return success();
  }
};

struct LowerToLLVM : sluice::impl::LowerToLLVMBase<LowerToLLVM> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    // Out of the module until its functions are LLVM's: they call those by name.
    SmallVector<LLVM::LLVMFuncOp> actions;
    for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      if (!function->hasAttr(actionAttrName))
        continue;
      SmallVector<LLVM::LLVMFuncOp> lowered = lowerAction(function);
      if (!lowered.empty())
        function.erase();
      actions.append(lowered);
    }
    OpPassManager structure(ModuleOp::getOperationName());
    OpPassManager &functions = structure.nest<func::FuncOp>();
    functions.addPass(createLowerVectors());
    functions.addPass(createLowerCopies());
    structure.addPass(memref::createExpandStridedMetadataPass());
    structure.addPass(createLowerAffinePass());
    structure.addPass(arith::createArithExpandOpsPass());
    structure.addPass(createCanonicalizerPass());
    structure.addPass(createCSEPass());
    structure.addPass(createSCFToControlFlowPass());
    bool converted = succeeded(runPipeline(structure, module)) && succeeded(convert(module));
    for (LLVM::LLVMFuncOp action : actions)
      module.push_back(action);
    if (!converted)
      signalPassFailure();
  }

  LogicalResult convert(ModuleOp module) {
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    LLVMTypeConverter converter(&getContext(), options);

    DenseSet<StringRef> callees;
    SmallVector<ParallelForOp> loops;
    llvm::SetVector<Attribute> kernels;
    module.walk([&](ParallelForOp loop) {
      loops.push_back(loop);
      if (Attribute kernel = loop.getKernelAttr())
        kernels.insert(kernel);
    });
    if (!kernels.empty())
      module->setAttr(kernelsAttrName, ArrayAttr::get(&getContext(), kernels.getArrayRef()));
    if (!loops.empty())
      declareParallelFor(module);
    for (ParallelForOp loop : loops)
      if (callees.insert(loop.getCallee()).second && failed(createEntry(module, loop, converter)))
        return failure();
    // Layers and updates are called many times: inlined, they would cost compile time for each call. The body of a
    // parallel loop has one caller, its entry.
    for (auto function : module.getOps<func::FuncOp>()) {
      if (!function.isPrivate() || function.isExternal())
        continue;
      function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal));
      if (!callees.contains(function.getSymName()))
        function->setAttr("passthrough", OpBuilder(module).getStrArrayAttr(StringRef("noinline")));
    }

    SymbolTableCollection symbols;
    RewritePatternSet patterns(&getContext());
    patterns.add<ParallelForLowering>(converter, kernels.getArrayRef());
    patterns.add<PointeeLowering>(converter);
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    cf::populateAssertToLLVMConversionPattern(converter, patterns);
    index::populateIndexToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns, &symbols);
    populateFuncToLLVMConversionPatterns(converter, patterns, &symbols);
    populateMathToLLVMConversionPatterns(converter, patterns, /*approximateLog1p=*/false, /*benefit=*/2);
    populateMathToLibmConversionPatterns(patterns);
    ub::populateUBToLLVMConversionPatterns(converter, patterns);
    // A tree of additions: the order is fixed by the length of the vector.
    populateVectorToLLVMConversionPatterns(converter, patterns, /*reassociateFPReductions=*/true);

    populateX86VectorLegalizeForLLVMExportPatterns(converter, patterns);
    populateAMXLegalizeForLLVMExportPatterns(converter, patterns);

    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    // What the exported table is made from.
    target.addLegalOp<ParameterOp, SlotOp, MessageOp>();
    target.addLegalDialect<pipe::PipeDialect>();
    return applyFullConversion(module, target, std::move(patterns));
  }
};
} // namespace
